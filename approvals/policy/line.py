"""The line as a picture: the level of every tier and kind in one class of environment, and where it turns. Pure.

Kinds of which the policy says the same as of any other fold into one column, unless they are asked for. It must not count
what was done.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from approvals.policy.cells import OTHER, Cell, kinds_of
from approvals.policy.table import Policy, rule
from decisions.vocab import TIERS, Level

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Square:
    """What the table says of one tier and kind, and whether the line runs along its sides."""

    tier: int
    kind: str
    level: Level
    turns_right: bool
    turns_below: bool


@dataclass(frozen=True, slots=True)
class Line:
    """The columns, the kinds with least autonomy first, and the squares of each tier in their order."""

    environment: str
    kinds: tuple[str, ...]
    """`OTHER` among them stands for those that are folded."""
    folded: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Square, ...]], ...]


def alone(level: Level) -> bool:
    """Whether an agent at `level` acts unless somebody stops it: the side of autonomy; below it, it assists."""
    return level >= Level.L3


def drawn(policy: Policy, environment: str, seen: Collection[str]) -> Line:
    """The line of `policy` in `environment`, with columns for what it singles out and for kinds that were `seen` lately."""
    plain = replace(policy, exceptions=(), windows=())
    levels = {kind: _levels(plain, kind, environment) for kind in kinds_of(policy)}
    folded = tuple(kind for kind in levels if kind and levels[kind] == levels[OTHER] and kind not in seen)
    kinds = sorted(levels.keys() - set(folded), key=lambda kind: (levels[kind], kind == OTHER, kind))
    columns = [(kind, levels[kind]) for kind in kinds]
    rows = tuple((tier, tuple(_squares(columns, place))) for place, tier in enumerate(TIERS))
    return Line(environment, tuple(kinds), folded, rows)


def _levels(policy: Policy, kind: str, environment: str) -> tuple[Level, ...]:
    """Of each tier, the caps that no table can lift included; exceptions and freeze windows left aside."""
    return tuple(rule(policy, Cell(tier, kind, environment).action, _LONG_AGO).level for tier in TIERS)


def _squares(columns: list[tuple[str, tuple[Level, ...]]], place: int) -> Iterable[Square]:
    for number, (kind, levels) in enumerate(columns):
        level = levels[place]
        right = columns[number + 1][1][place] if number + 1 < len(columns) else level
        below = levels[place + 1] if place + 1 < len(levels) else level
        yield Square(TIERS[place], kind, level, alone(right) != alone(level), alone(below) != alone(level))
