"""What this installation wrote last, in a small file outside the database: how a restored or swapped database is known.

Every process that writes keeps the file after each commit and before it answers, so a database that lacks something
that was acknowledged does not fit it. It must not be backed up with the database, nor decide what follows.
"""

import fcntl
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from decisions import ledger
from decisions.durable import Open, Slate
from decisions.ledger import OpenHead


@dataclass(frozen=True, slots=True)
class Written:
    """The ledger as it was when somebody was last answered."""

    identity: str
    """Of the database."""
    size: int
    root: str
    leaf: str
    """Hash of the last entry, in hex; empty before the first."""

    @classmethod
    def of(cls, head: OpenHead) -> "Written":
        return cls(str(head.identity), head.size, head.frontier.root().hex(), head.leaf.hex())


def disagreement(head: OpenHead) -> str:
    """Why the database under `head`, which is locked, is not the one that was last written; empty if it is.

    Begins the file beside a ledger that is still empty. Raises OSError where the file cannot be read or begun.
    """
    path: Path | None = settings.GUARD_FILE
    if path is None:
        return ""
    slate = Slate(path)
    if not path.exists():
        if head.size:
            return f"{path} is not there"
        keep(head)
        return ""
    with slate.opened(fcntl.LOCK_SH) as held:
        written = _read(held)
        if written is None:
            return f"{path} cannot be read"
        content, before = written
        return f"{path} is a copy" if held.copied(content) else _differs(head, before)


def _read(held: Open) -> tuple[dict[str, Any], Written] | None:
    content = held.read()
    if content is None:
        return None
    try:
        return content, Written(**{name: content[name] for name in content if name != "inode"})
    except TypeError:
        return None


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
    with Slate(path).opened(fcntl.LOCK_EX) as held:
        written = _read(held)
        if written is not None and written[1].size >= head.size and not head.restored:
            return
        held.write(asdict(Written.of(head)))
