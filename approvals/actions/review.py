"""Say what became of an act that only a person can end: late or unproven outcomes, reverts, and reverts that failed."""

from uuid import UUID

from approvals import access
from approvals.queries.findings import findings
from approvals.queries.reverts import order
from approvals.queries.shown import as_of_version
from approvals.vocab import Finding
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.states import effective_state
from decisions.vocab import Kind, State, word

LEAST_REASON = 10
AFTER = {
    Finding.CLOSED: State.CLOSED,
    Finding.REVERT: State.REVERT_ORDERED,
    Finding.REVERTED: State.REVERTED,
    Finding.TAKEN_OVER: State.REVERT_FAILED_ACK,
}


def review(decision_id: UUID, *, finding: Finding, reason: str, version: int, actor: UUID) -> Recorded:
    """Record what `actor` found, with the reason (for a take-over: the incident under which it goes on).

    Raises a Problem: 400 without a reason, 403, 404, 409 where there is nothing to review, 412 stale view.
    """
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Problem(400, "reason-needed", "A review needs a reason", f"Write at least {LEAST_REASON} characters.")

    def decide(moment: Moment) -> list[Draft]:
        row = access.decision_of(decision_id)
        known = register.at(moment.config)
        refused = access.why_not_review(known, actor, known.agents.get(row.agent_id))
        if refused is not None:
            raise Refusal(refused, str(row.id))
        state = effective_state(row, moment.now)
        if finding not in findings(row, state):
            detail = f"The decision is {word(state).lower()}; this cannot be found of it."
            raise Refusal(conflict("not-open", detail, state=state, version=row.version), str(row.id))
        if version != row.version:
            raise Problem(
                412, "stale-view", "The decision has changed since you opened it", "Look again; nothing was recorded."
            )
        found = Draft(
            kind=Kind.DECISION_REVIEWED,
            actor=f"person:{actor}",
            facts={
                "kv": 1,
                "decision": str(row.id),
                "ref": row.ref_key,
                "finding": str(finding),
                "state": str(AFTER[finding]),
            },
            disclosed={"reason": reason},
            ref=as_of_version(row),
        )
        again = finding is Finding.REVERT
        return [found, *([order(row, actor=f"person:{actor}", follows=found.id)] if again else [])]

    return record(decide, principal=f"person:{actor}")
