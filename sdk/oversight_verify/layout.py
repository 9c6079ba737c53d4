"""The files of an export (C2SP tlog-tiles): which belong to a ledger of some size, and how they are read. It must not follow a link."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.strict import shown

WIDTH = 256
ENTRIES = "entries"
# Not every system has all of these. Without waiting: a pipe in place of a file would never open.
_PLAIN = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"))
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of the tree: a tile of hashes at a level, or a bundle of entries (`level` None). Below 256 wide it is partial."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        digits = f"{self.number:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{ENTRIES if self.level is None else self.level}/{number}{partial}"

    def within(self, size: int) -> bool:
        """Whether a ledger of `size` entries has, or once had, this tile."""
        return self.number * WIDTH + self.width <= size >> 8 * (self.level or 0)


def read_path(path: str) -> Tile | None:
    """The tile that is kept under `path`, None for any other path; each tile has one path."""
    match = _PATH.fullmatch(path)
    if match is None or len(path) > 80:
        return None
    level, number, width = match.groups()
    digits = number.replace("x", "").replace("/", "")
    tile = Tile(None if level == ENTRIES else int(level), int(digits), int(width or WIDTH))
    return tile if tile.path == path and (width is None or tile.width < WIDTH) else None


def partial_tiles(folder: Path, size: int) -> Iterator[Tile]:
    """Every partial tile under `folder`, older ones too. Raises Refuted at anything that is no part of a ledger of `size`."""
    for path, entry in _walk(folder, "tile"):
        if not entry.is_file(follow_symlinks=False):
            raise Refuted(f"{shown(path)} is a link or a device; an export holds plain files only")
        tile = read_path(path)
        if tile is None or not tile.within(size):
            raise Refuted(f"{shown(path)} is no part of a ledger of {size:,} entries: the checkpoint does not cover it")
        if tile.width < WIDTH:
            yield tile


def _walk(folder: Path, within: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """(path from `folder`, entry) of all that is below the folder `within`, except folders, which are entered."""
    if (folder / within).is_symlink():
        raise Refuted(f"{within} is a link; an export holds plain files only")
    open_folders = [within]
    while open_folders:
        here = open_folders.pop()
        if here.count("/") > 12:
            raise Refuted(f"{shown(here)} is no part of a ledger: its folders are too deep")
        try:
            listed = os.scandir(folder / here)
        except FileNotFoundError:
            continue
        with listed:
            for entry in listed:
                path = f"{here}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    open_folders.append(path)
                else:
                    yield path, entry


def read_tile(folder: Path, tile: Tile) -> bytes:
    """The content of `tile`. Raises Refuted if it is not there or cannot be such a tile for its length."""
    limit = 32 * tile.width if tile.level is not None else 65_537 * tile.width
    try:
        raw = read_file(folder / tile.path, limit)
    except FileNotFoundError:
        raise Refuted(f"{tile.path} is missing: the export is not whole") from None
    except Unreadable as fault:
        raise Refuted(f"{tile.path}: {fault}") from None
    if tile.level is not None and len(raw) != limit:
        raise Refuted(f"{tile.path} has {len(raw)} bytes, not {limit}")
    return raw


def read_file(path: Path, limit: int) -> bytes:
    """The content of a plain file of at most `limit` bytes. Raises Unreadable, or FileNotFoundError."""
    try:
        handle = os.open(path, _PLAIN)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unreadable("it is not a plain file")
    with os.fdopen(handle, "rb") as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise Unreadable(f"it is longer than {limit:,} bytes")
    return raw
