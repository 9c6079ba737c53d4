"""The JSON of other systems: as strict as ours, but for what honest senders write and an agent could hide behind. Pure.

A request that is refused is one whose acts nobody sees. So a number that is too large for JSON is taken as the text of its
digits, and U+0000 and lone surrogates are written out. It must not be used for what is sent to us in our own formats.
"""

import json
import math
import re
import unicodedata
from typing import Any

from decisions.canonical import MAX_INTEGER, NotStrictError, check

DEPTH = 64
_BAD = re.compile("[\x00\ud800-\udfff]")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotStrictError("a key appears twice in one object")
    return made


def _integer(digits: str) -> int | str:
    # The length keeps a megabyte of digits from reaching int(), which is quadratic.
    if len(digits) > 17:
        return digits
    value = int(digits)
    return value if abs(value) <= MAX_INTEGER else digits


def _float(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) and abs(value) <= MAX_INTEGER else digits


def _constant(name: str) -> float:
    raise NotStrictError(f"{name} is not JSON")


_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
).decode


def mended(value: Any) -> Any:
    """`value` with every character written out that not every store keeps, as ⟦U+0000⟧, and every number that JSON has not.

    Keys are in Unicode form NFC, as those of an action must be; two of them stay two.
    """
    if isinstance(value, str):
        return _BAD.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", value)
    if isinstance(value, list):
        return list(map(mended, value))
    if isinstance(value, int | float):
        return value if math.isfinite(value) and abs(value) <= MAX_INTEGER else str(value)
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, item in value.items():
        name = unicodedata.normalize("NFC", mended(key))
        while name in made:
            name = f"{name}⟦{len(made)}⟧"
        made[name] = mended(item)
    return made


def parse(raw: bytes | str) -> Any:
    """The value of JSON text. Raises NotStrictError."""
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        value = _decode(text)
        if "\\u" in text or not text.isascii():
            value = mended(value)
        check(value, depth=DEPTH)
    except NotStrictError:
        raise
    except UnicodeDecodeError:
        raise NotStrictError("the body is not UTF-8") from None
    except RecursionError:
        raise NotStrictError(f"the document is nested deeper than {DEPTH}") from None
    except json.JSONDecodeError as error:
        raise NotStrictError(f"not JSON: {error.msg} at character {error.pos}") from None
    return value
