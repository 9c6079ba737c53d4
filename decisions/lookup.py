"""Finds entries by what is known of them: number, id, hash, kind. It must not write."""

import base64
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from decisions import ledger
from decisions.envelope import Entry
from decisions.models.ledger import EntryRow, StoredCheckpoint
from decisions.tiles import HASH, WIDTH, full_tiles
from decisions.vocab import Kind

HEX = re.compile(r"[0-9a-fA-F]{64}")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
TILES_AT_ONCE = 256
MOST_TILES = 16_384
"""How many tiles one search for a hash reads: four million entries, about a second."""


@dataclass(frozen=True, slots=True)
class Found:
    """The entry with a hash; where there is none, `before` is how far down it was looked for."""

    seq: int | None
    before: int


def entry(seq: int) -> Entry | None:
    found = ledger.entry(seq)
    return found[0] if found else None


def newest(kind: Kind, most: int, before: int | None = None) -> list[Entry]:
    """The newest entries of `kind`, the newest first, at most so many, each of a seq less than `before`."""
    rows = EntryRow.objects.filter(kind=str(kind))
    if before is not None:
        rows = rows.filter(seq__lt=before)
    seqs = rows.order_by("-seq").values_list("seq", flat=True)[:most]
    return list(ledger.entries_of(seqs))[::-1]


def of_id(id_: uuid.UUID) -> int | None:
    """The seq of the entry with that id."""
    return ledger.seqs_of([id_]).get(id_)


def first_over(seq: int) -> StoredCheckpoint | None:
    """The first checkpoint that covers entry `seq`."""
    return StoredCheckpoint.objects.filter(size__gt=seq).order_by("size").first()


def read_hash(text: str) -> bytes | None:
    """The hash that `text` writes in hexadecimal or base64; None where it writes none."""
    if HEX.fullmatch(text):
        return bytes.fromhex(text)
    if BASE64.fullmatch(text):
        return base64.b64decode(text.rstrip("=").translate(str.maketrans("-_", "+/")) + "=")
    return None


def of_leaf(leaf: bytes, before: int | None = None) -> Found:
    """The newest entry with that leaf hash, of a seq less than `before`.

    An index over hashes would slow down every write, for a question that is seldom asked. So they are read, newest
    first, from the tiles, where they lie close together; and at most so many at a time.
    """
    end = ledger.size() if before is None else min(before, ledger.size())
    first = full_tiles(end, 0) * WIDTH
    for index, here in enumerate(ledger.leaves(first, end)):
        if here == leaf:
            return Found(first + index, first)
    lowest = max(0, first // WIDTH - MOST_TILES)
    for n, hashes in _tiles(lowest, first // WIDTH):
        at = hashes.find(leaf)
        while at > 0 and at % HASH:
            # Two neighbours may hold it between them.
            at = hashes.find(leaf, at + 1)
        if at >= 0:
            return Found(n * WIDTH + at // HASH, first)
    return Found(None, lowest * WIDTH)


def _tiles(first: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The full tiles of the lowest level from `end` down to `first`; one that is not stored is made of its entries."""
    for begin in reversed(range(first, end, TILES_AT_ONCE)):
        until = min(begin + TILES_AT_ONCE, end)
        stored = {n: hashes for n, hashes, _ in ledger.stored_tiles(0, begin, until)}
        for n in reversed(range(begin, until)):
            yield n, stored.get(n) or ledger.tile(0, n, WIDTH)
