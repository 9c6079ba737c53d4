"""Control-chart rules on a monthly series: has something really changed? It must not look at limits or appetite."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

SHORTEST = 8
"""Fewer months than this cannot show a run of eight, so no trend is claimed."""


def _same_side(points: Sequence[float], centre: float) -> int:
    if all(p > centre for p in points):
        return 1
    return -1 if all(p < centre for p in points) else 0


def signal(points: Sequence[float]) -> int:
    """+1 or -1 when the latest point ends a special-cause pattern upwards or downwards, else 0."""
    base, last = points[:-1], points[-1]
    centre = fmean(base)
    moves = [abs(b - a) for a, b in pairwise(base)]
    sigma = fmean(moves) / 1.128
    if abs(last - centre) > 3 * sigma + 1e-9:
        return 1 if last > centre else -1
    run = points[-6:]
    steps = [b - a for a, b in pairwise(run)]
    if all(s > 0 for s in steps) or all(s < 0 for s in steps):
        return 1 if steps[0] > 0 else -1
    far = [p - centre for p in points[-3:] if abs(p - centre) > 2 * sigma + 1e-9]
    if len(far) >= 2 and abs(last - centre) > 2 * sigma and len({x > 0 for x in far}) == 1:
        return 1 if far[0] > 0 else -1
    return _same_side(points[-8:], fmean(points))


def trend(series: Sequence[float | None], better: int) -> str:
    """`steady`, `improving`, `worsening` or `too short`; `better` is +1, -1, or 0 where every real change is unwelcome."""
    points = [p for p in series if p is not None]
    if len(points) < SHORTEST or series[-1] is None:
        return "too short"
    direction = signal(points)
    if direction == 0:
        return "steady"
    return "improving" if direction == better else "worsening"
