"""How far an agent went alone in each stretch of a window, as bars; and what the policy in force permits. It must not write."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from approvals.policy import Policy
from approvals.policy.cells import Cell
from approvals.policy.table import rule
from approvals.queries import policies
from decisions import inert, register
from decisions.errors import Problem
from decisions.vocab import Level

STRETCH = {7: timedelta(days=1), 30: timedelta(days=7), 90: timedelta(days=30)}
"""A bar for each day, week or month, by the days of the window."""
UNIT = {7: "day", 30: "week", 90: "30 days"}
WIDE = 1000
"""How wide a whole bar is, in the units of its drawing."""
KIND_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Part:
    level: str
    count: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch: the share of its acts at each level, side by side."""

    start: datetime
    end: datetime
    total: int
    parts: tuple[Part, ...]
    counts: tuple[int, ...]
    """By the levels that occur anywhere in the window, in order."""


def edges(start: datetime, now: datetime, days: int) -> list[datetime]:
    """Where the stretches begin, counted back from now; the first may be shorter than the others."""
    found = [now]
    while found[-1] > start:
        found.append(max(start, found[-1] - STRETCH[days]))
    return found[:0:-1] or [start]


def bars(begins: Sequence[datetime], now: datetime, levels: Sequence[Counter[str]]) -> tuple[list[Bar], list[Level]]:
    """(a bar for each stretch, the newest first; the levels that occur at all)."""
    used = [level for level in Level if any(counted[level] for counted in levels)]
    ends = [*begins[1:], now]
    made = [
        Bar(start, end, counted.total(), _parts(used, counted), tuple(counted[level] for level in used))
        for start, end, counted in zip(begins, ends, levels, strict=True)
    ]
    return made[::-1], used


def _parts(used: Sequence[Level], counted: Mapping[str, int]) -> tuple[Part, ...]:
    total, before, parts = sum(counted.values()), 0, []
    for level in used:
        n = counted[level]
        if n:
            # From sums, so that the parts meet and end where the bar does.
            x, end = before * WIDE // total, (before + n) * WIDE // total
            parts.append(Part(str(level), n, x, max(1, end - x)))
        before += n
    return tuple(parts)


def in_force() -> Policy | None:
    """The policy in force; None where there is none, or none that can be read."""
    version = policies.in_force()
    try:
        return policies.compiled(version) if version else None
    except Problem:
        return None


def permitted_on(tier: int, policy: Policy) -> list[dict[str, Any]]:
    """The rows of the table that speak of `tier`, in their order."""
    return [
        {
            "kinds": row.kinds,
            "environments": row.environments,
            "level": row.level,
            "asks": row.requirement,
        }
        for row in policy.rows
        if not row.tiers or tier in row.tiers
    ]


def naming(policy: Policy, now: datetime, field: str, values: Sequence[str]) -> list[dict[str, Any]]:
    """The exceptions in force that name this agent or service."""
    return [
        {"id": one.id, "effect": one.effect, "level": one.max_level, "until": one.until}
        for one in policy.exceptions
        if (one.until is None or one.until > now) and any(_names(part, field, values) for part in one.when)
    ]


def _names(part: Any, field: str, values: Sequence[str]) -> bool:
    held = part.value if isinstance(part.value, list | tuple) else (part.value,)
    return part.field == field and part.op in ("eq", "in") and any(str(value) in values for value in held)


def ruled_now(
    sorts: Sequence[Mapping[str, Any]], agent: UUID, policy: Policy, known: register.Register, now: datetime
) -> list[dict[str, Any]]:
    """What an agent did most, and the level that the policy gives such an act now: one that states its undo and holds nothing of note."""
    found = []
    for one in sorts:
        level = _ruled(one, agent, policy, known, now)
        place = {"service": one["service"], "environment": one["environment_class"], "n": one["n"]}
        found.append({"kind": inert.name(one["kind"], KIND_LENGTH), "level": level, **place})
    return found


def _ruled(one: Mapping[str, Any], agent: UUID, policy: Policy, known: register.Register, now: datetime) -> Level:
    service = known.services.get(one["service"])
    action = Cell(service.tier if service else 0, one["kind"], one["environment_class"]).action
    told = replace(
        action,
        service=one["service"],
        tier=service.tier if service else None,
        data_class=service.data_class if service else "",
        registered=service is not None,
        agent_id=str(agent),
    )
    return rule(policy, told, now).level
