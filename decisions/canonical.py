"""Strict JSON in, canonical JSON out (RFC 8259, RFC 8785). Pure; it must not touch a database or a framework.

The strict pass refuses what parsers and stores disagree on: duplicate keys, NaN and Infinity, numbers beyond 2^53-1,
lone surrogates, the character U+0000, depth over 16, bytes that are not UTF-8.
"""

import hashlib
import json
from typing import Any, TypeAlias

import rfc8785

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_encode_fast = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class NotStrictError(ValueError):
    """The text is not strict JSON; the message says why."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise NotStrictError(f"the key {twice[:60]!r} appears twice in one object")
    return made


def _integer(digits: str) -> int:
    # The length check keeps a megabyte of digits from reaching int(), which is quadratic.
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise NotStrictError("an integer is beyond 2^53-1; send large numbers as strings")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    # Every float beyond 2^53 is a whole number, written another way: the same rule holds for it.
    if abs(value) > MAX_INTEGER:
        raise NotStrictError("a number is beyond 2^53-1; send large numbers as strings")
    return value


def _constant(name: str) -> float:
    raise NotStrictError(f"{name} is not JSON")


_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
).decode


def check(value: Any, *, depth: int = MAX_DEPTH) -> None:
    """Raise NotStrictError where `value`, already decoded, is deeper than `depth` or holds text that not every store keeps."""
    if isinstance(value, str):
        if "\0" in value:
            raise NotStrictError("a string holds the character U+0000")
        # Only a surrogate makes this encoding fail; isascii answers for nearly every string at once.
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise NotStrictError("a string holds a lone surrogate") from None
    elif isinstance(value, dict | list):
        if depth == 0:
            raise NotStrictError(f"the document is nested deeper than {MAX_DEPTH}")
        if isinstance(value, dict):
            for key, item in value.items():
                check(key, depth=0)
                check(item, depth=depth - 1)
        else:
            for item in value:
                check(item, depth=depth - 1)


def parse(raw: bytes | bytearray | memoryview, *, depth: int = MAX_DEPTH) -> Any:
    """The value of strict JSON text. Raises NotStrictError."""
    try:
        value = _decode(bytes(raw).decode())
    except NotStrictError:
        raise
    except UnicodeDecodeError:
        raise NotStrictError("the body is not UTF-8") from None
    except RecursionError:
        raise NotStrictError(f"the document is nested deeper than {MAX_DEPTH}") from None
    except json.JSONDecodeError as error:
        raise NotStrictError(f"not JSON: {error.msg} at character {error.pos}") from None
    check(value, depth=depth)
    return value


def encode(value: Json) -> bytes:
    """The RFC 8785 bytes of `value`, which may hold floats. Raises NotStrictError outside the I-JSON range."""
    try:
        # Most documents are in the restricted profile, where the C encoder gives the same bytes four times as fast.
        return encode_restricted(value)
    except NotStrictError:
        pass
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:
        raise NotStrictError(str(error)) from None


def encode_restricted(value: Json) -> bytes:
    """The RFC 8785 bytes of a document in the ledger's restricted profile: ASCII keys, no floats, small integers.

    In this profile the C encoder with sorted keys gives exactly the canonical bytes; the guard makes sure
    that the document is in it. Raises NotStrictError outside the profile.
    """
    _guard(value)
    return _encode_fast(value).encode()


def _guard(value: Any) -> None:
    kind = type(value)
    if kind is str:
        if not value.isascii():
            check(value)
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise NotStrictError("keys of an entry are ASCII")
            _guard(item)
    elif kind is list:
        for item in value:
            _guard(item)
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise NotStrictError("an integer is beyond 2^53-1")
    elif value is not None and kind is not bool:
        raise NotStrictError(f"an entry cannot hold a {kind.__name__}")


def digest(value: Json) -> str:
    """Lower-case hex SHA-256 of the canonical bytes."""
    return hashlib.sha256(encode(value)).hexdigest()


def action_hash(action: Json) -> str:
    """The name of an action: `sha256:` and the hash of its canonical form under its own domain."""
    return "sha256:" + hashlib.sha256(b"oversight-action-v1\0" + encode(action)).hexdigest()


def stable(value: Json) -> bytes:
    """Bytes that are equal for equal documents, floats included; for comparing, not for signing."""
    return _encode_fast(value).encode()
