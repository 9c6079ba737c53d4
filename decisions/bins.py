"""Wide windows of the timeline: counts of what occurred, per column and badge. It must not write."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import BigIntegerField, Count, F, QuerySet, Sum
from django.db.models.functions import Cast, Trunc

from decisions import clock, ledger
from decisions.errors import bad_request
from decisions.models import Decision, DecisionCount
from decisions.models.bulk import snapshot
from decisions.projections.counts import WIDTHS as COUNTED
from decisions.states import moved_by_time, resting_state, with_effective_state, with_resting_state
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
    first, width, columns = columns_of(start, end, min(MOST_COLUMNS, px // 2))
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


def columns_of(start: datetime, end: datetime, most: int) -> tuple[int, int, int]:
    """(the second at which the first column begins, the seconds of each, how many): at most `most`, aligned to absolute time.

    Raises a 400 problem.
    """
    if start.year < FIRST_YEAR or end.year > LAST_YEAR:
        raise bad_request(f"The window must lie between the years {FIRST_YEAR} and {LAST_YEAR}.")
    first, last = int(start.timestamp()), math.ceil(end.timestamp())
    width = next((width for width in WIDTHS if (last - first) / width <= most - 1), 0)
    if not width:
        raise bad_request("The window is too wide for so few pixels.")
    first -= first % width
    return first, width, -(-(last - first) // width)


def within(first: int, last: int) -> "QuerySet[Decision]":
    """The decisions that occurred from the second `first` up to but not including `last`."""
    return Decision.objects.filter(
        occurred_at__gte=datetime.fromtimestamp(first, UTC), occurred_at__lt=datetime.fromtimestamp(last, UTC)
    )


def by_slot(rows: "QuerySet[Decision]", width: int) -> Any:
    """`rows` with `slot`, the beginning of the stretch that each lies in: of the unit that divides `width`."""
    unit = next(name for seconds, name in UNITS if width % seconds == 0)
    return rows.annotate(slot=Trunc("occurred_at", unit, tzinfo=UTC))


Found = Iterable[tuple[int, str, int]]
"""(a second of the column, the state in effect, how many)."""


def _counted(first: int, last: int, width: int, now: datetime) -> Found:
    """As they rest, set right by what time alone has moved."""
    window = within(first, last)
    unit = max((counted for counted in COUNTED if width % counted == 0), default=0)
    yield from _summed(first, last, width, unit) if unit else _one_by_one(window, width)
    for _, at, state, n in moved(window, width, now):
        yield at, state, n


def moved(window: "QuerySet[Decision]", width: int, now: datetime) -> Iterator[tuple[Any, int, str, int]]:
    """(decision, a second of its column, state, how many): takes what time alone has moved out of the state that it rests in.

    And counts it in the one in effect.
    """
    for row in by_slot(with_effective_state(window.filter(moved_by_time(now)), now), width).order_by():
        at = int(row.slot.timestamp())
        yield row, at, str(resting_state(row)), -1
        yield row, at, row.effective, 1


def _one_by_one(window: "QuerySet[Decision]", width: int) -> Found:
    slots = by_slot(with_resting_state(window), width).values("slot", "resting")
    found = slots.annotate(n=Count("seq")).order_by().values_list("slot", "resting", "n")
    return [(int(slot.timestamp()), state, n) for slot, state, n in found]


def _summed(first: int, last: int, width: int, unit: int) -> Found:
    stretches = DecisionCount.objects.filter(width=unit, start__gte=first, start__lt=last)
    column: Any = (F("start") - first) / width
    slots = stretches.annotate(column=Cast(column, BigIntegerField())).values("column", "state")
    found = slots.annotate(total=Sum("n")).order_by().values_list("column", "state", "total")
    return [(first + column * width, state, n) for column, state, n in found]
