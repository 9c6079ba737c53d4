"""What state a decision is in *now*: deadlines are evaluated at each read and guard, never awaited.

`effective_state` and its SQL twin `with_effective_state` are tested to be equal. It must not write.
"""

from datetime import datetime, timedelta

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from decisions.models import Decision, Heartbeat
from decisions.models.prepared import Slot
from decisions.vocab import CONTRADICTED_BY, HOLDING, LEASE_SECONDS, SignOff, State

REARMED_MS = 60_000
"""What is left of a veto window, at least, after nobody who can veto was reachable for a while."""
TICK = timedelta(milliseconds=1500)
"""The most time that one tick of the served clock adds."""
DONE = (State.SUCCEEDED, State.FAILED)


STORED = {state: frozenset({state}) for state in State} | {
    State.EXPIRED: frozenset({State.EXPIRED, State.AUTHORIZED, *HOLDING}),
    State.AUTHORIZED: frozenset({State.AUTHORIZED, State.WINDOW}),
    State.REVERT_ORDERED: frozenset({State.REVERT_ORDERED, State.EXECUTING}),
    State.UNKNOWN: frozenset({State.UNKNOWN, State.EXECUTING}),
    State.CLOSED: frozenset({State.CLOSED, *DONE}),
    State.REVIEW: frozenset({State.REVIEW, *DONE}),
}
"""Each state with those that a row may be stored in while that one is in effect."""


def held_state(row: Decision, at: datetime) -> State:
    """The state of `row` at `at` as far as the entries alone tell: what the fold may know.

    A hold whose time is over has expired, and so has a permission that was not claimed in time; the clocks of a hold
    that a freeze has stopped stand still. What was done, borne out, judged and is past its protection is closed.
    """
    state = State(row.state)
    if state in HOLDING and row.hold_until is not None and _clock(row, at) >= row.hold_until:
        return State.EXPIRED
    if state is State.AUTHORIZED and row.claim_until is not None and at >= row.claim_until:
        return State.EXPIRED
    if state in DONE and row.protect_until is not None and at >= row.protect_until and _settled(row):
        return State.CLOSED
    return state


def contradicted(row: Decision) -> bool:
    """Whether the holder of the lease of `row` told one thing and another was seen.

    It is found anew from what stands, never stored: so it does not matter which came first, and a cut link leaves nothing.
    """
    return row.outcome_observed and row.outcome in CONTRADICTED_BY.get(State(row.state), ())


def told_state(row: Decision) -> State:
    """The state of `row` as its entries leave it: what is contradicted is for people to look at, whatever is stored."""
    return State.REVIEW if contradicted(row) else State(row.state)


def resting_state(row: Decision) -> State:
    """The state of `row` as told, or closed where nothing but the time of its protection stands before that."""
    state = told_state(row)
    return State.CLOSED if state in DONE and row.protect_until is not None and _settled(row) else state


def _clock(row: Decision, at: datetime) -> datetime:
    return min(at, row.stopped_at) if row.stopped_at else at


def effective_state(row: Decision, now: datetime) -> State:
    """The state of `row` at `now`, by its deadlines and by the operational clocks that `Decision.objects` reads with it.

    A window that was served long enough is a permission; a lease that ended without an outcome leaves it unknown, or
    ordered to be reverted where it was vetoed meanwhile. What is contradicted is for people to look at.
    """
    if contradicted(row):
        return State.REVIEW
    state = held_state(row, now)
    if state is State.WINDOW and window_left_ms(row) == 0:
        return State.AUTHORIZED
    if state is State.EXECUTING and now >= lease_ends(row):
        return State.REVERT_ORDERED if row.to_revert else State.UNKNOWN
    return state


def may_change_at(row: Decision, now: datetime) -> datetime | None:
    """The earliest moment after `now` at which time alone may give `row` another effective state; None if it cannot.

    Only a later entry, heartbeat or absence of watchers can move it, and never to an earlier moment but by an entry.
    """
    state = effective_state(row, now)
    if state in HOLDING and row.stopped_at is None and row.hold_until is not None:
        left = window_left_ms(row) if state is State.WINDOW else None
        if left is None:
            return row.hold_until
        # The served clock is written down once a second: what it says is that old.
        return min(row.hold_until, max(now, now + timedelta(milliseconds=left) - TICK))
    if state is State.AUTHORIZED:
        return row.hold_until if row.state == State.WINDOW else row.claim_until
    if state is State.EXECUTING:
        return lease_ends(row)
    return row.protect_until if state in DONE and _settled(row) else None


