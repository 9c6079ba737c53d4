"""Reading a policy document is total: whatever JSON it is given it reads a policy that can rule, or names every fault."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import policy
from approvals.documents import read_yaml
from approvals.policy import checks, text
from approvals.policy.conditions import FIELDS, OPERATORS, condition_of
from decisions.canonical import encode
from decisions.vocab import Level
from tests import factories
from tests.approvals.test_policy import NOW, action, actions
from tests.contracts.tree import ROOT

EXAMPLE: dict[str, Any] = read_yaml((ROOT / "examples/policy.yaml").read_text())
PEOPLE = checks.People({}, frozenset(), {}, frozenset())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value in a document."""
    found = [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        found += places(item, (*path, key))
    return found


FULL = deepcopy(EXAMPLE)
FULL["freeze_windows"].append({"name": "nights", "weekly": {"from": "fri 16:00", "to": "mon 08:00"}, "cap": "L2"})
FULL["exceptions"].append(
    {
        "id": "loose",
        "when": [{"f": "parameters.replicas", "op": "between", "v": [1, 3]}, {"f": "kind", "op": "in", "v": ["scale"]}],
        "effect": "loosen",
        "max_level": "L3",
        "until": "2026-12-01",
        "approved_by": ["a", "b"],
    }
)
PLACES = places(FULL)[1:]


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = deepcopy(FULL)
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def attempt(document: Any) -> tuple[policy.Policy | None, list[str]]:
    """The policy in `document`, or its faults. Any other error is a fault of ours."""
    try:
        return policy.read(document, version=1), []
    except policy.BadPolicyError as error:
        return None, error.errors


def test_the_full_document_is_read():
    assert len(policy.read(FULL, version=1).windows) == 2


@given(st.sampled_from(PLACES), json_values, actions)
def test_any_value_at_any_place_is_read_or_refused(path: tuple[Any, ...], value: Any, asked: Any):
    """And what is read rules, is checked, and is written without an error."""
    document = changed(path, value)
    read, faults = attempt(document)
    assert all(": " in fault for fault in faults)
    if read is None:
        assert faults
        return
    assert policy.rule(read, asked, NOW).level in Level
    checks.faults(read, PEOPLE, NOW)
    assert text.read(text.write(document)[0]) == document


@given(json_values)
def test_any_json_at_all(value: Any):
    with pytest.raises(policy.BadPolicyError):
        policy.read(value, version=1)


@given(st.sampled_from(PLACES))
def test_what_is_left_out_is_never_an_error_of_ours(path: tuple[Any, ...]):
    document = deepcopy(FULL)
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    read, faults = attempt(document)
    assert (read is None) is bool(faults)


# -- conditions


BAD_VALUES: dict[str, list[Any]] = {
    "exists": [1, "true", None],
    "matches-glob": [1, None, ["*"]],
    "gt": [None, True, [1]],
    "lt": [None, False, {}],
    "between": [[1], [3, 1], 7, [1, "2"], [1, 2, 3], None, [True, 2], ["b", "a"], {"0": 1, "1": 2}],
    "in": ["scale", [], None, [[1]], {"scale": 1}],
    "eq": [["scale"], {}],
    "ne": [["scale"]],
}


def test_every_operator_has_values_that_it_does_not_take():
    assert set(BAD_VALUES) == OPERATORS


@pytest.mark.parametrize(("op", "value"), [(op, value) for op, values in BAD_VALUES.items() for value in values])
def test_a_malformed_condition_is_refused_when_it_is_read(op: str, value: Any):
    """It used to make the gate fail, so that everything was held."""
    rule = {"id": "x", "when": [{"f": "tier", "op": op, "v": value}], "effect": "tighten", "max_level": "L1"}
    with pytest.raises(policy.BadPolicyError, match=rf"exceptions\[0\]: {op} takes"):
        policy.read(factories.policy(exceptions=[rule]), version=1)


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
conditions = st.builds(
    lambda field, op, value: {"f": field, "op": op, "v": value},
    st.sampled_from([*FIELDS, "parameters.replicas", "parameters.a.b"]),
    st.sampled_from(sorted(OPERATORS)),
    scalars | st.lists(scalars, max_size=3),
)


@given(conditions, actions, st.sampled_from(["tighten", "loosen"]))
def test_what_is_read_never_fails_to_rule(part: dict[str, Any], asked: Any, effect: str):
    try:
        condition_of(part)
    except (TypeError, ValueError):
        return
    rule = {"id": "x", "when": [part], "effect": effect, "max_level": "L2", "until": "2026-12-01"}
    without = policy.rule(policy.read(factories.policy(), version=1), asked, NOW)
    ruled = policy.rule(policy.read(factories.policy(exceptions=[rule]), version=1), asked, NOW)
    assert ruled.level <= without.level if effect == "tighten" else ruled.level >= without.level


@pytest.mark.parametrize(
    ("part", "given_", "holds"),
    [
        ({"op": "between", "v": [1, 3]}, {"replicas": 3}, True),
        ({"op": "between", "v": [1, 3]}, {"replicas": 4}, False),
        ({"op": "in", "v": [1, 2]}, {"replicas": 2}, True),
        ({"op": "ne", "v": 1}, {}, True),
        ({"op": "exists", "v": False}, {}, True),
        ({"op": "exists", "v": True}, {"replicas": 0}, True),
        ({"op": "lt", "v": 2}, {"replicas": 1}, True),
        ({"op": "gt", "v": 2}, {"replicas": 2}, False),
        ({"op": "matches-glob", "v": "1?"}, {"replicas": 12}, True),
    ],
)
def test_what_a_condition_means(part: dict[str, Any], given_: dict[str, Any], holds: bool):
    rule = {"id": "x", "when": [{"f": "parameters.replicas", **part}], "effect": "tighten", "max_level": "L0"}
    read = policy.read(factories.policy(exceptions=[rule]), version=1)
    assert (policy.rule(read, action(parameters=given_), NOW).level is Level.L0) is holds


# -- the text


def test_a_document_is_written_with_a_line_for_each_place():
    written, lines = text.write(FULL)
    starts = {
        "name": '"name": "Meridian',
        "requirements": '"requirements": {',
        "requirements.two-person": '"two-person": {"quorum": [{"group": "sre-approvers"',
        "matrix": '"matrix": [',
        "matrix[3]": '{"tier": 0, "kind": ["metadata_change"], "environment": "prod", "level": "L3"',
        "exceptions[4]": '{"id": "loose", "when": [{"f": "parameters.replicas"',
        "freeze_windows[1]": '{"name": "nights"',
    }
    for place, start in starts.items():
        assert written.splitlines()[lines[place] - 1].strip().startswith(start), place
    assert set(starts) < set(lines)
    assert text.line_of("matrix[3]: L2 needs", lines) == lines["matrix[3]"]
    assert text.line_of("exceptions[0], exceptions[1]: 2 can", lines) == lines["exceptions[0]"]
    assert text.line_of("nowhere: no", lines) is None


def test_the_order_of_a_database_does_not_show():
    shuffled = json.loads(json.dumps(FULL, sort_keys=True))
    assert text.write(shuffled) == text.write(FULL)
    assert encode(text.read(text.write(shuffled)[0])) == encode(FULL)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "line 1, column 1"),
        ('{\n  "a": 1,\n}', "line 3, column 1"),
        ("[]", "an object"),
        ('{"a": 1, "a": 2}', "appears twice"),
        ('{"a": NaN}', "NaN"),
        ("1" * 5000, "beyond"),
        ("[" * 100_000, "deeper"),
        ('{"a": "\ud800"}', "surrogate"),
    ],
)
def test_a_text_that_is_no_document(typed: str, told: str):
    with pytest.raises(text.UnreadableError, match=told):
        text.read(typed)
