"""Small files that must outlive a crash: replaced whole, or overwritten in place and then known from a copy. Pure."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOVED_SECONDS = 2.0
"""Writing sets both times of a file; more than this between them means that a copy was put in its place."""


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `content`, durable when the call returns; a crash at any moment leaves the old file or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    Path(name).chmod(mode)
    Path(name).replace(path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """Make durable which files `folder` holds."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One at a time on this machine: an exclusive lock on `path`, which is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Slate:
    """A file of one JSON object, overwritten in place: its inode and its times tell it from a copy that was put back.

    `length` is at most a sector, so that no crash leaves half of it.
    """

    path: Path
    length: int = 512

    def exists(self) -> bool:
        """Whether something was ever written to it."""
        return self.path.exists() and self.path.stat().st_size > 0

    @contextmanager
    def opened(self, how: int) -> Iterator["Open"]:
        """The file under a lock, made if need be; `how` is LOCK_SH or LOCK_EX of fcntl."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, how)
            yield Open(handle, self.length)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Open:
    """A slate that is open and locked."""

    handle: int
    length: int

    def read(self) -> dict[str, Any] | None:
        """What is written; None where it cannot be read."""
        try:
            found = json.loads(os.pread(self.handle, self.length, 0))
        except ValueError:
            return None
        return found if isinstance(found, dict) and isinstance(found.get("inode"), int) else None

    def write(self, content: dict[str, Any], *, durable: bool = False) -> None:
        """Overwrite it. Raises ValueError for what does not fit. Unless `durable`, it may be seconds behind after a power cut."""
        content = content | {"inode": os.fstat(self.handle).st_ino}
        text = json.dumps(content, ensure_ascii=False).encode()
        if len(text) >= self.length:
            raise ValueError(f"{len(text)} bytes do not fit into a file of {self.length}")
        os.pwrite(self.handle, text.ljust(self.length - 1) + b"\n", 0)
        if durable:
            os.fsync(self.handle)

    def copied(self, content: dict[str, Any]) -> bool:
        """Whether the file is a copy of the one into which `content` was written."""
        told = os.fstat(self.handle)
        return bool(told.st_ino != content["inode"] or abs(told.st_ctime - told.st_mtime) > MOVED_SECONDS)
