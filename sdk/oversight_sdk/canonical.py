"""Canonical JSON of an action and the hash that names it. It must not accept what two readers could read differently.

The profile is restricted: text, booleans, null, integers within 2^53-1, lists, objects with ASCII keys. In it sorted keys
and the shortest form are exactly RFC 8785.
"""

import hashlib
import json
from typing import Any

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16
ANSWER_DEPTH = 64
DOMAIN = b"oversight-action-v1\0"

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class NotCanonical(ValueError):
    """The value or text has no canonical form; the message says why."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotCanonical("a key appears twice in one object")
    return made


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise NotCanonical("an integer is beyond 2^53-1; write large numbers as text")
    return int(digits)


def _constant(name: str) -> float:
    raise NotCanonical(f"{name} is not JSON")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant).decode


def parse(raw: bytes, *, depth: int = ANSWER_DEPTH) -> Any:
    """The value of strict JSON text, floats included. Raises NotCanonical."""
    try:
        value = _decode(raw.decode())
    except NotCanonical:
        raise
    except UnicodeDecodeError:
        raise NotCanonical("the text is not UTF-8") from None
    except RecursionError:
        raise NotCanonical("the text is nested too deep") from None
    except json.JSONDecodeError as error:
        raise NotCanonical(f"not JSON: {error.msg} at character {error.pos}") from None
    _check(value, depth, floats=True)
    return value


def encode(value: Any) -> bytes:
    """The canonical bytes of `value`. Raises NotCanonical outside the restricted profile."""
    _check(value, MAX_DEPTH, floats=False)
    return _encode(value).encode()


def dump(value: Any) -> bytes:
    """JSON for a request's body, which may hold floats. Raises NotCanonical."""
    _check(value, ANSWER_DEPTH, floats=True)
    return _encode(value).encode()


def decode(raw: bytes) -> Any:
    """The value of canonical bytes. Raises NotCanonical where `raw` is not exactly the bytes that `encode` writes."""
    value = parse(raw, depth=MAX_DEPTH)
    if encode(value) != raw:
        raise NotCanonical("the bytes are not canonical")
    return value


def action_hash(canonical: bytes) -> str:
    """The name of an action: `sha256:` and the hash of its canonical bytes under their own domain."""
    return "sha256:" + hashlib.sha256(DOMAIN + canonical).hexdigest()


def _check(value: Any, depth: int, *, floats: bool) -> None:
    kind = type(value)
    if kind is str:
        _check_text(value)
    elif kind in {dict, list}:
        if depth == 0:
            raise NotCanonical("the value is nested too deep")
        for key in value if kind is dict else ():
            if type(key) is not str or not (floats or key.isascii()):
                raise NotCanonical("keys are ASCII text")
            _check_text(key)
        for item in value.values() if kind is dict else value:
            _check(item, depth - 1, floats=floats)
    elif kind is int:
        if abs(value) > MAX_INTEGER:
            raise NotCanonical("an integer is beyond 2^53-1; write large numbers as text")
    elif kind is float and floats:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise NotCanonical("a number is beyond 2^53-1")
    elif value is not None and kind is not bool:
        raise NotCanonical(f"an action cannot hold a {kind.__name__}; use text, whole numbers, lists and objects")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise NotCanonical("a text holds the character U+0000")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotCanonical("a text holds a lone surrogate") from None
