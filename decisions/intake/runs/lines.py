"""Lines and documents of recorded runs, one at a time and never larger than they may be. Pure; it must not know a format.

Logs of programs are no contract: what JSON allows and no store keeps is replaced, and only what is no JSON is refused.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from decisions.canonical import MAX_INTEGER
from decisions.errors import Problem, bad_request, too_large
from decisions.intake.calls import clean

MAX_LINE = 8 * 1024 * 1024
MAX_DOCUMENT = 64 * 1024 * 1024
MAX_LINES = 1_000_000
MAX_DEPTH = 40

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def lines(stream: BinaryIO) -> Iterator[Mapping[str, Any]]:
    """The objects of a file of lines; a line that is no object is what a program wrote beside its log, and is passed over."""
    for number in range(1, MAX_LINES + 1):
        raw = stream.readline(MAX_LINE + 1)
        if not raw:
            return
        if len(raw) > MAX_LINE:
            raise too_large(MAX_LINE, f"line {number}")
        if raw.lstrip().startswith(b"{"):
            value = _value(raw, f"line {number}")
            if isinstance(value, dict):
                yield value
    if stream.readline(1):
        raise Problem(413, "too-large", "The run is too long", f"It may hold at most {MAX_LINES} lines.")


def document(stream: BinaryIO) -> Mapping[str, Any]:
    """The object that a file is as a whole."""
    raw = stream.read(MAX_DOCUMENT + 1)
    if len(raw) > MAX_DOCUMENT:
        raise too_large(MAX_DOCUMENT, "file")
    value = _value(raw, "the file")
    if not isinstance(value, dict):
        raise _unreadable("the file")
    return value


def _unreadable(what: str) -> Problem:
    return bad_request(f"What stands in {what} cannot be read as JSON.", "bad-run")


def _value(raw: bytes, what: str) -> Any:
    try:
        return _plain(json.loads(raw.decode(), parse_int=_integer), MAX_DEPTH)
    except (ValueError, RecursionError):
        raise _unreadable(what) from None


def _integer(digits: str) -> int | str:
    # Very long numbers are quadratic to read, and no number that we use.
    return digits[:100] if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER else int(digits)


def _plain(value: Any, depth: int) -> Any:
    """`value` with nothing in it that no store keeps, and nothing deeper than anybody writes on purpose."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) and abs(value) <= MAX_INTEGER else None
    if isinstance(value, dict | list):
        if depth == 0:
            return None
        if isinstance(value, dict):
            return {clean(key): _plain(part, depth - 1) for key, part in value.items()}
        return [_plain(part, depth - 1) for part in value]
    return value


def at_path(value: Any, *path: str) -> Any:
    """What stands at `path` in nested objects; None where one of them is missing or no object."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(value: Any, *path: str) -> str:
    """The text at `path`; empty for anything that is none."""
    found = at_path(value, *path)
    return found if isinstance(found, str) else ""


def objects(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects of the list at `path`."""
    found = at_path(value, *path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def joined(value: Any) -> str:
    """The words in what may be a text, an object with one, or a list of such parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        for key in ("text", "content", "output", "error", "stdout"):
            if value.get(key):
                return joined(value[key])
        return ""
    if isinstance(value, list):
        return "\n".join(part for part in map(joined, value) if part)
    return ""


def stamp(value: Any) -> datetime | None:
    """A time as RFC 3339 has it, or a number of seconds or milliseconds since 1970; None for what no calendar has."""
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value[:64])
        except ValueError:
            return None
        return _moved(found.replace(tzinfo=found.tzinfo or UTC))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # No run was recorded before 1973 in milliseconds, nor after the year 5138 in seconds.
    try:
        return _EPOCH + (timedelta(milliseconds=value) if value > 1e11 else timedelta(seconds=value))
    except OverflowError:
        return None


def _moved(found: datetime) -> datetime | None:
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return None
