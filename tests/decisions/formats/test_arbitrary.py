"""Whatever is sent, reading it ends in Readings or in a Problem. Counts are small by default and large under the marker deep."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decisions.errors import Problem
from decisions.intake.formats import mapping, names
from decisions.intake.mapping import Taken, explain
from tests.decisions.formats.fixtures import Fixture, answer, refused, understood

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
MANY = settings(
    max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ODD = st.sampled_from(
    [
        "",
        "\0",
        "\ud800",
        "a" * 70_000,
        "\u202e",
        "0001-01-01T00:00:00Z",
        "1e999",
        "-1",
        "{}",
        "[[",
        "99999999999999999999",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20) | ODD
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SMALL = tuple(one for one in understood() if len(one.body) < 6000)


def ends_well(system: str, headers: dict[str, str], body: bytes) -> None:
    taken = answer(system, headers, body)
    assert isinstance(taken, Taken) or refused(taken)
    if isinstance(taken, Taken):
        explained = explain(mapping(system), headers, body)
        assert [one.reading for one in explained if one.reading] == list(taken.readings)[:100]
    else:
        with contextlib.suppress(Problem):
            explain(mapping(system), headers, body)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        found += places(item, (*path, name))
    return found


def mutated(fixture: Fixture, data: st.DataObject) -> bytes:
    lines = fixture.body.splitlines() if fixture.path.suffix == ".jsonl" else [fixture.body]
    value = json.loads(lines[0])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(value) or [()]))
        if not path:
            break
        parent = value
        for part in path[:-1]:
            parent = parent[part]
        if data.draw(st.booleans()):
            parent[path[-1]] = data.draw(JSON)
        else:
            del parent[path[-1]]
    return json.dumps(value).encode()


def bytes_end_well(system: str, body: bytes) -> None:
    ends_well(system, {}, body)


def json_ends_well(system: str, value: Any) -> None:
    ends_well(system, {"Content-Type": "application/json"}, json.dumps(value).encode())


def mutations_end_well(fixture: Fixture, data: st.DataObject) -> None:
    ends_well(fixture.system, fixture.headers, mutated(fixture, data))


BYTES = given(st.sampled_from(names()), st.binary(max_size=200))
VALUES = given(st.sampled_from(names()), JSON)
MUTATIONS = given(st.sampled_from(SMALL), st.data())

test_bytes_end_well = FEW(BYTES(bytes_end_well))
test_json_ends_well = FEW(VALUES(json_ends_well))
test_a_changed_payload_ends_well = settings(FEW, max_examples=250)(MUTATIONS(mutations_end_well))

test_many_bytes_end_well = pytest.mark.deep(MANY(BYTES(bytes_end_well)))
test_much_json_ends_well = pytest.mark.deep(MANY(VALUES(json_ends_well)))
test_many_changed_payloads_end_well = pytest.mark.deep(MANY(MUTATIONS(mutations_end_well)))
