"""How many decisions occurred in each stretch of time, by the state that they rest in: what wide windows are drawn from."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from decisions.models import Decision
from decisions.models.bulk import add_counts
from decisions.models.timeline import DecisionCount, LaneCount
from decisions.states import resting_state

WIDTHS = (300, 3600, 21_600)
"""Five minutes, an hour and six hours: no window needs more than some ten thousand stretches."""


class Counts(NamedTuple):
    """How many there are in each stretch and state, and of each lane."""

    stretches: Counter[tuple[Any, ...]]
    lanes: Counter[tuple[Any, ...]]


def of(rows: Iterable[Decision]) -> Counts:
    """How many of `rows` there are."""
    found = Counts(Counter(), Counter())
    for row in rows:
        at, state = int(row.occurred_at.timestamp() // 1), str(resting_state(row))
        for width in WIDTHS:
            start = at - at % width
            found.stretches[width, start, state] += 1
            found.lanes["service", width, start, row.service, state] += 1
            found.lanes["agent", width, start, row.agent_id.hex, state] += 1
    return found


def move(before: Counts, after: Counts) -> None:
    """Count the same decisions as `after` that were counted as `before`."""
    add_counts(DecisionCount, ("width", "start", "state"), _moved(before.stretches, after.stretches))
    add_counts(LaneCount, ("lane_of", "width", "start", "lane", "state"), _moved(before.lanes, after.lanes))


def _moved(before: Counter[tuple[Any, ...]], after: Counter[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    moved = Counter(after)
    moved.subtract(before)
    return [(*key, n) for key, n in sorted(moved.items()) if n]
