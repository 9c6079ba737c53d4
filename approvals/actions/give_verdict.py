"""Approve or veto a held decision."""

from uuid import UUID

from approvals import access
from approvals.machine import APPROVABLE, VETOABLE, after_verdict
from approvals.models import Verdict
from approvals.queries.shown import Shown, check, seen_entry
from approvals.vocab import VerdictWord
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict, not_found
from decisions.models import Decision, Person
from decisions.recording import Moment, Recorded, record
from decisions.states import effective_state
from decisions.vocab import Kind, State, word


def give_verdict(decision_id: UUID, *, verdict: VerdictWord, reason: str, shown: Shown | None, actor: UUID) -> Recorded:
    """Record the verdict of `actor`. A veto needs no `shown`: stopping must never fail for a stale screen.

    Raises a Problem: 403 not permitted, 404, 409 decided or over, 412 stale view, 422 another action.
    """

    def decide(moment: Moment) -> list[Draft]:
        row = Decision.objects.filter(id=decision_id, complete=True).first()
        if row is None:
            raise not_found("decision")
        state = effective_state(row, moment.now)
        known = register.at(moment.config)
        agent = known.agents.get(row.agent_id)
        if verdict is VerdictWord.VETO:
            refused = access.why_not_veto(known, actor)
        else:
            refused = access.why_not_approve(known, actor, row, agent)
        if refused is not None:
            raise Refusal(refused, str(row.id))
        if state not in (VETOABLE if verdict is VerdictWord.VETO else APPROVABLE):
            raise Refusal(already(row, state, verdict), str(row.id))
        if verdict is VerdictWord.APPROVE:
            if shown is None:
                raise Problem(
                    400, "bad-request", "An approval says what was seen", "Send action_hash, display_hash and version."
                )
            check(shown, row)
        approvers = _approvers(row, known, agent.owner if agent else None)
        if verdict is VerdictWord.APPROVE:
            if actor in approvers:
                raise Refusal(conflict("already-approved", "You have approved this already."), str(row.id))
            approvers[actor] = access.groups_of(known, actor)
        after = after_verdict(state, verdict, row.requirement, approvers)
        return [_draft(row, verdict, after, reason=reason, shown=shown, actor=actor)]

    return record(decide, principal=f"person:{actor}")


def _approvers(row: Decision, known: register.Register, owner: UUID | None) -> dict[UUID, frozenset[str]]:
    """Everybody whose approval still counts: eligible now, and not the agent's owner."""
    given = Verdict.objects.filter(decision_seq=row.seq, verdict=VerdictWord.APPROVE).values_list(
        "person_id", flat=True
    )
    return {person: access.groups_of(known, person) for person in given if known.valid(person) and person != owner}


def _draft(
    row: Decision, verdict: VerdictWord, after: State, *, reason: str, shown: Shown | None, actor: UUID
) -> Draft:
    return Draft(
        kind=Kind.VERDICT_GIVEN,
        actor=f"person:{actor}",
        facts={
            "kv": 1,
            "decision": str(row.id),
            "ref": row.ref_key,
            "verdict": str(verdict),
            "state": str(after),
            "version_seen": shown.version if shown else None,
        },
        disclosed={
            **({"reason": reason} if reason else {}),
            **({"seen": {"action": shown.action_hash, "display": shown.display_hash}} if shown else {}),
        },
        # A veto may rest on a stale screen; what it refers to is true or not there.
        ref=seen_entry(shown, row) if shown else None,
    )


def already(row: Decision, state: State, verdict: VerdictWord) -> Problem:
    """The problem of a verdict that comes too late: says what happened instead, and that nothing was recorded."""
    if state is State.EXPIRED and row.state != State.EXPIRED:
        detail = f"Your {verdict} was not applied: the hold was over."
        return conflict("not-open", detail, state=state, version=row.version)
    who = Person.objects.filter(id=row.decided_by).values_list("name", flat=True).first() if row.decided_by else None
    by = f" by {who}" if who else ""
    at = f" at {row.decided_at:%H:%M:%S} UTC" if row.decided_at else ""
    detail = f"Your {verdict} was not applied: the decision is {word(state).lower()}{by}{at}."
    return conflict("already-decided" if row.decided_by else "not-open", detail, state=state, version=row.version)
