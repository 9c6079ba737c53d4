"""The few statistics that reports and pages need, exact and without a library. It must not know what is measured."""

from collections.abc import Callable
from itertools import pairwise
from math import comb, exp, lgamma, log, sqrt

Z95 = 1.959964


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
    """The Wilson interval of a proportion, as fractions; `n` must be positive."""
    p = hits / n
    spread = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / spread
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / spread
    return max(0.0, centre - half), min(1.0, centre + half)


def exact_lower(hits: int, n: int, confidence: float = 0.95) -> float:
    """The exact one-sided lower bound of a proportion (Clopper-Pearson); `n` must be positive."""
    if hits == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        tail = sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(hits, n + 1))
        low, high = (p, high) if tail < 1 - confidence else (low, p)
    return low


def poisson(n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of an expected count of which `n` were seen (Garwood)."""
    tail = (1 - confidence) / 2
    low = 0.0 if n == 0 else _mean(lambda mean: 1 - _at_most(n - 1, mean) >= tail, n)
    return low, _mean(lambda mean: _at_most(n, mean) <= tail, n)


def _at_most(n: int, mean: float) -> float:
    """The chance of `n` or fewer where `mean` are expected."""
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(n + 1)) if mean else 1.0


def _mean(beyond: Callable[[float], bool], n: int) -> float:
    """The least mean that is `beyond`, which all greater ones are too."""
    low, high = 0.0, n + 10 * sqrt(n + 1) + 10
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return high


def p_chart(hits: list[int], sizes: list[int], base: int) -> tuple[float, list[tuple[float, float] | None]]:
    """Centre and 3-sigma limits per sample, frozen on the first `base` non-empty ones, widened by Laney when overdispersed."""
    based = [(k, n) for k, n in zip(hits, sizes, strict=True) if n][:base]
    centre = sum(k for k, _ in based) / sum(n for _, n in based)
    unit = sqrt(centre * (1 - centre))
    widening = 1.0
    if unit and len(based) > 1:
        scores = [(k / n - centre) / (unit / sqrt(n)) for k, n in based]
        moves = [abs(b - a) for a, b in pairwise(scores)]
        widening = max(1.0, sum(moves) / len(moves) / 1.128)
    limits: list[tuple[float, float] | None] = []
    for n in sizes:
        half = 3 * widening * unit / sqrt(n) if n else 0.0
        limits.append((max(0.0, centre - half), min(1.0, centre + half)) if n else None)
    return centre, limits


def quantile(ordered: list[float], share: float) -> float:
    """The nearest-rank quantile of a non-empty sorted list."""
    rank = max(1, -(-len(ordered) * round(share * 1000) // 1000))
    return ordered[min(len(ordered), rank) - 1]
