"""Wide windows of the timeline: counts of what occurred, per column and badge. It must not write."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import BigIntegerField, Count, F, QuerySet, Sum
from django.db.models.functions import Cast, Trunc

from decisions import clock, ledger
from decisions.errors import bad_request
from decisions.models import Decision, DecisionCount
from decisions.models.bulk import snapshot
from decisions.projections.counts import WIDTHS as COUNTED
from decisions.states import moved_by_time, resting_state, with_effective_state
from decisions.vocab import BADGE_OF, BADGES, State

FIRST_YEAR, LAST_YEAR = 1970, 9000
WIDTHS = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_419_200)
"""The widths that a column may have, in seconds; each divides by the unit that it is counted in."""
MOST_COLUMNS = 480
UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def bins(start: datetime, end: datetime, px: int) -> dict[str, Any]:
    """Counts of what occurred in the window, per column and badge: at most one column for each two of `px` pixels.

    Columns are aligned to absolute time and whole, so that panning moves none and changes none. Raises a 400 problem.
    """
    if start.year < FIRST_YEAR or end.year > LAST_YEAR:
        raise bad_request(f"The window must lie between the years {FIRST_YEAR} and {LAST_YEAR}.")
    most, first, last = min(MOST_COLUMNS, px // 2), int(start.timestamp()), math.ceil(end.timestamp())
    width = next((width for width in WIDTHS if (last - first) / width <= most - 1), 0)
    if not width:
        raise bad_request("The window is too wide for so few pixels.")
    first -= first % width
    columns = -(-(last - first) // width)
    order = {badge.slug: place for place, badge in enumerate(BADGES)}
    counts: dict[int, list[int]] = {}
    with snapshot():
        seq, now = ledger.size() - 1, clock.now()
        found = list(_counted(first, first + columns * width, width, now))
    for at, state, number in found:
        column = (at - first) // width
        counts.setdefault(column, [0] * len(BADGES))[order[BADGE_OF[State(state)].slug]] += number
    return {
        "seq": seq,
        "start": first * 1000,
        "width": width * 1000,
        "columns_in_window": columns,
        "badges": list(order),
        "columns": [[column, *counts[column]] for column in sorted(counts) if any(counts[column])],
    }


Found = Iterable[tuple[int, str, int]]
"""(a second of the column, the state in effect, how many)."""


def _counted(first: int, last: int, width: int, now: datetime) -> Found:
    window = Decision.objects.filter(
        occurred_at__gte=datetime.fromtimestamp(first, UTC), occurred_at__lt=datetime.fromtimestamp(last, UTC)
    )
    unit = max((counted for counted in COUNTED if width % counted == 0), default=0)
    if not unit:
        return _one_by_one(window, width, now)
    return [*_summed(first, last, width, unit), *_moved(window, width, now)]


def _one_by_one(window: "QuerySet[Decision]", width: int, now: datetime) -> Found:
    slots = _by_slot(with_effective_state(window, now), width).values("slot", "effective")
    found = slots.annotate(n=Count("seq")).order_by().values_list("slot", "effective", "n")
    return [(int(slot.timestamp()), state, n) for slot, state, n in found]


def _by_slot(rows: "QuerySet[Decision]", width: int) -> Any:
    unit = next(name for seconds, name in UNITS if width % seconds == 0)
    return rows.annotate(slot=Trunc("occurred_at", unit, tzinfo=UTC))


def _summed(first: int, last: int, width: int, unit: int) -> Found:
    """As they rest: what time alone has moved is in another state."""
    stretches = DecisionCount.objects.filter(width=unit, start__gte=first, start__lt=last)
    column: Any = (F("start") - first) / width
    slots = stretches.annotate(column=Cast(column, BigIntegerField())).values("column", "state")
    found = slots.annotate(total=Sum("n")).order_by().values_list("column", "state", "total")
    return [(first + column * width, state, n) for column, state, n in found]


def _moved(window: "QuerySet[Decision]", width: int, now: datetime) -> Found:
    """What takes those that time has moved out of the state they rest in, and counts them in the one in effect."""
    rows = _by_slot(with_effective_state(window.filter(moved_by_time(now)), now), width)
    for row in rows.order_by():
        at = int(row.slot.timestamp())
        yield at, str(resting_state(row)), -1
        yield at, row.effective, 1
