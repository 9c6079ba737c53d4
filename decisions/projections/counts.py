"""How many decisions occurred in each stretch of time, by the state that they rest in: what wide windows are drawn from."""

from collections import Counter
from collections.abc import Iterable

from decisions.models import Decision
from decisions.models.bulk import add_counts
from decisions.models.timeline import DecisionCount
from decisions.states import resting_state

WIDTHS = (300, 3600, 21_600)
"""Five minutes, an hour and six hours: no window needs more than some ten thousand stretches."""

Counts = Counter[tuple[int, int, str]]


def of(rows: Iterable[Decision]) -> Counts:
    """How many of `rows` there are in each stretch and state."""
    found: Counts = Counter()
    for row in rows:
        at, state = int(row.occurred_at.timestamp() // 1), str(resting_state(row))
        for width in WIDTHS:
            found[width, at - at % width, state] += 1
    return found


def move(before: Counts, after: Counts) -> None:
    """Count the same decisions as `after` that were counted as `before`."""
    moved = Counter(after)
    moved.subtract(before)
    add_counts(DecisionCount, ("width", "start", "state"), [(*key, n) for key, n in sorted(moved.items()) if n])
