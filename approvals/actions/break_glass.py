"""Break the glass: one person authorises, in an emergency, what a quorum or a window would. It is never quiet."""

from uuid import UUID

from approvals import access
from approvals.actions.give_verdict import already, bound, verdict_draft
from approvals.machine import GLASS_BREAKABLE
from approvals.queries.shown import Shown
from approvals.queries.stops import why_stopped
from approvals.vocab import VerdictWord
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal
from decisions.models import Decision
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.states import effective_state
from decisions.vocab import Basis, Kind, State

LEAST_REASON = 10
ALARM = "glass_broken"


def break_glass(decision_id: UUID, *, reason: str, shown: Shown | None, actor: UUID) -> Recorded:
    """Authorise the action on the word of `actor` alone, for an hour at most.

    It raises an alarm that executives and auditors see, and the act owes a sign-off within 24 hours. It permits nothing
    that the policy in force forbids or a freeze stops. Raises a Problem: 400 without a reason or what was seen, 403,
    404, 409 decided or over, 412 stale view, 422 another action, 423 stopped.
    """
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Problem(
            400, "reason-needed", "Breaking the glass needs a reason", f"Write at least {LEAST_REASON} characters."
        )

    def decide(moment: Moment) -> list[Draft]:
        row = access.decision_of(decision_id)
        known = register.at(moment.config)
        refused = access.why_not_break_glass(known, actor, known.agents.get(row.agent_id))
        if refused is not None:
            raise Refusal(refused, str(row.id))
        state = effective_state(row, moment.now)
        if state not in GLASS_BREAKABLE:
            raise Refusal(already(row, state, VerdictWord.BREAK_GLASS), str(row.id))
        stopped = why_stopped(row, Basis.BREAK_GLASS)
        if stopped is not None:
            raise Refusal(stopped, str(row.id))
        seen = bound(shown, row)
        given = verdict_draft(row, VerdictWord.BREAK_GLASS, State.AUTHORIZED, reason=reason, shown=seen, actor=actor)
        return [given, _alarm(row, given)]

    return record(decide, principal=f"person:{actor}")


def _alarm(row: Decision, given: Draft) -> Draft:
    return Draft(
        kind=Kind.ALARM_RAISED,
        actor="system",
        facts={"kv": 1, "key": f"{ALARM}:{row.id}", "alarm": ALARM},
        disclosed={"subject": row.title},
        follows=given.id,
    )
