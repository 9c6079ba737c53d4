"""Give people more time to answer a hold, or to veto in a window. It never gives the agent more."""

from datetime import timedelta
from uuid import UUID

from approvals import access
from approvals.machine import MAX_HOLD
from decisions import register
from decisions.envelope import Draft, timestamp
from decisions.errors import Problem, Refusal, conflict
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.states import effective_state
from decisions.vocab import HOLDING, Kind, word


def extend_hold(decision_id: UUID, *, by: timedelta, actor: UUID) -> Recorded:
    """Move the end of the hold by `by`, at most to a week after the proposal. Raises a Problem: 400, 403, 404, 409."""
    if not timedelta(0) < by <= MAX_HOLD:
        raise Problem(400, "bad-request", "The hold cannot be extended by that", "State minutes, up to seven days.")

    def decide(moment: Moment) -> list[Draft]:
        row = access.decision_of(decision_id)
        access.require(register.at(moment.config), actor, access.APPROVER_ROLES, "extend a hold")
        state = effective_state(row, moment.now)
        if state not in HOLDING or row.hold_until is None:
            raise Refusal(conflict("not-open", f"The decision is {word(state).lower()}."), str(row.id))
        until = min(row.hold_until + by, row.received_at + MAX_HOLD)
        if until <= row.hold_until:
            raise Refusal(conflict("held-long-enough", "A hold lasts seven days at most."), str(row.id))
        return [
            Draft(
                kind=Kind.HOLD_EXTENDED,
                actor=f"person:{actor}",
                facts={
                    "kv": 2,
                    "decision": str(row.id),
                    "ref": row.ref_key,
                    "hold_until": timestamp(until),
                    "more_seconds": int((until - row.hold_until).total_seconds()),
                },
            )
        ]

    return record(decide, principal=f"person:{actor}")
