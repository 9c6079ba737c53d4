"""Readers of the small forms that everything else is made of. They must accept one spelling of each value, no other."""

import base64
import binascii
import re

from oversight_verify.faults import Unreadable

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}")


def read_base64(text: str, what: str, size: int | None = None) -> bytes:
    """The bytes of padded standard base64, of `size` bytes if that is given. Raises Unreadable."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{what} is not base64") from None
    # The decoder lets the unused last bits be anything: two texts would then stand for the same bytes.
    if base64.b64encode(raw).decode() != text:
        raise Unreadable(f"{what} is not base64 in its one form")
    if size is not None and len(raw) != size:
        raise Unreadable(f"{what} has {len(raw)} bytes, not {size}")
    return raw


def read_decimal(text: str, what: str) -> int:
    """A number from 0 to 10^18-1 without sign, space or leading zero. Raises Unreadable."""
    # int() would take '+1', '1_0', ' 1' and digits of other scripts.
    if not _DECIMAL.fullmatch(text):
        raise Unreadable(f"{what} is not a plain decimal number")
    return int(text)


def shown(text: str, limit: int = 120) -> str:
    """`text` as it may be printed: nothing in it can move a terminal's cursor, and it is not longer than `limit`."""
    inert = "".join(mark if mark.isprintable() else f"\\u{{{ord(mark):x}}}" for mark in text[: limit + 1])
    return inert if len(inert) <= limit else inert[:limit] + "…"


def count(number: int, one: str, many: str = "") -> str:
    """`1 entry`, `70,000 entries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
