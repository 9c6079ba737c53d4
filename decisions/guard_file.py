"""What this installation wrote last, in a small file outside the database: how a restored or swapped database is known.

Every process that writes keeps the file after each commit and before it answers, so a database that lacks something
that was acknowledged does not fit it. It must not be backed up with the database, nor decide what follows.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from decisions import ledger
from decisions.ledger import OpenHead

LENGTH = 512
"""The file is overwritten in place, always at this length: within one sector, so that no crash leaves half of it."""
MOVED_SECONDS = 2.0
"""Writing sets both times of a file; more than this between them means that a copy was put in its place."""


@dataclass(frozen=True, slots=True)
class Written:
    """The ledger as it was when somebody was last answered."""

    identity: str
    """Of the database."""
    size: int
    root: str
    leaf: str
    """Hash of the last entry, in hex; empty before the first."""
    inode: int
    """Of the file itself: in a copy it is another."""

    @classmethod
    def of(cls, head: OpenHead, inode: int) -> "Written":
        return cls(str(head.identity), head.size, head.frontier.root().hex(), head.leaf.hex(), inode)


def disagreement(head: OpenHead) -> str:
    """Why the database under `head`, which is locked, is not the one that was last written; empty if it is.

    Begins the file beside a ledger that is still empty. Raises OSError where the file cannot be read or begun.
    """
    path: Path | None = settings.GUARD_FILE
    if path is None:
        return ""
    if not path.exists():
        if head.size:
            return f"{path} is not there"
        path.parent.mkdir(parents=True, exist_ok=True)
        keep(head)
        return ""
    with _locked(path, fcntl.LOCK_SH) as handle:
        written = _read(handle)
        if written is None:
            return f"{path} cannot be read"
        return _moved(path, handle, written) or _differs(head, written)


def _read(handle: int) -> Written | None:
    try:
        return Written(**json.loads(os.pread(handle, LENGTH, 0)))
    except (ValueError, TypeError):
        return None


def _moved(path: Path, handle: int, written: Written) -> str:
    told = os.fstat(handle)
    copied = told.st_ino != written.inode or abs(told.st_ctime - told.st_mtime) > MOVED_SECONDS
    return f"{path} is a copy" if copied else ""


def _differs(head: OpenHead, written: Written) -> str:
    if str(head.identity) != written.identity:
        return "it is another database"
    if head.size < written.size:
        return f"it holds {head.size} entries, and {written.size} were written"
    if head.size == written.size:
        return "" if head.frontier.root().hex() == written.root else "its entries are not those that were written"
    if not written.size:
        return ""
    # Another process wrote more and has not kept the file yet, or ended before it could.
    [leaf] = ledger.leaves(written.size - 1, written.size)
    return "" if leaf.hex() == written.leaf else "its entries are not those that were written"


def keep(head: OpenHead) -> None:
    """Note that `head` is committed, unless somebody noted more. `head.leaf` must be that of its last entry.

    Not forced to the disk: after a power cut the file may be seconds behind, which matters to no older backup.
    """
    path: Path | None = settings.GUARD_FILE
    if path is None:
        return
    with _locked(path, fcntl.LOCK_EX) as handle:
        before = _read(handle)
        if before is not None and before.size >= head.size and not head.restored:
            return
        text = json.dumps(asdict(Written.of(head, os.fstat(handle).st_ino)))
        os.pwrite(handle, text.encode().ljust(LENGTH - 1) + b"\n", 0)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, how)
        yield handle
    finally:
        os.close(handle)
