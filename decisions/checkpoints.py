"""Has the ledger's head signed and publishes it outside the database; where that may not be, nothing is written any more.

It must never hold a key: what is signed, and whether, is for the signer to say.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from decisions import agreement, clock, cosigned, ledger, notes, origins, proofs, rotation
from decisions.durable import alone
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.marks import DISAGREEMENT
from decisions.models.bulk import snapshot
from decisions.moment import Moment
from decisions.recording import record
from decisions.signer import RefusedError, State
from decisions.signer_socket import AwayError
from decisions.signers import Signs, signer
from decisions.signing import Checkpoint
from decisions.submission import Submission
from decisions.vocab import Kind

__all__ = ["AwayError", "DisagreementError", "check", "publish"]
log = logging.getLogger(__name__)
TRIES = 3


class DisagreementError(Exception):
    """The ledger does not extend what was signed last: it was rewritten or cut, or an old copy was put in its place."""


def publish() -> str:
    """The signed note of the head, made and kept if there is none yet, with the cosignatures that it has.

    Without growth it is signed the same to the byte, for a signature holds no time: what is new is that the ledger was
    compared with it, which the time of the file `latest` says.

    Raises DisagreementError, after raising the alarm that stops all writing, where the head does not extend what was
    signed; nothing is signed then. Raises AwayError where the signer does not answer. Success ends the alarm.
    """
    with alone(Path(settings.DATA_DIR) / "publishing.lock"):
        return _guarded(_publish)


def check() -> None:
    """Compare ledger, checkpoints and signer, as `publish` does, without signing. Every process that serves begins with it."""
    _guarded(lambda asked: _compared(asked)[0].signed.origin)


def _guarded(step: Callable[[Signs], str]) -> str:
    try:
        done = step(signer())
    except (DisagreementError, RefusedError) as error:
        log.exception("the ledger disagrees with what was signed; nothing is signed or written")
        _say(Draft(Kind.ALARM_RAISED, "system", _about(), {"subject": str(error)[:120]}))
        raise DisagreementError(str(error)) from None
    if ledger.current().halted:
        log.warning("the ledger agrees with what was signed again; writing goes on")
        _say(Draft(Kind.ALARM_CLEARED, "system", _about()))
    return done


def _publish(asked: Signs) -> str:
    for _ in range(TRIES):
        state, ask = _compared(asked)
        try:
            lines = asked.add(ask.text())
        except RefusedError as error:
            if error.status != 409:
                raise
            # Another process published in between.
            continue
        size, signed = ask.checkpoint.size, f"{ask.checkpoint.text()}\n{lines}"
        note = cosigned.with_cosignatures(size, signed)
        # First outside, durable; only then where others see it: a crash in between cannot make us publish a fork.
        notes.keep(size, note)
        notes.keep_ring(state.ring if state.keys else asked.state().ring)
        cosigned.keep_checkpoint(size, signed, clock.now())
        return note
    raise AwayError("others publish all the time; the next minute tries again")


def _compared(asked: Signs) -> tuple[State, Submission]:
    """(what was signed last, what is to be signed next). Raises DisagreementError."""
    state = asked.state()
    rotation.settle(state)
    with snapshot():
        head = ledger.current()
        why = agreement.disagreement(head, state)
        if why:
            raise DisagreementError(why)
        old = state.signed.size
        proof = proofs.tree(head.size).consistency(old) if 0 < old < head.size else []
    checkpoint = Checkpoint(origins.of(head), head.size, bytes(head.root))
    return state, Submission(old, tuple(proof), checkpoint)


def _about() -> dict[str, object]:
    return {"kv": 1, "key": DISAGREEMENT, "alarm": DISAGREEMENT}


def _say(draft: Draft) -> None:
    """Record that writing ends or goes on; the spine drops an alarm that is open already."""

    def decide(moment: Moment) -> list[Draft]:
        return [draft] if draft.kind is Kind.ALARM_RAISED or moment.alarm_is_open(DISAGREEMENT) else []

    try:
        record(decide, principal="system", though_halted=True)
    except (Problem, ValueError, RuntimeError):
        # A ledger that was tampered with may not take the alarm; the refusal to sign stands, and the log says why.
        log.exception("the alarm could not be recorded")
