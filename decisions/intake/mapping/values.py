"""What values of a foreign record are taken for: text, time, a piece of JSON. Pure; it must not repair what is not there."""

import hashlib
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from decisions import inert
from decisions.canonical import stable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)
ZERO = "0001-01-01T00:00:00Z"
"""How programs written in Go say that there is no time."""
TIME_CHARACTERS = 64
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_DEPTH = 10
MOST_BYTES = 8 * 1024
_OFFSET = re.compile(r"[+-]\d{4}$")
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_NUMBER = re.compile(r"\d{1,20}(\.\d{1,9})?")


class UnreadableError(ValueError):
    """A value is not what it is taken for; the message names what was expected and never the value."""


def text(value: Any) -> str:
    """`value` as text; nothing, and an empty text, are empty. Raises UnreadableError for a list or an object."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise UnreadableError("a text was expected")


def name(value: Any, most: int) -> str:
    """`value` as an identifier in NFC, everything in it written out that cannot be seen.

    One that is too long ends in its hash, so that two names stay two.
    """
    found = text(value).strip()
    if not found.isascii():
        found = unicodedata.normalize("NFC", found)
    if "\n" in found or inert.hides(found):
        found = inert.visible(found.replace("\n", "⟦U+000A⟧"))
    if len(found) <= most:
        return found
    return f"{found[: most - 17]}~{hashlib.sha256(found.encode()).hexdigest()[:16]}"


def exact_name(value: Any, most: int) -> str:
    """`value` as what names a record or an action: nothing is cut off it or written out, since two could become one."""
    found = text(value).strip()
    if len(found) > most or name(found, most) != found:
        raise UnreadableError(f"a name of at most {most} characters, none of them hidden, was expected")
    return found


def kind(value: Any) -> str:
    """A word of the vendor's as the name of a kind: small letters, digits, and one underline between words."""
    words: list[str] = []
    before = " "
    for char in text(value)[:200]:
        if not (char.isascii() and char.isalnum()):
            char = "_"  # noqa: PLW2901
        elif char.isupper() and before.islower():
            words.append("_")
        words.append(char.lower())
        before = char
    joined = "_".join(filter(None, "".join(words).split("_")))[:64].strip("_")
    if not joined:
        return ""
    return joined if joined[0].isalpha() else f"k_{joined}"[:64]


def time(value: Any) -> datetime | None:
    """The moment that `value` states, None where it states none. Raises UnreadableError for what is no time of ours.

    RFC 3339; `Nov 29, 2016 7:43:20 PM`, which is UTC; seconds, milliseconds or nanoseconds since 1970, told apart by
    their size, as a number or as text. A time before 1970 or after 2199 is none.
    """
    if isinstance(value, datetime):
        return value
    if value is None or value in ("", ZERO):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnreadableError("a time was expected")
    if isinstance(value, str) and len(value) > TIME_CHARACTERS:
        raise UnreadableError("a time was expected")
    try:
        at = _moment(value)
    except (ValueError, OverflowError, OSError):
        raise UnreadableError("a time was expected") from None
    if not EPOCH <= at < LAST:
        raise UnreadableError("a time between 1970 and 2199 was expected")
    return at


def _moment(value: str | float) -> datetime:
    if not isinstance(value, str):
        return _since_1970(value)
    value = value.strip()
    if _NUMBER.fullmatch(value):
        return _since_1970(float(value) if "." in value else int(value))
    if value[:3] in MONTHS:
        return _spoken(value)
    # Python reads six digits of a second, and a zone only with its colon.
    value = _LONG_FRACTION.sub(r"\1", value)
    if _OFFSET.search(value):
        value = f"{value[:-2]}:{value[-2:]}"
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at.astimezone(UTC)


def _since_1970(number: float) -> datetime:
    if number >= 1e17:
        return datetime.fromtimestamp(number // 1000 / 1e6, UTC)
    if number >= 1e11:
        return datetime.fromtimestamp(number / 1e3, UTC)
    return datetime.fromtimestamp(number, UTC)


def _spoken(value: str) -> datetime:
    """`Nov 29, 2016 7:43:20 PM`, without asking the machine's language."""
    month, day, year, clock, half = value.replace(",", " ").split()
    hour, minute, second = (int(part) for part in clock.split(":"))
    if half not in {"AM", "PM"} or not 1 <= hour <= 12:
        raise ValueError("no hour of twelve")
    hour = hour % 12 + (12 if half == "PM" else 0)
    return datetime(int(year), MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)


def digest(*parts: Any) -> str:
    """A name made of what `parts` hold: the same for the same, sent again."""
    return hashlib.sha256(b"oversight-mapping-v1\0" + stable(list(map(_plain, parts)))).hexdigest()[:32]


def size(value: Any) -> int:
    """About how many bytes `value` is as JSON; what work on it costs."""
    if isinstance(value, str):
        return len(value)
    return len(stable(_plain(value))) if isinstance(value, dict | list) else 8


def folded(value: Any) -> Any:
    """`value` as a parameter may be; what is too large or too deep for one is replaced by its size and hash."""
    plain = _plain(value)
    whole = stable(plain)
    if len(whole) <= MOST_BYTES and _depth(plain) <= MOST_DEPTH:
        return plain
    return {"left_out": True, "bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0
