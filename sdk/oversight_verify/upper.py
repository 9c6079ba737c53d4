"""The tree above the bundles: the tiles of level 1 and more, and the root. It must take no hash from a tile that it can compute."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from oversight_verify.faults import Refuted
from oversight_verify.layout import WIDTH, Tile, read_tile
from oversight_verify.tree import Peaks, full_root


class Upper:
    """Grows by the root of one full bundle after the other, and compares each tile above them once its hashes are known."""

    def __init__(self, folder: Path, partial: Iterable[Tile]) -> None:
        self.folder = folder
        self.peaks = Peaks()
        self.rows: list[list[bytes]] = [[]]
        """Level → hashes of its last tile so far; level 0 is the bundles' own."""
        self.done = [0]
        """Level → how many full tiles it has."""
        self.older: dict[tuple[int, int], list[Tile]] = defaultdict(list)
        for tile in partial:
            if tile.level:
                self.older[tile.level, tile.number].append(tile)

    def add(self, root: bytes) -> None:
        self.peaks.append(root)
        level = 1
        while True:
            if level == len(self.rows):
                self.rows.append([])
                self.done.append(0)
            row = self.rows[level]
            row.append(root)
            if len(row) < WIDTH:
                return
            self._compare(level)
            root = full_root(row)
            self.rows[level] = []
            self.done[level] += 1
            level += 1

    def finish(self) -> None:
        """Compare the partial tiles at the right edge."""
        for level in range(1, len(self.rows)):
            if self.rows[level]:
                self._compare(level)

    def _compare(self, level: int) -> None:
        row, number = self.rows[level], self.done[level]
        for tile in {Tile(level, number, len(row)), *self.older.pop((level, number), [])}:
            if read_tile(self.folder, tile) != b"".join(row[: tile.width]):
                span = WIDTH ** (level + 1)
                raise Refuted(
                    f"{tile.path} does not have the hashes of the entries below it (from {number * span:,} on): one of them was changed"
                )
