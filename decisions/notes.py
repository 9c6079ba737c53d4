"""Checkpoints as they are kept: signed notes in the database and in files outside it. It must not sign or judge one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from decisions import cosigned, ledger, origins
from decisions.durable import write_whole
from decisions.key_ring import Ring


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed note and where it was found, in words."""

    where: str
    note: str


def folder() -> Path:
    """Where published notes lie outside the database: one file for each size, and `latest`.

    A ledger that goes on under another name has a folder of its own for that: what was signed before stays.
    """
    origin = origins.of(ledger.current())
    return root() if origin == settings.LOG_ORIGIN else root() / quote(origin, safe="")


def root() -> Path:
    return Path(settings.DATA_DIR) / "checkpoints"


def ring() -> Ring:
    """The keys of the ledger as the signer told them last. Raises ValueError for a file that cannot be read."""
    path = root() / "keys.json"
    try:
        return Ring.read(json.loads(path.read_bytes())) if path.exists() else Ring()
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path} cannot be read") from None


def keep_ring(ring: Ring) -> None:
    """Keep the public keys and the sizes that each signs, for those who check."""
    content = json.dumps(ring.document(), indent=1).encode()
    path = root() / "keys.json"
    if not path.exists() or path.read_bytes() != content:
        write_whole(path, content)


def in_files() -> Iterator[Kept]:
    """Every note outside the database, small sizes first."""
    places = [*root().glob("*.txt"), *root().glob("*/*.txt")]
    found = [path for path in places if path.stem.isascii() and path.stem.isdigit()]
    for path in sorted(found, key=lambda path: int(path.stem)):
        yield read(path)


def in_database() -> Iterator[Kept]:
    for size, note in cosigned.checkpoints():
        yield Kept(f"the checkpoint of size {size} in the database", note)


def read(path: Path) -> Kept:
    """The note in `path`; a file that is no text gives a note that no signature can be found in."""
    return Kept(f"the checkpoint in {path}", path.read_bytes().decode(errors="replace"))


def latest() -> Kept | None:
    """The last published note outside the database; None before the first."""
    path = folder() / "latest"
    return read(path) if path.exists() else None


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
