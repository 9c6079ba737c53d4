"""What state a decision is in *now*: deadlines are evaluated at each read and guard, never awaited.

`effective_state` and its SQL twin `with_effective_state` are tested to be equal. It must not write.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from decisions.models import Decision
from decisions.vocab import HOLDING, State


class HasDeadlines(Protocol):
    state: Any
    hold_until: datetime | None
    claim_until: datetime | None


def effective_state(row: HasDeadlines, now: datetime, freezes: Sequence[object] = ()) -> State:
    """The state of `row` at `now`. A hold whose time is over has expired, whether or not anybody wrote so.

    `freezes` stop the clocks of the holds in their scope; none exists yet, and an empty sequence stops nothing.
    """
    state = State(row.state)
    if freezes:
        return state
    if state in HOLDING and row.hold_until is not None and now >= row.hold_until:
        return State.EXPIRED
    if state is State.AUTHORIZED and row.claim_until is not None and now >= row.claim_until:
        return State.EXPIRED
    return state


def over(now: datetime) -> Q:
    """The decisions whose deadline has passed and which no entry says are expired."""
    return Q(state__in=list(HOLDING), hold_until__lte=now) | Q(state=State.AUTHORIZED, claim_until__lte=now)


def with_effective_state(rows: "QuerySet[Decision]", now: datetime) -> "QuerySet[Decision]":
    """`rows` with `effective`, equal to `effective_state(row, now)`."""
    return rows.annotate(
        effective=Case(When(over(now), then=Value(State.EXPIRED)), default=F("state"), output_field=CharField())
    )
