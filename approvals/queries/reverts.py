"""Reverts that were ordered, and the entry that orders one. It must not write."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from decisions.envelope import Draft
from decisions.models import Decision, Timeline
from decisions.states import lease_ends, lease_over
from decisions.vocab import ACTED, Kind, Outcome, State

OPEN = (State.REVERT_ORDERED, State.REVERTING)
FEW = 50


def order(row: Decision, *, actor: str, follows: UUID | None = None) -> Draft:
    """The entry that orders the act of `row` to be undone. At most one order of a decision is open: it has its id."""
    return Draft(
        kind=Kind.REVERT_ORDERED,
        actor=actor,
        facts={
            "kv": 1,
            "decision": str(row.id),
            "ref": row.ref_key,
            "state": str(State.REVERT_ORDERED),
            "undo": bool((row.action or {}).get("undo")),
        },
        follows=follows,
    )


def to_undo(row: Decision, state: State) -> bool:
    """Whether refusing what was done orders it to be undone: there is something to undo, and nobody ordered it before."""
    left_as_it_was = row.outcome in (Outcome.NOT_EXECUTED, Outcome.NO_CHANGE)
    return (
        state in ACTED and not row.to_revert and not row.replayed and row.reversible is not False and not left_as_it_was
    )


def seen_unclaimed(row: Decision) -> bool:
    """Whether an act was seen that nobody claimed. Also one that came to nothing: another may have been seen before it."""
    return bool(row.level_used) and row.lease_seq is None


def orders_of(agent: UUID, now: datetime) -> list[Decision]:
    """The open orders for `agent`, oldest first, at most fifty."""
    rows = Decision.objects.filter(agent_id=agent, state__in=[*OPEN, State.EXECUTING], complete=True)
    # An executing one counts if it was vetoed and its lease is over, which no entry need say yet.
    ordered = rows.filter(Q(state__in=OPEN) | (lease_over(now) & Q(to_revert=True)))
    return list(ordered.order_by("seq")[:FEW])


def next_order_at(agent: UUID, now: datetime) -> datetime | None:
    """When the first lease of `agent` ends that was vetoed while it ran: then its act is ordered to be undone."""
    running = Decision.objects.filter(agent_id=agent, state=State.EXECUTING, to_revert=True, complete=True)
    return min((end for end in map(lease_ends, running) if end > now), default=None)


def fencing_of(row: Decision) -> int:
    """The number that an answer to the order must show: of the claim, or of the decision if nobody claimed it.

    A later order has a larger one, that of the answer which did not settle the order before it: no answer to an earlier
    order can be taken for one to a later.
    """
    answers = Timeline.objects.filter(decision_seq=row.seq, kind=Kind.REVERT_FINISHED)
    answered = answers.order_by("-seq").values_list("seq", flat=True).first()
    return answered or row.lease_seq or row.seq
