"""Asks witnesses to cosign the newest checkpoint (C2SP tlog-witness), and keeps what they answer.

A witness that is away, wrong or slow never keeps anybody from writing or signing.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from decisions import clock, cosigned, ledger, notes, outbound, proofs, published, signing
from decisions.durable import alone
from decisions.envelope import Draft
from decisions.models.ledger import Cosignature, StoredCheckpoint
from decisions.moment import Moment
from decisions.outbound import Answer, UnreachableError
from decisions.quorum import Witness
from decisions.recording import record
from decisions.signing import Checkpoint
from decisions.submission import BadSubmissionError, Submission, size_of
from decisions.vocab import Kind

log = logging.getLogger(__name__)
ALARM = "witness_disagreement"
AGAIN = timedelta(minutes=9)
"""After so long a checkpoint is cosigned anew, so that silence is never longer than ten minutes."""
TRIES = 2
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """One witness, and what it is asked."""

    witness: Witness
    submission: Submission
    body: str


def gather() -> None:
    """Have the newest checkpoint cosigned by every witness that has not lately, and keep the cosignatures with it."""
    with alone(Path(settings.DATA_DIR) / "witnesses.lock"):
        stored = cosigned.last_checkpoint()
        due = [one for one in published.quorum().witnesses if one.url and stored and _is_due(one, stored.size)]
        if stored is None or not due:
            return
        checkpoint = signing.read_note(stored.note)[0]
        known = {one.name: cosigned.cosigned_size(one.verifier.name) for one in due}
        kept = False
        for _ in range(TRIES):
            asked = [_asked(one, stored, min(known[one.name], stored.size)) for one in due]
            due = []
            for one, answer in zip(asked, _send(asked), strict=True):
                done, again = _taken(one, answer, checkpoint)
                kept |= done
                if again is not None:
                    known[one.witness.name] = again
                    due.append(one.witness)
            if not due:
                break
        if kept:
            notes.keep(stored.size, cosigned.with_cosignatures(stored.size, stored.note))


def _is_due(witness: Witness, size: int) -> bool:
    last = Cosignature.objects.filter(size=size, witness=witness.verifier.name).order_by("-at").first()
    return last is None or last.at < clock.now() - AGAIN


def _asked(witness: Witness, stored: StoredCheckpoint, old: int) -> Asked:
    checkpoint, _ = signing.read_note(stored.note)
    proof = proofs.tree(stored.size).consistency(old) if 0 < old < stored.size else []
    submission = Submission(old, tuple(proof), checkpoint)
    return Asked(witness, submission, submission.text(stored.note.partition("\n\n")[2]))


def _send(asked: Sequence[Asked]) -> list[Answer | str]:
    """The answer of each, or why there is none. The threads touch no database."""

    def ask(one: Asked) -> Answer | str:
        url = one.witness.url.rstrip("/") + "/add-checkpoint"
        try:
            return outbound.post(url, one.body.encode(), "text/plain; charset=utf-8")
        except UnreachableError as error:
            return str(error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, asked))


def _taken(asked: Asked, answer: Answer | str, checkpoint: Checkpoint) -> tuple[bool, int | None]:
    """(whether a cosignature was kept, the older size from which to ask again)."""
    witness, name = asked.witness, asked.witness.name
    if isinstance(answer, str):
        log.warning("the witness %s: %s", name, answer)
    elif answer.status == 200:
        return _keep(witness, answer, checkpoint), None
    elif answer.status == 409:
        return False, _conflict(asked, answer, checkpoint)
    elif answer.status == 422:
        _say(witness, f"{name} does not take our proof: it has seen another history of this ledger")
    else:
        log.warning("the witness %s answers %d", name, answer.status)
    return False, None


def _keep(witness: Witness, answer: Answer, checkpoint: Checkpoint) -> bool:
    for line in answer.body.decode(errors="replace").splitlines(keepends=True):
        at = signing.cosigned_at(checkpoint, line, witness.verifier)
        if at is not None and at < clock.now().timestamp() + 3600:
            moment = datetime.fromtimestamp(at, UTC)
            cosigned.keep_cosignature(checkpoint.size, witness.verifier.name, line, moment)
            _say(witness, "")
            return True
    log.warning("the witness %s answers without a cosignature of its key", witness.name)
    return False


def _conflict(asked: Asked, answer: Answer, checkpoint: Checkpoint) -> int | None:
    try:
        size = size_of(answer.body.decode(errors="replace").removesuffix("\n"))
    except BadSubmissionError:
        log.warning("the witness %s answers 409 without a size", asked.witness.name)
        return None
    if size == asked.submission.old == checkpoint.size:
        _say(asked.witness, f"{asked.witness.name} has seen another tree of {size} entries")
        return None
    if size <= checkpoint.size:
        return size
    if size > ledger.size():
        _say(asked.witness, f"{asked.witness.name} has seen {size} entries, and only {ledger.size()} are here")
    return None


def _say(witness: Witness, what: str) -> None:
    """Raise the alarm of that witness, or end it where nothing is to say."""
    key = f"{ALARM}:{witness.name}"
    if what:
        log.error("%s", what)

    def decide(moment: Moment) -> list[Draft]:
        facts = {"kv": 1, "key": key, "alarm": ALARM}
        if what:
            return [Draft(Kind.ALARM_RAISED, "system", facts, {"subject": what[:120]})]
        return [Draft(Kind.ALARM_CLEARED, "system", facts)] if moment.alarm_is_open(key) else []

    record(decide, principal="system", though_halted=True)
