"""Writes the published ledger as static files (C2SP tlog-tiles) that anyone can check without us. It must not write the database.

A folder is taken up where its checkpoint says that it ended. Every file is whole or absent, and the checkpoint comes
last, when all that it covers is durable: a crash at any moment leaves the older export valid.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from decisions import cosigned, disclosures, proofs, published, signing
from decisions.merkle import leaf_hash
from decisions.signing import BadNoteError, Checkpoint
from decisions.tiles import HEIGHT, LEVELS, WIDTH, Tile, Tree, full_tiles, hashes_of, partial_tiles, subtree

Progress = Callable[[int, int], None]
DISCLOSURES_AT_ONCE = 2000
NEW = ".new-"


class ExportError(Exception):
    """Nothing can be exported, or not into this folder; the message says why."""


def export(folder: Path, *, disclosed: bool = False, progress: Progress | None = None) -> Checkpoint:
    """Bring `folder` to the newest published checkpoint, and return that. Raises ExportError.

    Every new entry is hashed and compared with its tile, and every new tile with the signed root, before the checkpoint
    is written. With `disclosed`, what is still disclosed of all entries is written too; it may be personal. Without, what an
    earlier run wrote of it is removed, for it may have been erased since.
    `progress` hears how many entries of how many are written.
    """
    newest = cosigned.last_checkpoint()
    policy = published.policy()
    if newest is None or policy is None:
        raise ExportError("no checkpoint was published yet; run publish_checkpoint")
    checkpoint = signing.read_note(newest.note)[0]
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        before = _exported(folder)
        files, tree = _Files(folder), proofs.tree(checkpoint.size)
        try:
            _extends(tree, checkpoint, before)
            for tile in _tiles(before.size if before else 0, checkpoint.size):
                _write(files, tile, tree)
                if tile.level == 0 and progress is not None:
                    progress(tile.n * WIDTH + tile.width, checkpoint.size)
        except ValueError as error:
            raise ExportError(str(error)) from None
        files.write("policy", policy.encode())
        if disclosed:
            files.stream("disclosures.jsonl", _disclosures(checkpoint.size), mode=0o600)
        else:
            files.remove("disclosures.jsonl")
        files.settle()
        files.write("checkpoint", newest.note.encode())
        files.settle()
    return checkpoint


def _exported(folder: Path) -> Checkpoint | None:
    """The checkpoint of the export that `folder` holds; None before the first."""
    path = folder / "checkpoint"
    if not path.exists():
        ours = {"tile", "policy", "disclosures.jsonl"}
        if any(one.name not in ours and not one.name.startswith(NEW) for one in folder.iterdir()):
            raise ExportError("the folder holds files that are no export; name an empty one")
        return None
    try:
        return signing.read_note(path.read_bytes().decode())[0]
    except (BadNoteError, UnicodeDecodeError) as error:
        raise ExportError(f"the folder's checkpoint cannot be read: {error}") from None


def _extends(tree: Tree, checkpoint: Checkpoint, before: Checkpoint | None) -> None:
    """Raise ExportError unless `tree` is what was signed, and extends what the folder holds."""
    if tree.root() != checkpoint.root:
        raise ExportError("the stored tree does not have the signed root; run verify_ledger")
    if before is None:
        return
    if before.origin != checkpoint.origin:
        raise ExportError(f"the folder holds the ledger {before.origin}; name another folder")
    if before.size > checkpoint.size:
        raise ExportError(f"the folder holds {before.size} entries, and only {checkpoint.size} are signed here")
    if proofs.tree(before.size).root() != before.root:
        raise ExportError("the folder holds other entries than this ledger: history was rewritten; run verify_ledger")


def _tiles(before: int, size: int) -> Iterator[Tile]:
    """What a tree of `size` has and one of `before` has not, the lowest level first."""
    partial = list(partial_tiles(size)) if size != before else []
    for level in range(LEVELS):
        for n in range(full_tiles(before, level), full_tiles(size, level)):
            yield Tile(level, n)
        yield from (tile for tile in partial if tile.level == level)


def _write(files: "_Files", tile: Tile, tree: Tree) -> None:
    """Write `tile`, and at level 0 the bundle of its entries. Raises ValueError if they are not those of `tree`."""
    hashes = published.hashes(tile)
    # A partial tile is compared already: the root of the whole tree is made from it.
    if tile.full and subtree(hashes) != tree.node(HEIGHT * (tile.level + 1), tile.n):
        raise ValueError(f"tile {tile.level}/{tile.name} is not in the signed tree; run verify_ledger")
    if tile.level == 0:
        bodies = published.entries(tile)
        if [leaf_hash(body) for body in bodies] != hashes_of(hashes):
            raise ValueError(f"entries of bundle {tile.name} are not in the signed tree; run verify_ledger")
        files.write(f"tile/entries/{tile.name}", published.as_bundle(bodies))
    files.write(f"tile/{tile.level}/{tile.name}", hashes)


def _disclosures(size: int) -> Iterator[bytes]:
    """A line for each disclosure; the text is what is hashed into the entry."""
    for first in range(0, size, DISCLOSURES_AT_ONCE):
        for seq, name, text in disclosures.between(first, min(first + DISCLOSURES_AT_ONCE, size)):
            line = {"seq": seq, "name": name, "text": text}
            yield json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class _Files:
    """The files of one folder: each whole or absent, and durable once `settle` has returned."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: set[Path] = set()

    def write(self, place: str, content: bytes) -> None:
        """Write `content` unless it is there."""
        path = self.folder / place
        # Not its name alone: a crashed export of a history that was lost since may have left other content.
        if not path.exists() or path.read_bytes() != content:
            self.stream(place, [content])

    def stream(self, place: str, parts: Iterable[bytes], *, mode: int = 0o644) -> None:
        path = self.folder / place
        self._make(path.parent)
        # One name each, under the lock: what a crash leaves is overwritten by the next run.
        new = path.with_name(NEW + path.name)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
            for part in parts:
                out.write(part)
            out.flush()
            os.fsync(out.fileno())
        new.replace(path)
        self.touched.add(path.parent)

    def remove(self, place: str) -> None:
        path = self.folder / place
        if path.exists():
            path.unlink()
            self.touched.add(path.parent)

    def _make(self, folder: Path) -> None:
        if not folder.exists():
            self._make(folder.parent)
            folder.mkdir()
            self.touched.add(folder.parent)

    def settle(self) -> None:
        for folder in self.touched:
            with _opened(folder) as handle:
                os.fsync(handle)
        self.touched.clear()


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One export at a time into one folder."""
    with _opened(folder) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExportError("another export into this folder is running") from None
        yield
