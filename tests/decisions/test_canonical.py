"""Canonical JSON: our quick encoder against the reference, and every class of text that the strict pass refuses."""

import contextlib
import json
import string
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from decisions import canonical
from decisions.canonical import MAX_INTEGER, NotStrictError

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
keys = st.text(string.ascii_lowercase + string.digits + "_", min_size=1, max_size=10)
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts
restricted = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)
floats = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
anything = st.recursive(
    scalars | floats,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(keys, restricted, max_size=6))
def test_it_encodes_the_restricted_profile_as_the_reference_does(value: dict[str, Any]) -> None:
    assert canonical.encode_restricted(value) == rfc8785.dumps(value)


@given(anything)
def test_it_reads_what_it_wrote(value: Any) -> None:
    encoded = canonical.encode(value)
    assert canonical.encode(canonical.parse(encoded)) == encoded


@given(anything)
def test_equal_documents_have_equal_stable_bytes_however_they_were_written(value: Any) -> None:
    spaced = json.dumps(value, indent=1).encode()
    assert canonical.stable(canonical.parse(spaced)) == canonical.stable(value)


@given(st.binary(max_size=60))
def test_whatever_comes_it_answers_or_refuses(raw: bytes) -> None:
    with contextlib.suppress(NotStrictError):
        canonical.parse(raw)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"a": 1, "a": 1}', "twice"),
        (b'{"b": {"a": 1, "x": 2, "a": 3}}', "twice"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"[9007199254740992]", "2^53"),
        (b"[-9007199254740992]", "2^53"),
        (b"[" + b"9" * 5000 + b"]", "2^53"),
        (b"[1e400]", "2^53"),
        (b"[9007199254740993.0]", "2^53"),
        (b"[1e22]", "2^53"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'["\\u0000"]', "U+0000"),
        (b'{"\\u0000": 1}', "U+0000"),
        (b'["\x01"]', "not JSON"),
        (b'["\xff"]', "not UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"[" * 17 + b"]" * 17, "deeper"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "deeper"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper"),
        (b"{} {}", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"[01]", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_it_refuses_what_is_not_strict(raw: bytes, why: str) -> None:
    with pytest.raises(NotStrictError, match=why.replace("^", r"\^").replace("+", r"\+")):
        canonical.parse(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"[" * 16 + b"]" * 16, None),
        (b"[9007199254740991, -9007199254740991]", [MAX_INTEGER, -MAX_INTEGER]),
        (b'["\\ud83d\\ude00"]', ["😀"]),
        (b"[0.1, -0, 1E2]", [0.1, 0, 100.0]),
        (b' {"a" : null} ', {"a": None}),
    ],
)
def test_it_takes_what_is_strict(raw: bytes, value: Any) -> None:
    assert value is None or canonical.parse(raw) == value
    canonical.parse(raw)


@pytest.mark.parametrize(
    "value", [{"a": 1.0}, {"ä": 1}, {"a": MAX_INTEGER + 1}, {"a": {1: 2}}, {"a": (1,)}, {"a": b"x"}, {"a": "\ud800"}]
)
def test_the_ledger_refuses_what_is_outside_its_profile(value: dict[str, Any]) -> None:
    with pytest.raises(NotStrictError):
        canonical.encode_restricted(value)


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, 2**53, float("nan"), {1: 2}])
def test_it_refuses_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(NotStrictError):
        canonical.encode(value)


def test_an_action_has_a_name_of_its_own_domain() -> None:
    action: canonical.Json = {"kind": "restart", "parameters": {"grace": 1.0}}
    same: canonical.Json = {"parameters": {"grace": 1}, "kind": "restart"}
    assert canonical.action_hash(action) == canonical.action_hash(same)
    assert canonical.action_hash(action).removeprefix("sha256:") != canonical.digest(action)
