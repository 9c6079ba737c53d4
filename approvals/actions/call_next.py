"""Call the next person of the chain to a decision that waits for people. It gives nobody a right that they had not."""

from uuid import UUID

from approvals import access
from approvals.queries import calls
from approvals.queries.calls import CALLED
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Refusal, conflict
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import Kind, word


def call_next(decision_id: UUID, *, actor: UUID, expected: UUID | None = None) -> UUID:
    """Raise an alarm for the next who is on call for it, or who answers for it; returns whom.

    With `expected` nobody else is called: two who press the same button wake one person.

    They see it on every page until they say that they have seen it, or nobody is needed any more. Raises a Problem: 403,
    404, 409 `not-open` where it does not wait for people, 409 `chain-ended` where everybody has been called, 409 `not-next`.
    """
    called: list[UUID] = []

    def decide(moment: Moment) -> list[Draft]:
        row = access.decision_of(decision_id)
        known = register.at(moment.config)
        access.require(known, actor, access.APPROVER_ROLES, "call somebody to a decision")
        state = effective_state(row, moment.now)
        if not calls.waits(row, state):
            raise Refusal(conflict("not-open", f"The decision is {word(state).lower()}."), str(row.id))
        before = calls.calls(row)
        link = calls.following(calls.chain(row, known), calls.for_this(row, before), actor)
        if link is None:
            raise Refusal(conflict("chain-ended", "Everybody in the chain has been called."), str(row.id))
        if expected not in (None, link.person):
            raise Refusal(conflict("not-next", "Somebody else comes next now. Nobody was called."), str(row.id))
        called[:] = [link.person]
        facts = {
            "kv": 1,
            "key": f"{CALLED}:{row.id}:{len(before)}",
            "alarm": CALLED,
            "decision": str(row.id),
            "ref": row.ref_key,
            "person": str(link.person),
        }
        return [Draft(Kind.ALARM_RAISED, f"person:{actor}", facts, {"subject": row.title[:120]})]

    record(decide, principal=f"person:{actor}")
    return called[0]
