"""Approve or veto a held decision."""

from uuid import UUID

from approvals import access
from approvals.machine import APPROVABLE, VETO_STOPS, after_approval, after_veto
from approvals.queries import apart
from approvals.queries.quorum import approvers
from approvals.queries.reverts import order, seen_unclaimed
from approvals.queries.shown import Shown, check, seen_entry
from approvals.queries.stops import why_stopped
from approvals.vocab import VERDICT_WORDS, VerdictWord
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict
from decisions.models import Decision, Person
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.states import effective_state
from decisions.vocab import Basis, Kind, State, word


def give_verdict(decision_id: UUID, *, verdict: VerdictWord, reason: str, shown: Shown | None, actor: UUID) -> Recorded:
    """Record the verdict of `actor`. A veto needs no `shown`: stopping must never fail for a stale screen.

    A veto works at every point: before the claim it makes the act impossible, during it the executor is told to stop,
    and after it the act is ordered to be reverted: one that was done although its decision had ended without it, as a
    decision of its own. Raises a Problem: 403 not permitted, 404, 409 decided or over, 412
    stale view, 422 another action, 423 stopped by a freeze.
    """

    def decide(moment: Moment) -> list[Draft]:
        row = access.decision_of(decision_id)
        state = effective_state(row, moment.now)
        known = register.at(moment.config)
        if verdict is VerdictWord.VETO and apart.may_undo(row, state):
            _may_veto(row, known, moment, actor)
            return apart.undone(row, moment, actor=actor, reason=reason)
        if verdict is VerdictWord.VETO:
            after = _veto(row, state, known, moment, actor)
        else:
            after = _approve(row, state, known, shown, actor)
        given = verdict_draft(row, verdict, after, reason=reason, shown=shown, actor=actor)
        ordered = after is State.REVERT_ORDERED
        return [given, *([order(row, actor=f"person:{actor}", follows=given.id)] if ordered else [])]

    return record(decide, principal=f"person:{actor}", urgent=verdict is VerdictWord.VETO)


def _may_veto(row: Decision, known: register.Register, moment: Moment, actor: UUID) -> None:
    protected = row.protect_until is None or moment.now < row.protect_until
    refused = access.why_not_veto(known, actor, protected=protected)
    if refused is not None:
        raise Refusal(refused, str(row.id))


def _veto(row: Decision, state: State, known: register.Register, moment: Moment, actor: UUID) -> State:
    _may_veto(row, known, moment, actor)
    if state not in VETO_STOPS or row.to_revert:
        raise Refusal(already(row, state, VerdictWord.VETO), str(row.id))
    return after_veto(state, seen=seen_unclaimed(row))


def _approve(row: Decision, state: State, known: register.Register, shown: Shown | None, actor: UUID) -> State:
    refused = access.why_not_approve(known, actor, row, known.agents.get(row.agent_id))
    if refused is not None:
        raise Refusal(refused, str(row.id))
    if state not in APPROVABLE:
        raise Refusal(already(row, state, VerdictWord.APPROVE), str(row.id))
    stopped = why_stopped(row, Basis.QUORUM)
    if stopped is not None:
        raise Refusal(stopped, str(row.id))
    bound(shown, row)
    held = approvers(row, known)
    if actor in held:
        raise Refusal(conflict("already-approved", "You have approved this already."), str(row.id))
    held[actor] = access.groups_of(known, actor)
    return after_approval(state, row.requirement, held)


def bound(shown: Shown | None, row: Decision) -> Shown:
    """`shown`, which permits nothing unless it is this action as it is now. Raises a Problem: 400, 412, 422."""
    if shown is None:
        raise Problem(
            400, "bad-request", "An approval says what was seen", "Send action_hash, display_hash and version."
        )
    check(shown, row)
    return shown


def verdict_draft(
    row: Decision, verdict: VerdictWord, after: State, *, reason: str, shown: Shown | None, actor: UUID
) -> Draft:
    """The entry of a verdict, and what it makes of the decision."""
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
        detail = f"Your {VERDICT_WORDS[verdict]} was not applied: the hold was over."
        return conflict("not-open", detail, state=state, version=row.version)
    who = Person.objects.filter(id=row.decided_by).values_list("name", flat=True).first() if row.decided_by else None
    by = f" by {who}" if who else ""
    at = f" at {row.decided_at:%H:%M:%S} UTC" if row.decided_at else ""
    detail = f"Your {VERDICT_WORDS[verdict]} was not applied: the decision is {word(state).lower()}{by}{at}."
    return conflict("already-decided" if row.decided_by else "not-open", detail, state=state, version=row.version)
