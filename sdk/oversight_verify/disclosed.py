"""The values that leaves hold only as digests, where an export discloses them. What is withheld or erased breaks no proof."""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from oversight_verify.bundle import split
from oversight_verify.erasure import Erasure
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.glance import digests_of
from oversight_verify.layout import WIDTH, Tile, read_tile
from oversight_verify.strict import shown

MAX_LINE = 8 * 1024 * 1024
SHOWN = 20


Erased = Mapping[int, Mapping[str, Erasure]]
"""Entry → digest of a value of it → the erasure that names it."""


@dataclass(slots=True)
class Disclosed:
    """How many values are disclosed and right; which are not there: erased, as an entry says, or just withheld."""

    right: int = 0
    erased: int = 0
    withheld: int = 0
    some: list[tuple[int, int]] = field(default_factory=list)
    """(entry, how many of its values are withheld) of the first that withhold any."""
    more: int = 0
    """How many entries beyond those withhold something."""

    def withhold(self, seq: int, number: int) -> None:
        self.withheld += number
        if len(self.some) < SHOWN:
            self.some.append((seq, number))
        else:
            self.more += 1


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    seq: int
    name: str
    text: str


def erasures(folder: Path, size: int, said: Iterable[Erasure]) -> Erased:
    """What the erasures `said` of the export in `folder` name, which must have been checked before.

    Raises Refuted for one of something that its entry never held, or that was erased before.
    """
    found: dict[int, dict[str, Erasure]] = {}
    by_bundle: dict[int, list[Erasure]] = defaultdict(list)
    for one in said:
        by_bundle[one.of // WIDTH].append(one)
    for number, some in by_bundle.items():
        bodies = list(_bodies(folder, number, size))
        for one in some:
            held, before = digests_of(bodies[one.of % WIDTH]), found.setdefault(one.of, {})
            for sealed, name in one.names.items():
                what = f"entry {one.seq} says that {shown(name)} of entry {one.of} was erased"
                if sealed not in held:
                    raise Refuted(f"{what}, which that entry never held")
                if sealed in before:
                    raise Refuted(f"{what}, and so did entry {before[sealed].seq} before it")
                before[sealed] = one
    return found


def check(file: IO[bytes], folder: Path, size: int, erased: Erased) -> Disclosed:
    """Compare each line of a `disclosures.jsonl` with its leaf; the export in `folder` must have been checked before.

    Raises Refuted, also for a value that is `erased` and still there, or Unreadable.
    """
    lines, found = _lines(file), Disclosed()
    line = next(lines, None)
    for seq, digests in _digests(folder, size):
        left, gone = set(digests), erased.get(seq, {})
        while line is not None and line.seq == seq:
            _take(line, left, gone)
            found.right += 1
            line = next(lines, None)
        if left:
            found.erased += len(left & gone.keys())
            if withheld := len(left - gone.keys()):
                found.withhold(seq, withheld)
    if line is not None:
        raise Refuted(
            f"line {line.number} of the disclosures is of entry {line.seq}, which comes earlier or is not there"
        )
    return found


def _take(line: _Line, left: set[str], gone: Mapping[str, Erasure]) -> None:
    where = f"line {line.number} of the disclosures, {shown(line.name)} of entry {line.seq}"
    if (found := digest(line.text)) not in left:
        raise Refuted(f"{where}: it is not what was recorded: it was changed, or is there twice")
    if found in gone:
        raise Refuted(
            f"{where}: it was {gone[found]}, and is still there: the file is older than that, or nothing was erased"
        )
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
        for seq, body in enumerate(_bodies(folder, start // WIDTH, size), start):
            yield seq, digests_of(body)


def _bodies(folder: Path, number: int, size: int) -> Iterator[bytes]:
    width = min(WIDTH, size - number * WIDTH)
    raw = read_tile(folder, Tile(None, number, width))
    return (body for body, _ in split(raw, number * WIDTH, width))


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
