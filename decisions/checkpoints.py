"""Signs the ledger's head and publishes it outside the database. It must never sign a head that does not extend the last.

What was signed last is known from the folder of notes, never from the database: whoever rewrites the database
cannot make this process sign the new history. A frontier kept beside the key lets each publication read no more
leaves than were added since the last.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from decisions import clock, ledger, notes, signing
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.merkle import Frontier
from decisions.recording import Moment, record
from decisions.signing import BadNoteError, Checkpoint
from decisions.verify import key_path, own_key
from decisions.vocab import Kind

log = logging.getLogger(__name__)


class DisagreementError(Exception):
    """The ledger does not extend what was signed last: it was rewritten or cut, or an old copy was put in its place."""


def publish() -> str:
    """The signed note of the head, made and kept if there is none yet.

    Without growth the note is the same to the byte, for a note holds no time: what is new is that the ledger was compared
    with it, which the time of the file `latest` says.

    Raises DisagreementError, after raising the alarm `ledger_disagreement`, where the head does not extend the last
    note outside the database; nothing is signed then.
    """
    with _alone():
        try:
            return _publish()
        except DisagreementError as error:
            log.exception("the ledger disagrees with its checkpoint; nothing is signed")
            _raise_alarm(str(error))
            raise


def _publish() -> str:
    head = ledger.current()
    last = notes.latest()
    frontier = _signed_frontier(last, head.size)
    signed = frontier.size
    for leaf in ledger.leaves(frontier.size, head.size):
        frontier.append(leaf)
    if frontier.size != head.size or frontier.root() != bytes(head.root):
        raise DisagreementError(
            f"the head of size {head.size} does not extend {last.where if last else 'its own entries'}"
        )
    if last is not None and signed == head.size:
        notes.confirm(last.note)
        # Kept again: a crash may have come between the file and the row.
        ledger.keep_checkpoint(head.size, last.note, clock.now())
        return last.note
    note = signing.sign(Checkpoint(settings.LOG_ORIGIN, head.size, frontier.root()), signing.load_key(key_path()))
    # First outside, durable; only then where others see it: a crash in between cannot make us sign a fork.
    notes.keep(head.size, note)
    _keep_frontier(frontier)
    ledger.keep_checkpoint(head.size, note, clock.now())
    return note


def _signed_frontier(last: notes.Kept | None, size: int) -> Frontier:
    """The frontier of what was signed last; an empty one before the first. Raises DisagreementError."""
    kept = _kept_frontier()
    if last is None:
        if kept is not None:
            raise DisagreementError(f"{kept.size} entries were signed before, and the notes that say so are gone")
        if (before := ledger.last_checkpoint()) is not None:
            # A new folder beside an old database: whoever lost the key must not get a second one without being told.
            what = f"the database holds a checkpoint of size {before.size}, and {notes.folder()} holds none"
            raise DisagreementError(f"{what}; bring back the folders keys and checkpoints")
        return Frontier()
    if (public := own_key()) is None:
        raise DisagreementError(f"the key that signed {last.where} is gone")
    try:
        signed = signing.verify(last.note, public)
    except BadNoteError as error:
        raise DisagreementError(f"{last.where} cannot be relied on: {error}") from None
    return _frontier_at(signed, kept, size)


def _frontier_at(signed: Checkpoint, kept: Frontier | None, size: int) -> Frontier:
    """The frontier of the tree that `signed` is of. Raises DisagreementError if it is not a tree of this ledger."""
    if signed.origin != settings.LOG_ORIGIN:
        raise DisagreementError(f"the last checkpoint is of another ledger, {signed.origin}")
    if signed.size > size:
        raise DisagreementError(f"{signed.size} entries were signed and only {size} are left")
    if kept is not None and kept.size > signed.size:
        raise DisagreementError(f"{kept.size} entries were signed before, and the last note is of {signed.size}")
    if kept is not None and (kept.size, kept.root()) == (signed.size, signed.root):
        return kept
    frontier = Frontier()
    for leaf in ledger.leaves(0, signed.size):
        frontier.append(leaf)
    if frontier.size != signed.size or frontier.root() != signed.root:
        raise DisagreementError(f"the first {signed.size} entries are not those that were signed")
    return frontier


def _frontier_path() -> Path:
    return key_path().with_name("ledger.frontier")


def _kept_frontier() -> Frontier | None:
    """The frontier kept beside the key; None where it is missing or cannot be read. It is believed only if its root was signed."""
    try:
        kept = json.loads(_frontier_path().read_bytes())
        return Frontier.from_bytes(int(kept["size"]), bytes.fromhex(kept["frontier"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep_frontier(frontier: Frontier) -> None:
    content = json.dumps({"size": frontier.size, "frontier": frontier.to_bytes().hex()})
    notes.write_whole(_frontier_path(), content.encode(), mode=0o600)


@contextmanager
def _alone() -> Iterator[None]:
    """One publication at a time on this machine."""
    path = key_path().with_name("ledger.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _raise_alarm(what: str) -> None:
    draft = Draft(
        kind=Kind.ALARM_RAISED,
        actor="system",
        facts={"kv": 1, "key": "ledger_disagreement", "alarm": "ledger_disagreement"},
        disclosed={"subject": what[:120]},
    )

    def decide(moment: Moment) -> list[Draft]:
        return [draft]

    try:
        record(decide, principal="system")
    except (Problem, ValueError, RuntimeError):
        # A ledger that was tampered with may not take the alarm; the refusal to sign stands, and the log says why.
        log.exception("the alarm could not be recorded")
