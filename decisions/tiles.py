"""The tree as tiles of 256 hashes (C2SP tlog-tiles): which there are, how they are named, and proofs made from them. Pure.

A full tile never changes. Right of the last full tile of each level at most 255 hashes are partial.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from decisions.merkle import Frontier, pairs_above

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH = 32
LEVELS = 8
"""More levels than a tree of 2^63 entries has."""
Read = Callable[[int, int, int], bytes]
"""(level, n, width) → the first `width` hashes of that tile."""
NAME = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile, full or partial, and the place where it is served and exported."""

    level: int
    n: int
    width: int = WIDTH

    @property
    def full(self) -> bool:
        return self.width == WIDTH

    @property
    def sizes(self) -> range:
        """The sizes of trees that have exactly this tile; from its first on, they have all its hashes."""
        step = WIDTH**self.level
        first = (self.n * WIDTH + self.width) * step
        return range(first, first + step)

    @property
    def name(self) -> str:
        """N as groups of three digits, all but the last with an x, and the width of a partial tile."""
        digits = str(self.n)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return name if self.full else f"{name}.p/{self.width}"


def named(level: int, name: str) -> Tile | None:
    """The tile of that name; None for what is no name: each tile has one."""
    found = NAME.fullmatch(name)
    if found is None or not 0 <= level < LEVELS or len(name) > 40:
        return None
    n, width = int(found[1].replace("/", "").replace("x", "")), int(found[2] or WIDTH)
    tile = Tile(level, n, width)
    return tile if tile.name == name else None


def full_tiles(size: int, level: int) -> int:
    """How many full tiles a tree of `size` has at `level`."""
    return size >> HEIGHT * (level + 1)


def partial_tiles(size: int) -> Iterator[Tile]:
    """The partial tiles of a tree of `size`, at most one a level."""
    for level in range(LEVELS):
        if width := (size >> HEIGHT * level) % WIDTH:
            yield Tile(level, full_tiles(size, level), width)


def hashes_of(raw: bytes) -> list[bytes]:
    return [raw[at : at + HASH] for at in range(0, len(raw), HASH)]


def siblings(index: int, size: int) -> list[tuple[int, int]]:
    """The leaves under each hash of the audit path of leaf `index`, as (first, end), from the leaf's sibling up."""
    if not 0 <= index < size:
        raise ValueError("the index is outside the tree")
    first, end, found = 0, size, []
    while end - first > 1:
        cut = first + _split(end - first)
        if index < cut:
            found.append((cut, end))
            end = cut
        else:
            found.append((first, cut))
            first = cut
    return found[::-1]


def subtree(raw: bytes) -> bytes:
    """The root over consecutive hashes whose number is a power of two."""
    while len(raw) > HASH:
        raw = pairs_above(raw)
    return raw


@dataclass(slots=True)
class Tree:
    """The tree of the first `size` leaves, by its tiles; each is read once. Raises ValueError for a tile that falls short."""

    size: int
    read: Read
    _held: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def root(self) -> bytes:
        return self.frontier().root()

    def frontier(self) -> Frontier:
        """What appending to this tree needs."""
        return self._peaks(0, self.size)

    def inclusion(self, index: int) -> list[bytes]:
        """The audit path of leaf `index`, from the leaf's sibling up (RFC 9162 §2.1.3.1)."""
        return [self._over(first, end) for first, end in siblings(index, self.size)]

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the first `old` leaves are a prefix of this tree (RFC 9162 §2.1.4.1)."""
        if not 0 < old <= self.size:
            raise ValueError("the older size is outside the tree")
        first, end, path = 0, self.size, []
        while old != end:
            cut = first + _split(end - first)
            if old <= cut:
                path.append(self._over(cut, end))
                end = cut
            else:
                path.append(self._over(first, cut))
                first = cut
        # Where nothing was cut off on the left, the old root is what is proven and needs no saying.
        return [self._over(first, end), *path[::-1]] if first else path[::-1]

    def _over(self, first: int, end: int) -> bytes:
        return self._peaks(first, end).root()

    def _peaks(self, first: int, end: int) -> Frontier:
        """The leaves from `first` to `end`; `first` is where a complete subtree of that many may begin."""
        peaks, at = [], first
        for height in reversed(range((end - first).bit_length())):
            if end - first >> height & 1:
                peaks.append(self.node(height, at >> height))
                at += 1 << height
        return Frontier(end - first, peaks)

    def node(self, height: int, index: int) -> bytes:
        """The root of the complete subtree number `index` of 2^`height` leaves."""
        level, above = divmod(height, HEIGHT)
        n, offset = divmod(index << above, WIDTH)
        return subtree(self._tile(level, n)[offset * HASH : (offset + (1 << above)) * HASH])

    def _tile(self, level: int, n: int) -> bytes:
        held = self._held.get((level, n))
        if held is None:
            width = min(WIDTH, (self.size >> HEIGHT * level) - n * WIDTH)
            held = self._held[level, n] = self.read(level, n, width)
            if len(held) != width * HASH:
                raise ValueError(
                    f"tile {level}/{n} holds {len(held) // HASH} hashes and not {width}; run verify_ledger"
                )
        return held


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
