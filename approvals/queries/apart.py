"""An act that was done although its decision had ended without it: how people have it undone. It must not write.

No edge leaves a terminal state. So what was done is what every act outside the gate is, a reported decision of its own,
and it is that one which a veto orders to be undone.
"""

import hashlib
from typing import Any
from uuid import UUID

from approvals.queries.reverts import seen_unclaimed
from decisions import ledger
from decisions.envelope import Draft, timestamp, uuid7
from decisions.models import Decision, Timeline
from decisions.moment import Moment
from decisions.vocab import Kind, Level, Outcome, State

NEVER_BEGUN = frozenset({State.DENIED, State.VETOED, State.EXPIRED, State.WITHDRAWN})
"""The ends of a decision that was not claimed."""
_DESCRIBES = (Kind.ACTION_PROPOSED, Kind.ACTION_REPORTED)
_OF_THE_QUESTION = ("state", "claim_seconds", "protect_seconds", "otherwise")


def may_undo(row: Decision, state: State) -> bool:
    """Whether an act of `row`, which is in `state`, was told or seen that nobody has had undone as one of its own."""
    return done_all_the_same(row, state) and not row.replayed and act_of(row) is None


def done_all_the_same(row: Decision, state: State) -> bool:
    """Whether an act of `row`, which has ended in `state` without a claim, was told or seen."""
    return state in NEVER_BEGUN and seen_unclaimed(row)


def refusal_undoes(row: Decision, state: State) -> bool:
    """Whether to refuse what was done is to have it undone: there is something to undo."""
    left_as_it_was = row.outcome in (Outcome.NOT_EXECUTED, Outcome.NO_CHANGE)
    return may_undo(row, state) and row.reversible is not False and not left_as_it_was


def act_of(row: Decision) -> Decision | None:
    """The decision of its own that the act of `row` became."""
    return Decision.objects.filter(ref_key=_key(row)).first()


def of_act(row: Decision) -> str:
    """The id of the decision whose act `row` is; empty where it is its own."""
    ordered = row.to_revert and not row.proposed and row.lease_seq is None
    entry = next(ledger.entries_of([row.seq]), None) if ordered else None
    return str(entry.facts.get("of", "")) if entry else ""


def _key(row: Decision) -> str:
    """No name that an agent gives has this key: it cannot take the place beforehand."""
    return hashlib.sha256(f"oversight-done-v1\0{row.ref_key}".encode()).hexdigest()[:32]


def undone(row: Decision, moment: Moment, *, actor: UUID, reason: str) -> list[Draft]:
    """The entries of the act of `row` as a decision of its own, of the veto of `actor`, and of the order to undo it."""
    described = Timeline.objects.filter(decision_seq=row.seq, kind__in=_DESCRIBES).order_by("seq")
    [first] = ledger.entries_of(described.values_list("seq", flat=True)[:1])
    done = row.acted_at or row.ended_at
    facts: dict[str, Any] = {name: fact for name, fact in first.facts.items() if name not in _OF_THE_QUESTION} | {
        "decision": str(uuid7(moment.now)),
        "ref": _key(row),
        "occurred": timestamp(done) if done else None,
        "used": str(Level.L4),
        "outcome": row.outcome,
        "of": str(row.id),
    }
    disclosed = {name: first.disclosed[name] for name in ("action", "names", "account") if name in first.disclosed}
    if row.outcome:
        disclosed["outcome"] = {"detail": row.outcome_detail}
    person = f"person:{actor}"
    told = Draft(Kind.ACTION_REPORTED, person, facts, disclosed, id=uuid7(moment.now), policy=first.policy)
    common = {"kv": 1, "decision": facts["decision"], "ref": facts["ref"], "state": str(State.REVERT_ORDERED)}
    veto = Draft(
        Kind.VERDICT_GIVEN,
        person,
        common | {"verdict": "veto", "version_seen": None},
        {"reason": reason} if reason else {},
        follows=told.id,
    )
    undo = Draft(
        Kind.REVERT_ORDERED, person, common | {"undo": bool((row.action or {}).get("undo"))}, {}, follows=veto.id
    )
    return [told, veto, undo]
