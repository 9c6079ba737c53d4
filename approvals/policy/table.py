"""The policy: a table tier × kind × environment → level, with ordered exceptions. Pure and total.

Evaluation order: the first row of the table that fits; the first matching loosening exception; then every matching tightening one; then
freeze windows; then the caps that no table can lift (an irreversible action, one with hidden characters, a command
that cannot be read, and an action at L3 without an undo need a person). The result is the minimum, so tightening is independent of order. It must not read a clock or a database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from approvals.policy.conditions import Condition, holds
from approvals.policy.windows import Window
from decisions.ports import Ruleable, Ruling
from decisions.vocab import Level, Risk

RISK_ORDER = MappingProxyType({Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; an empty set means any. The first row that fits an action gives its level."""

    tiers: frozenset[int]
    kinds: frozenset[str]
    environments: frozenset[str]
    level: Level
    requirement: str
    rule: str

    def fits(self, tier: int, kind: str, environment: str) -> bool:
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.tiers or tier in self.tiers)
            and (not self.environments or environment in self.environments)
        )


@dataclass(frozen=True, slots=True)
class PolicyException:
    id: str
    when: tuple[Condition, ...]
    effect: str
    max_level: Level
    requirement: str
    until: datetime | None
    approved_by: tuple[str, ...] = ()
    """The usernames of those who answer for a loosening one."""


@dataclass(frozen=True, slots=True)
class Requirement:
    quorum: tuple[tuple[str, int], ...] = ()
    """(group, how many of it)."""
    hold: timedelta = timedelta(minutes=30)
    claim: timedelta = timedelta(minutes=10)
    window: timedelta = timedelta(minutes=5)
    protect: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Debt:
    """From which risk a decision on a service of this tier owes a sign-off, and within what time."""

    tier: int
    risk: Risk
    within: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    version: int
    sha256: str
    default: Level
    rows: tuple[Row, ...]
    irreversible: frozenset[str]
    requirements: Mapping[str, Requirement]
    exceptions: tuple[PolicyException, ...]
    windows: tuple[Window, ...]
    debts: tuple[Debt, ...]

    @property
    def stamp(self) -> dict[str, Any]:
        return {"ver": self.version, "sha256": self.sha256}


def row_for(policy: Policy, tier: int, kind: str, environment: str) -> Row | None:
    """The row that speaks of these; None where the table is silent."""
    return next((row for row in policy.rows if row.fits(tier, kind, environment)), None)


def rule(policy: Policy, action: Ruleable, now: datetime) -> Ruling:
    """What `policy` says of `action` at `now`. Never raises: what it cannot evaluate counts as strict."""
    tier = 0 if action.tier is None else action.tier
    row = row_for(policy, tier, action.kind, action.environment_class)
    level, fired = (row.level, row.rule) if row else (policy.default, "no row of the table fits")
    needs = [row.requirement] if row else []
    for exception in policy.exceptions:
        if exception.effect == "loosen" and _applies(exception, action, now):
            if exception.max_level > level:
                level, fired, needs = exception.max_level, f"exception {exception.id}", [exception.requirement]
            break
    for cap, name, requirement in _caps(policy, action, now, level):
        needs.append(requirement)
        if cap < level:
            level, fired = cap, name
    needed = merge([policy.requirements[name] for name in needs if name in policy.requirements])
    return Ruling(
        level=level,
        rule=fired[:120],
        policy=policy.stamp,
        requirement=[{"group": group, "n": count} for group, count in needed.quorum],
        hold=needed.hold,
        claim=needed.claim,
        window=needed.window if level is Level.L3 else None,
        protect=needed.protect,
        sign_off=_debt(policy, tier, action.risk),
    )


def _caps(policy: Policy, action: Ruleable, now: datetime, level: Level) -> list[tuple[Level, str, str]]:
    caps = [
        (exception.max_level, f"exception {exception.id}", exception.requirement)
        for exception in policy.exceptions
        if exception.effect == "tighten" and _applies(exception, action, now)
    ]
    caps += [
        (window.cap, f"freeze window {window.name}", "")
        for window in policy.windows
        if window.times.covers(now) and (not window.environments or action.environment_class in window.environments)
    ]
    if action.reversible is False or action.kind in policy.irreversible:
        caps.append((Level.L2, "irreversible actions need a person", ""))
    if action.hidden:
        caps.append((Level.L2, "hidden characters need a person", ""))
    if action.uninspectable:
        caps.append((Level.L2, "a command that cannot be read needs a person", ""))
    if level is Level.L3 and not action.has_undo:
        caps.append((Level.L2, "no undo is stated", ""))
    return caps


def _debt(policy: Policy, tier: int, risk: Risk) -> timedelta | None:
    for debt in policy.debts:
        if debt.tier == tier and RISK_ORDER[risk] >= RISK_ORDER[debt.risk]:
            return debt.within
    return None


def merge(requirements: Sequence[Requirement]) -> Requirement:
    """The strictest of all: the union of their quorums, the least time to act, the most to veto and to revert."""
    if not requirements:
        return Requirement()
    quorum: dict[str, int] = {}
    for requirement in requirements:
        for group, count in requirement.quorum:
            quorum[group] = max(quorum.get(group, 0), count)
    return Requirement(
        tuple(sorted(quorum.items())),
        min(requirement.hold for requirement in requirements),
        min(requirement.claim for requirement in requirements),
        max(requirement.window for requirement in requirements),
        max(requirement.protect for requirement in requirements),
    )


def _applies(exception: PolicyException, action: Ruleable, now: datetime) -> bool:
    if exception.until is not None and now >= exception.until:
        return False
    try:
        return all(holds(condition, action) for condition in exception.when)
    except (TypeError, ValueError, LookupError, AttributeError):
        # What cannot be evaluated counts as matched where it tightens, and as not matched where it loosens.
        return exception.effect == "tighten"
