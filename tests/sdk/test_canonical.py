"""The sdk and the server give an action the same bytes and the same name. Neither must learn it from the other."""

import contextlib
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions import canonical as server
from oversight_sdk import canonical
from oversight_sdk.canonical import MAX_INTEGER, NotCanonical

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
keys = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=10)
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts
restricted = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)
objects = st.dictionaries(keys, restricted, max_size=5)
actions = st.fixed_dictionaries(
    {"v": st.just(1), "agent": st.uuids().map(str), "kind": keys, "target": objects, "parameters": objects},
    optional={"undo": st.fixed_dictionaries({"kind": keys, "parameters": objects})},
)


@settings(max_examples=40)
@given(actions)
def test_an_action_has_the_bytes_and_the_name_that_the_server_gives_it(action: dict[str, Any]):
    assert canonical.encode(action) == server.encode(action)
    assert canonical.action_hash(canonical.encode(action)) == server.action_hash(action)


@settings(max_examples=40)
@given(restricted)
def test_it_reads_what_the_server_wrote(value: Any):
    assert canonical.decode(server.encode(value)) == value


@given(st.binary(max_size=60))
def test_it_reads_nothing_that_the_server_refuses(raw: bytes):
    with contextlib.suppress(NotCanonical):
        value = canonical.decode(raw)
        assert server.parse(raw) == value


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        {"a": 1.0},
        2**53,
        -(2**53),
        float("nan"),
        (1, 2),
        {1: "a"},
        {"\u00e9": 1},
        "\ud800",
        "a\0b",
        b"bytes",
        {"set"},
        1j,
    ],
    ids=repr,
)
def test_what_two_readers_could_read_differently_has_no_form(value: Any):
    with pytest.raises(NotCanonical):
        canonical.encode({"parameters": value})


def test_depth_is_bounded():
    deep: Any = 1
    for _ in range(17):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical.encode(deep)
    assert canonical.encode(deep[0])


@pytest.mark.parametrize(
    "raw",
    [
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e0}',
        b'["\\u0041"]',
        b'["\\/"]',
        b"[01]",
        b"[-0]",
        b"\xff",
        b"[" * 100_000,
        b"[" + b"9" * 5000 + b"]",
        b"",
    ],
)
def test_bytes_in_another_form_are_refused(raw: bytes):
    with pytest.raises(NotCanonical):
        canonical.decode(raw)
