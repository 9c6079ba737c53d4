"""Judge a decision after the fact: accept or refuse it, and say what its effect and the cause of it were."""

from uuid import UUID

from approvals import access
from approvals.models import SignOffRecord
from approvals.queries import apart
from approvals.queries.reverts import order, to_undo
from approvals.queries.shown import as_of_version
from approvals.vocab import NEEDS_CAUSE, Judgement
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict, not_found
from decisions.models import Decision
from decisions.moment import Moment
from decisions.recording import Decide, Recorded, record
from decisions.states import effective_state
from decisions.vocab import UNDER_WAY, Cause, Effect, Kind, SignOff

LEAST_REASON = 10


def sign_off(
    decision_id: UUID,
    *,
    judgement: Judgement,
    effect: Effect,
    cause: Cause | None,
    reason: str,
    version: int,
    actor: UUID,
) -> Recorded:
    """Record the judgement of `actor`; a later one corrects it and both stay.

    On tier 0 the sign-off of the agent's owner alone does not settle what is owed: it is recorded, and a second person
    must sign off. A refusal is a veto after the act: what can be undone is ordered to be. Raises a Problem: 400, 403, 404, 409 not to be signed off (yet), 412 stale view.
    """
    decide = judging(
        decision_id, judgement=judgement, effect=effect, cause=cause, reason=reason, version=version, actor=actor
    )
    return record(decide, principal=f"person:{actor}")


def judging(
    decision_id: UUID,
    *,
    judgement: Judgement,
    effect: Effect,
    cause: Cause | None,
    reason: str,
    version: int,
    actor: UUID,
) -> Decide:
    """What decides such a sign-off. To accept reads nothing but that one decision. Raises a 400 problem."""
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Problem(400, "reason-needed", "A sign-off needs a reason", f"Write at least {LEAST_REASON} characters.")
    if (effect in NEEDS_CAUSE or judgement is Judgement.REFUSE) and cause is None:
        raise Problem(400, "cause-needed", "Say what the cause was", "A refusal, or a harmful effect, has a cause.")

    def decide(moment: Moment) -> list[Draft]:
        row = Decision.objects.filter(id=decision_id, complete=True).first()
        if row is None:
            raise not_found("decision")
        known = register.at(moment.config)
        agent = known.agents.get(row.agent_id)
        refused = access.why_not_sign_off(known, actor, row, agent)
        if refused is not None:
            raise Refusal(refused, str(row.id))
        state = effective_state(row, moment.now)
        if state in UNDER_WAY:
            problem = conflict("not-yet", "The decision is still open; it can be signed off after the act.")
            raise Refusal(problem, str(row.id))
        if version != row.version:
            raise Problem(
                412, "stale-view", "The decision has changed since you opened it", "Look again; nothing was recorded."
            )
        settles = row.sign_off != SignOff.NONE and _settles(row, actor, owner=agent.owner if agent else None)
        given = Draft(
            kind=Kind.SIGN_OFF_GIVEN,
            actor=f"person:{actor}",
            facts={
                "kv": 1,
                "decision": str(row.id),
                "ref": row.ref_key,
                "judgement": str(judgement),
                "effect": str(effect),
                "cause": str(cause) if cause else "",
                "settles": settles,
            },
            disclosed={"reason": reason},
            ref=as_of_version(row),
        )
        if judgement is Judgement.REFUSE and apart.refusal_undoes(row, state):
            return [given, *apart.undone(row, moment, actor=actor, reason=reason)]
        undo = judgement is Judgement.REFUSE and to_undo(row, state)
        return [given, *([order(row, actor=given.actor, follows=given.id)] if undo else [])]

    return decide


def _settles(row: Decision, actor: UUID, *, owner: UUID | None) -> bool:
    """Whether this sign-off pays what is owed: on tier 0, and where the tier is unknown, an owner needs a second person."""
    if (row.tier or 0) > 0 or actor != owner:
        return True
    others = SignOffRecord.objects.filter(decision_seq=row.seq).exclude(person_id=actor)
    return others.exists()
