"""The values that leaves hold only as digests, where an export discloses them. What is withheld or erased breaks no proof."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from oversight_verify.bundle import split
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.layout import WIDTH, Tile, read_tile
from oversight_verify.strict import shown

MAX_LINE = 8 * 1024 * 1024


@dataclass(slots=True)
class Disclosed:
    """How many values are disclosed and right, how many an entry says were erased, how many are just not there."""

    right: int = 0
    erased: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    seq: int
    name: str
    text: str


def check(file: IO[bytes], folder: Path, size: int, erased: frozenset[int]) -> Disclosed:
    """Compare each line of a `disclosures.jsonl` with its leaf; the export in `folder` must have been checked before.

    `erased`: the entries of which the ledger says that something was erased. Raises Refuted, or Unreadable.
    """
    lines, found = _lines(file), Disclosed()
    line = next(lines, None)
    for seq, digests in _digests(folder, size):
        left = set(digests)
        while line is not None and line.seq == seq:
            _take(line, left)
            found.right += 1
            line = next(lines, None)
        if seq in erased:
            found.erased += len(left)
        else:
            found.withheld += len(left)
    if line is not None:
        raise Refuted(
            f"line {line.number} of the disclosures is of entry {line.seq}, which comes earlier or is not there"
        )
    return found


def _take(line: _Line, left: set[str]) -> None:
    where = f"line {line.number} of the disclosures, {shown(line.name)} of entry {line.seq}"
    if (found := digest(line.text)) not in left:
        raise Refuted(f"{where}: it is not what was recorded: it was changed, or is there twice")
    left.remove(found)
    try:
        salt, name, _ = json.loads(line.text)
    except (ValueError, TypeError, RecursionError):
        raise Refuted(f"{where}: what was recorded is not a salt, a name and a value") from None
    if not isinstance(salt, str) or name != line.name:
        raise Refuted(f"{where}: it was recorded under another name")


def digest(text: str) -> str:
    """What a leaf holds of the disclosure `text` (RFC 9901 §4.2.3)."""
    return _base64url(hashlib.sha256(_base64url(text.encode()).encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _digests(folder: Path, size: int) -> Iterator[tuple[int, list[str]]]:
    """(seq, digests) of each entry."""
    for start in range(0, size, WIDTH):
        width = min(WIDTH, size - start)
        raw = read_tile(folder, Tile(None, start // WIDTH, width))
        for seq, (body, _) in enumerate(split(raw, start, width), start):
            yield seq, json.loads(body)["_sd"]


def _lines(file: IO[bytes]) -> Iterator[_Line]:
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE or not raw.endswith(b"\n"):
            raise Unreadable(f"line {number} of the disclosures is too long or not ended")
        yield _line(number, raw)


def _line(number: int, raw: bytes) -> _Line:
    try:
        found: Any = json.loads(raw)
        found["text"].encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unreadable(f"line {number} of the disclosures is not a JSON object with a text") from None
    if (
        not isinstance(found, dict)
        or found.keys() != {"seq", "name", "text"}
        or type(found["seq"]) is not int
        or not isinstance(found["name"], str)
        or not isinstance(found["text"], str)
    ):
        raise Unreadable(f"line {number} of the disclosures does not have seq, name and text")
    return _Line(number, found["seq"], found["name"], found["text"])