def window_left_ms(row: Decision) -> int | None:
    """Milliseconds of served time that are left of the veto window of `row`; None where they cannot run out now."""
    if row.served_due is None or row.window_ms is None or row.stopped_at is not None or row.served_ms is None:
        return None
    due = max(row.served_due, (row.resumed_ms or 0) + min(row.window_ms, REARMED_MS))
    return max(0, due - row.served_ms)


def lease_ends(row: Decision) -> datetime:
    """When the lease of an executing decision is over, unless its holder says again that it is at work."""
    assert row.lease_until is not None
    return max(row.lease_until, row.beat_until or row.lease_until)


def claimed_at(row: Decision) -> datetime | None:
    """When the lease of `row` was granted; heartbeats are kept beside the row and do not move it."""
    return row.lease_until - timedelta(seconds=LEASE_SECONDS) if row.lease_until is not None else None


def _settled(row: Decision) -> bool:
    if contradicted(row):
        return False
    return row.sign_off == SignOff.ACCEPTED or (row.sign_off == SignOff.NONE and row.outcome_observed)


def lease_over(now: datetime | Slot) -> Q:
    """The decisions whose lease ended without an outcome."""
    alive = Heartbeat.objects.filter(decision_seq=OuterRef("seq"), until__gt=now)
    return Q(state=State.EXECUTING, lease_until__lte=now) & Q(~Exists(alive))


def expired(now: datetime | Slot) -> Q:
    """The decisions whose hold or permission is over and which no entry says are expired."""
    stopped = Q(stopped_at__isnull=False, hold_until__lte=Least(F("stopped_at"), now))
    return Q(state__in=list(HOLDING)) & (Q(stopped_at__isnull=True, hold_until__lte=now) | stopped) | Q(
        state=State.AUTHORIZED, claim_until__lte=now
    )


def over(now: datetime | Slot) -> Q:
    """The decisions of which an entry is due that says that time has passed."""
    return expired(now) | lease_over(now)


CONTRADICTED = Q(outcome_observed=True) & (
    Q(state=State.SUCCEEDED, outcome__in=sorted(CONTRADICTED_BY[State.SUCCEEDED]))
    | Q(state=State.FAILED, outcome__in=sorted(CONTRADICTED_BY[State.FAILED]))
)
"""The SQL twin of `contradicted`; an index holds these few among all that was done."""
_JUDGED = Q(sign_off=SignOff.ACCEPTED) | Q(sign_off=SignOff.NONE, outcome_observed=True)


def with_resting_state(rows: "QuerySet[Decision]") -> "QuerySet[Decision]":
    """`rows` with `resting`, equal to `resting_state(row)`."""
    return rows.annotate(
        resting=Case(
            When(CONTRADICTED, then=Value(State.REVIEW)),
            When(Q(state__in=DONE, protect_until__isnull=False) & _JUDGED, then=Value(State.CLOSED)),
            default=F("state"),
            output_field=CharField(),
        )
    )


def moved_by_time(now: datetime) -> Q:
    """The decisions of which the state in effect may be another than `resting_state` says."""
    protected = Q(state__in=DONE, protect_until__gt=now) & _JUDGED
    return over(now) | Q(state=State.WINDOW) | protected


def with_effective_state(rows: "QuerySet[Decision]", now: datetime | Slot) -> "QuerySet[Decision]":
    """`rows` with `effective`, equal to `effective_state(row, now)`."""
    due = Greatest(F("served_due"), Coalesce(F("resumed_ms"), 0) + Least(F("window_ms"), Value(REARMED_MS)))
    served = Q(state=State.WINDOW, stopped_at__isnull=True, served_due__isnull=False, window_ms__isnull=False)
    return rows.alias(due=due).annotate(
        effective=Case(
            When(CONTRADICTED, then=Value(State.REVIEW)),
            When(expired(now), then=Value(State.EXPIRED)),
            When(served & Q(served_ms__gte=F("due")), then=Value(State.AUTHORIZED)),
            When(lease_over(now) & Q(to_revert=True), then=Value(State.REVERT_ORDERED)),
            When(lease_over(now), then=Value(State.UNKNOWN)),
            When(Q(state__in=DONE, protect_until__lte=now) & _JUDGED, then=Value(State.CLOSED)),
            default=F("state"),
            output_field=CharField(),
        )
    )
