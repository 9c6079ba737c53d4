"""One stretch of an export: its entries, their hashes and the tiles of them. It must not decide what the whole is worth.

A stretch is whole bundles of 256 entries, so that stretches can be checked side by side; `export.py` puts them together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from oversight_verify.counters import Numbers
from oversight_verify.erasure import Erasure, read_erasure
from oversight_verify.faults import Refuted
from oversight_verify.glance import glance
from oversight_verify.layout import WIDTH, Tile, read_tile
from oversight_verify.leaf import read_leaf
from oversight_verify.tree import full_root, leaf_hashes


@dataclass(frozen=True, slots=True)
class Stretch:
    """What to check: the bundles `first` to `last`-1 of the export in `folder`, which is of `size` entries."""

    folder: Path
    size: int
    first: int
    last: int
    partial: tuple[Tile, ...] = ()
    """Older partial tiles of these bundles."""


@dataclass(frozen=True, slots=True)
class Named:
    """The name of a ledger as entry `seq` has it, and whether that entry says itself that it goes on under it."""

    seq: int
    name: str
    renames: bool


@dataclass(slots=True)
class Part:
    """What was found in a stretch. With a fault the rest is incomplete."""

    roots: list[bytes] = field(default_factory=list)
    """Of each full bundle the root over its 256 leaves."""
    tail: list[bytes] = field(default_factory=list)
    """The leaf hashes of the last bundle, if it is partial."""
    fault: str = ""
    first_at: str = ""
    last_at: str = ""
    digests: int = 0
    counters: dict[tuple[str, str], Numbers] = field(default_factory=dict)
    """(actor, source) → the numbers it used."""
    names: list[Named] = field(default_factory=list)
    """The name of the first entry, and each that the ledger went on under."""
    rotated: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """(seq, facts) of each `key.rotated`."""
    reports: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """(seq, facts) of each `report.built`."""
    issued: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """(seq, facts) of each `report.issued`."""
    erased: list[Erasure] = field(default_factory=list)
    references: int = 0


def check(stretch: Stretch) -> Part:
    """Recompute everything in `stretch` from the bytes of its entries; ends at the first fault."""
    check = _Check(stretch)
    try:
        for number in range(stretch.first, stretch.last):
            check.bundle(number)
    except Refuted as fault:
        check.part.fault = str(fault)
    return check.part


def split(raw: bytes, start: int, width: int) -> Iterator[tuple[bytes, int]]:
    """(entry, where it ends) for each of the `width` entries in a bundle. Raises Refuted if they are not exactly its bytes."""
    at, length = 0, len(raw)
    for number in range(width):
        end = at + 2 + int.from_bytes(raw[at : at + 2])
        if at + 2 > length or end > length:
            raise Refuted(f"entry {start + number} is cut off: its bundle is too short")
        yield raw[at + 2 : end], end
        at = end
    if at != length:
        raise Refuted(f"{length - at} bytes follow entry {start + width - 1} in its bundle and belong to no entry")


class _Check:
    def __init__(self, stretch: Stretch) -> None:
        self.folder, self.size = stretch.folder, stretch.size
        self.stretch, self.part = stretch, Part()
        self.name: str | None = None
        self.leaf_tile = lru_cache(maxsize=256)(self._leaf_tile)

    def bundle(self, number: int) -> None:
        start = number * WIDTH
        width = min(WIDTH, self.size - start)
        raw = read_tile(self.folder, Tile(None, number, width))
        bodies, ends = [], [0]
        for body, end in split(raw, start, width):
            bodies.append(body)
            ends.append(end)
        for seq, body in enumerate(bodies, start):
            try:
                self.entry(seq, body)
            except Refuted as fault:
                raise Refuted(f"entry {seq}: {fault}") from None
        leaves = leaf_hashes(bodies)
        hashes = b"".join(leaves)
        self.compare(Tile(0, number, width), hashes)
        for old in self.stretch.partial:
            if old.number == number and old.level == 0:
                self.compare(old, hashes)
            elif old.number == number and read_tile(self.folder, old) != raw[: ends[old.width]]:
                raise Refuted(f"{old.path} holds other entries than the ledger now does")
        if width == WIDTH:
            self.part.roots.append(full_root(leaves))
        else:
            self.part.tail = leaves

    def compare(self, tile: Tile, hashes: bytes) -> None:
        kept = read_tile(self.folder, tile)
        if kept != hashes[: len(kept)]:
            wrong = next(at for at in range(tile.width) if kept[32 * at :][:32] != hashes[32 * at :][:32])
            seq = tile.number * WIDTH + wrong
            raise Refuted(f"entry {seq}: its bytes do not have the hash in {tile.path}: one of them was changed")

    def entry(self, seq: int, body: bytes) -> None:
        one, part = glance(body), self.part
        if one.log != self.name:
            self.named(seq, read_leaf(body))
        if one.at < part.last_at:
            raise Refuted("its time is before that of the entry before it")
        part.first_at, part.last_at = part.first_at or one.at, one.at
        part.digests += one.digests
        if one.src_seq is not None:
            source = (one.actor, one.src)
            if source not in part.counters:
                part.counters[source] = Numbers()
            part.counters[source].add(one.src_seq)
        if one.seen is not None:
            self.reference(seq, *one.seen)
            part.references += 1
        if one.kind == "key.rotated":
            part.rotated.append((seq, read_leaf(body)["facts"]))
        elif one.kind == "report.built":
            part.reports.append((seq, read_leaf(body)["facts"]))
        elif one.kind == "report.issued":
            part.issued.append((seq, read_leaf(body)["facts"]))
        elif one.kind == "disclosure.erased":
            part.erased.append(read_erasure(seq, read_leaf(body)))

    def named(self, seq: int, leaf: dict[str, Any]) -> None:
        """That the entry that begins the stretch, or another name, says so itself where the ledger goes on under that name."""
        name = Named(seq, leaf["log"], leaf["kind"] == "key.rotated" and leaf["facts"].get("origin") == leaf["log"])
        if self.part.names and not name.renames:
            raise Refuted("it is an entry of another ledger")
        self.part.names.append(name)
        self.name = name.name

    def reference(self, seq: int, seen: int, leaf: str) -> None:
        """That what a person saw is the entry that the ledger holds."""
        place = 32 * (seen % WIDTH)
        if not 0 <= seen < seq:
            raise Refuted(f"it refers to entry {seen}, which was not there yet")
        # That tile is compared with its entries where it has its turn.
        if self.leaf_tile(seen // WIDTH)[place : place + 32].hex() != leaf:
            raise Refuted(f"it refers to another entry {seen} than the ledger holds: one of them was changed")

    def _leaf_tile(self, number: int) -> bytes:
        return read_tile(self.folder, Tile(0, number, min(WIDTH, self.size - number * WIDTH)))
