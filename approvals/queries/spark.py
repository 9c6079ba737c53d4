"""Small pictures of a signal beside its limit: where each line and box stands, and the same in words. Pure.

They say nothing in the agent's words: what stands in them are numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDE, TALL = 120, 28
EDGE = 3
DRAWN = 60
"""How many points a line has at most."""
FAR = 3
"""A decision is marked where it lies no further off than so many times the span of what was seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The value from nought, and the limit as a line across."""

    words: str
    x: float
    width: float
    limit: float
    nought: float
    shape: str = "bar"


@dataclass(frozen=True, slots=True)
class Line:
    """The values in time; the limit lies across, the decision is upright."""

    words: str
    points: str
    last_x: float
    last_y: float
    limit: float | None
    decided: float | None
    shape: str = "line"


def bar(value: float, limit: float) -> Bar | None:
    """None where both are nought: there is nothing to compare."""
    most = max(abs(value), abs(limit))
    if not most:
        return None
    # Divided first: the span of two great numbers is no number.
    value_, limit_ = value / most, limit / most
    low, high = min(0.0, value_, limit_), max(0.0, value_, limit_)

    def place(at: float) -> float:
        return round(EDGE + (WIDE - 2 * EDGE) * (at - low) / (high - low), 1)

    x, end = sorted((place(0.0), place(value_)))
    which = "above" if value > limit else "below" if value < limit else "at"
    return Bar(
        words=f"{plain(value)}, {which} the limit of {plain(limit)}",
        x=x,
        width=max(1.0, round(end - x, 1)),
        limit=place(limit_),
        nought=place(0.0),
    )


def line(points: Sequence[tuple[datetime, float]], limit: float | None, decided: datetime | None) -> Line:
    """Of two points or more, in the order of their times."""
    ordered = sorted(points)
    first, last = ordered[0][0], ordered[-1][0]
    near = decided is not None and _near(first, last, decided)
    begin, end = (min(first, decided), max(last, decided)) if near and decided else (first, last)
    values = [value for _, value in ordered]
    levels = values if limit is None else [*values, limit]
    most = max(map(abs, levels)) or 1.0
    low, high = min(levels) / most, max(levels) / most

    def x(at: datetime) -> float:
        return round(EDGE + (WIDE - 2 * EDGE) * ((at - begin) / (end - begin)), 1)

    def y(value: float) -> float:
        share = (value / most - low) / (high - low) if high > low else 0.5
        return round(TALL - EDGE - (TALL - 2 * EDGE) * share, 1)

    drawn = _thinned(ordered)
    return Line(
        words=_words(values, limit),
        points=" ".join(f"{x(at)},{y(value)}" for at, value in drawn),
        last_x=x(last),
        last_y=y(values[-1]),
        limit=None if limit is None else y(limit),
        decided=x(decided) if near and decided else None,
    )


def _near(first: datetime, last: datetime, decided: datetime) -> bool:
    span = last - first
    away = max(first - decided, decided - last, timedelta(0))
    return away <= FAR * span


def _thinned(points: list[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """At most so many, the first and the last among them."""
    if len(points) <= DRAWN:
        return points
    step = (len(points) - 1) / (DRAWN - 1)
    return [points[round(place * step)] for place in range(DRAWN)]


def _words(values: list[float], limit: float | None) -> str:
    told = f"{len(values)} values from {plain(values[0])} to {plain(values[-1])}, least {plain(min(values))}, most {plain(max(values))}"
    return told if limit is None else f"{told}; limit {plain(limit)}"


def plain(value: float) -> str:
    return f"{value:.6g}"
