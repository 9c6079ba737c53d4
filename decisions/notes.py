"""Checkpoints as they are kept: signed notes in the database and in files outside it. It must not sign or judge one."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from decisions import ledger


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed note and where it was found, in words."""

    where: str
    note: str


def folder() -> Path:
    """Where published notes lie outside the database: one file for each size, and `latest`."""
    return Path(settings.DATA_DIR) / "checkpoints"


def in_files() -> Iterator[Kept]:
    """Every note in the folder, small sizes first."""
    found = [path for path in folder().glob("*.txt") if path.stem.isascii() and path.stem.isdigit()]
    for path in sorted(found, key=lambda path: int(path.stem)):
        yield read(path)


def in_database() -> Iterator[Kept]:
    for size, note in ledger.checkpoints():
        yield Kept(f"the checkpoint of size {size} in the database", note)


def read(path: Path) -> Kept:
    """The note in `path`; a file that is no text gives a note that no signature can be found in."""
    return Kept(f"the checkpoint in {path}", path.read_bytes().decode(errors="replace"))


def latest() -> Kept | None:
    """The last published note outside the database; None before the first."""
    path = folder() / "latest"
    return read(path) if path.exists() else next(reversed(list(in_files())), None)


def keep(size: int, note: str) -> None:
    """Write `note` to the folder: durable, whole or not at all, before the call returns."""
    write_whole(folder() / f"{size}.txt", note.encode())
    confirm(note)


def confirm(note: str) -> None:
    """Say that the ledger extends `note`, which is the latest, as of now."""
    write_whole(folder() / "latest", note.encode())


def confirmed_at() -> datetime | None:
    """When the ledger was last found to extend what was signed; None before the first time.

    The publisher does so each minute: more than ten without it is silence that somebody should look into.
    """
    try:
        return datetime.fromtimestamp((folder() / "latest").stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `content`, so that a crash at any moment leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    Path(name).chmod(mode)
    Path(name).replace(path)
    parent = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
