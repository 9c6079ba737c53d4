"""The root that a ledger had at any size, from the tiles of an export that was checked. It must not be asked before that check."""

from pathlib import Path

from oversight_verify.layout import WIDTH, Tile, read_tile
from oversight_verify.tree import Peaks, fold

LEVELS = 8


def root_at(folder: Path, whole: int, size: int) -> bytes:
    """The root over the first `size` of the `whole` entries in `folder`; a few tiles are read, whatever the size."""
    peaks: list[bytes] = []
    for level in reversed(range(LEVELS)):
        number, width = divmod(size >> 8 * level, WIDTH)
        if width:
            tile = Tile(level, number, min(WIDTH, (whole >> 8 * level) - WIDTH * number))
            raw, here = read_tile(folder, tile), Peaks()
            for at in range(width):
                here.append(raw[32 * at :][:32])
            peaks += here.hashes
    return fold(peaks)
