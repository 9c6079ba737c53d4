"""Makes the ledger of an export, up to one entry, that of an empty database: to look at it as it was then.

Every entry is hashed into the tree, and every disclosure into its entry, before the first is looked at. It must not add one.
"""

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from django.db import transaction

from decisions import ledger, marks, projections, signing
from decisions.envelope import Entry, Sealed, disclosure_digest, open_entry, open_leaf
from decisions.models.bulk import writing
from decisions.rebuild import batches
from decisions.signing import BadNoteError
from decisions.tiles import WIDTH, Tile, full_tiles
from decisions.vocab import Kind

AT_ONCE = 1000
Progress = Callable[[int, int], None]


class ReloadError(Exception):
    """The folder is no export, is damaged, or does not reach the entry; the message says which."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    size: int
    root: bytes
    missing: int
    """Disclosures of these entries that the export has not and that none of these entries erased: erased later, or left out."""


def reload(folder: Path, size: int, *, progress: Progress | None = None) -> Reloaded:
    """Write the first `size` entries of the export in `folder` into the empty ledger, and make its read models. Raises ReloadError."""
    if ledger.size():
        raise ReloadError("the database holds a ledger already; this needs an empty one")
    reach = _reach(folder, size)
    kept, disclosed, erased, done = 0, 0, 0, 0
    lines = _Lines(folder / "disclosures.jsonl")
    with writing(), transaction.atomic():
        for some in _in_parts(_bodies(folder, size, reach), AT_ONCE):
            sealed = [_sealed(done + place, body, lines) for place, body in enumerate(some)]
            entries = [
                open_entry(done + place, one.body, (text for _, text in one.disclosures))
                for place, one in enumerate(sealed)
            ]
            _append(sealed)
            for batch in batches(entries):
                projections.apply(batch)
            kept += sum(len(open_leaf(one.body)["_sd"]) for one in sealed)
            disclosed += sum(len(one.disclosures) for one in sealed)
            erased += sum(_erased(entry) for entry in entries)
            done += len(sealed)
            if progress is not None:
                progress(done, size)
    return Reloaded(size, bytes(ledger.current().root), max(0, kept - disclosed - erased))


def _append(sealed: list[Sealed]) -> None:
    head = ledger.open_head()
    before = head.size
    ledger.append(head, sealed)
    for one in sealed:
        head.at = max(head.at, one.at)
        marks.leave(head, one.kind, one.id, open_leaf(one.body)["facts"])
    ledger.store_head(head, before=before)


def _erased(entry: Entry) -> int:
    return len(entry.facts["erased"]) if entry.kind is Kind.DISCLOSURE_ERASED else 0


def _sealed(seq: int, body: bytes, lines: "_Lines") -> Sealed:
    try:
        entry, digests = open_entry(seq, body, ()), set(open_leaf(body)["_sd"])
    except (ValueError, KeyError, TypeError):
        raise ReloadError(f"entry {seq} cannot be read") from None
    texts = lines.of(seq)
    for name, text in texts:
        if disclosure_digest(text) not in digests:
            raise ReloadError(f"what the export discloses of entry {seq} as {name} is not what the entry holds")
    return Sealed(entry.id, entry.kind, entry.at, body, texts)


def _reach(folder: Path, size: int) -> int:
    """How many entries the export has, which must be `size` at least."""
    try:
        whole = signing.read_note((folder / "checkpoint").read_text())[0].size
    except (OSError, BadNoteError, UnicodeDecodeError) as error:
        raise ReloadError(f"{folder} is no export: {error}") from None
    if whole < size:
        raise ReloadError(f"the export has {whole:,} entries and {size:,} are needed: export anew")
    return whole


def _bodies(folder: Path, size: int, whole: int) -> Iterator[bytes]:
    """The leaf bytes of the first `size` entries of an export of `whole`."""
    for n in range(-(-size // WIDTH)):
        tile = Tile(0, n) if n < full_tiles(whole, 0) else Tile(0, n, whole % WIDTH)
        try:
            bundle = (folder / "tile" / "entries" / tile.name).read_bytes()
        except OSError as error:
            raise ReloadError(f"a file of the export cannot be read: {error}") from None
        yield from _bundled(bundle, tile)[: size - n * WIDTH]


def _bundled(bundle: bytes, tile: Tile) -> list[bytes]:
    found, at = [], 0
    while at + 2 <= len(bundle):
        (length,) = struct.unpack_from(">H", bundle, at)
        found.append(bundle[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(bundle) or len(found) != tile.width:
        raise ReloadError(f"the entries in {tile.name} are damaged")
    return found


def _in_parts(bodies: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    """Lists of `size` and a last one; a hold stays with its proposal, since no row is valid between the two."""
    part: list[bytes] = []
    for body in bodies:
        if len(part) >= size and open_leaf(body)["kind"] != Kind.DECISION_HELD:
            yield part
            part = []
        part.append(body)
    if part:
        yield part


class _Lines:
    """What the export discloses, read along with the entries, of which it is in the order."""

    def __init__(self, path: Path) -> None:
        self._groups = groupby(_lines(path), key=lambda line: line[0])
        self._next = next(self._groups, None)

    def of(self, seq: int) -> tuple[tuple[str, str], ...]:
        """(name, salted text) of what is disclosed of entry `seq`; asked in ascending order."""
        if self._next is None or self._next[0] != seq:
            return ()
        found = tuple((name, text) for _, name, text in self._next[1])
        self._next = next(self._groups, None)
        return found


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    if not path.exists():
        raise ReloadError("the export has no disclosures: write it with --with-disclosures")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                read = json.loads(line)
                yield read["seq"], read["name"], read["text"]
            except (ValueError, KeyError, TypeError):
                raise ReloadError("a line of disclosures.jsonl cannot be read") from None
