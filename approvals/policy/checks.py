"""What a policy must be before it may come in force: every cell of it tried, and every fault named with its place. Pure.

Tried are tiers × kinds × classes of environment, each with no exception, with each loosening one, with each tightening one and with
all of them. That stands for every choice of exceptions: tightening takes the least level and the union of what is asked, so the
most that can be asked is asked by all at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

from approvals.policy.cells import Cell, cells, place_of
from approvals.policy.conditions import FIELDS, holds
from approvals.policy.table import Policy, PolicyException, rule
from decisions import kinds
from decisions.ports import Ruleable, Ruling
from decisions.vocab import Level

LONGEST = timedelta(days=30)
APPROVERS = 2
DECIDED = frozenset({"kind", "tier", "environment", "risk"})
"""The fields of a condition that a cell decides; the others may be either way."""


@dataclass(frozen=True, slots=True)
class People:
    """Who the register has to answer, as `str` of their pseudonyms."""

    groups: Mapping[str, frozenset[str]]
    """Slug → the members who may approve."""
    managers: frozenset[str]
    """Who answers where no group is asked."""
    owners: Mapping[str, str | None]
    """Active agent → its owner, who never counts for it."""
    loosens: frozenset[str]
    """The usernames of those who may answer for a loosening exception."""


def faults(policy: Policy, people: People, now: datetime) -> list[str]:
    """Everything that forbids `policy` to come in force at `now`, each with its place; empty where nothing does."""
    return [*document_faults(policy, people, now), *quorum_faults(policy, people, now)]


def document_faults(policy: Policy, people: People, now: datetime) -> list[str]:
    """As `faults`, without asking whether there are people enough."""
    found = [*_irreversible(policy), *_loosening(policy, people, now), *_tightening(policy, now)]
    return [*dict.fromkeys([*found, *_most_critical(policy, now)])]


def quorum_faults(policy: Policy, people: People, now: datetime) -> list[str]:
    """Where a person is needed and the register cannot fill what is asked, with one person to spare."""
    known: dict[tuple[tuple[str, int], ...], str] = {}
    found: dict[tuple[str, str], str] = {}
    told: set[tuple[Cell, str]] = set()
    for cell, _, place, ruling in _tried(policy, now):
        if ruling.level not in (Level.L1, Level.L2):
            continue
        quorum = tuple((str(part["group"]), int(part["n"])) for part in ruling.requirement)
        if quorum not in known:
            known[quorum] = why_unfilled(quorum, people)
        why = known[quorum]
        # What the row alone asks too much of is not the fault of an exception that is on as well.
        if why and (cell, why) not in told:
            told.add((cell, why))
            found.setdefault((place, why), f"{place}: {why} (first in {cell.words})")
    return list(found.values())


def why_unfilled(quorum: Sequence[tuple[str, int]], people: People) -> str:
    """Why distinct people outside the owners of agents cannot fill `quorum` with any one of them away; else empty.

    Groups may share members, so every choice of groups must have more members together than it asks for (Hall).
    """
    if not quorum:
        owners = set(people.owners.values()) or {None}
        alone = any(not people.managers - {owner} for owner in owners)
        return "no manager is left to answer who does not own the agent" if alone else ""
    for agent, owner in people.owners.items() or [("", None)]:
        for size in range(1, len(quorum) + 1):
            for part in combinations(quorum, size):
                asked = sum(count for _, count in part)
                able = frozenset().union(*(people.groups.get(group, frozenset()) for group, _ in part)) - {owner}
                if len(able) < asked + 1:
                    names = " and ".join(group for group, _ in part)
                    whose = f" for the actions of {agent}" if agent else ""
                    return f"{len(able)} can approve from {names}{whose}; {asked} are asked and one must be to spare"
    return ""


def _irreversible(policy: Policy) -> Iterator[str]:
    for index, row in enumerate(policy.rows):
        if row.level > Level.L2:
            for kind in sorted(row.kinds):
                if kinds.reversible(kind) is False or kind in policy.irreversible:
                    yield f"matrix[{index}]: {kind} cannot be taken back; it may not exceed L2"


def _loosening(policy: Policy, people: People, now: datetime) -> Iterator[str]:
    for index, exception in enumerate(policy.exceptions):
        if exception.effect != "loosen":
            continue
        place = f"exceptions[{index}]"
        if exception.until is not None and exception.until > now + LONGEST:
            yield f"{place}: a loosening exception ends within {LONGEST.days} days; draft it again when it is over"
        if len(set(exception.approved_by)) < APPROVERS:
            yield f"{place}: approved_by names {APPROVERS} people who answer for a loosening exception"
        for name in sorted(set(exception.approved_by) - people.loosens):
            yield f"{place}: {name} is not an active manager or executive"


def _most_critical(policy: Policy, now: datetime) -> Iterator[str]:
    for cell, _, place, ruling in _tried(policy, now):
        if cell.tier == 0 and cell.environment == "prod" and ruling.level > Level.L3:
            yield f"{place}: tier 0 in production may not exceed L3, {cell.kind_words} would"


def _tightening(policy: Policy, now: datetime) -> Iterator[str]:
    """That tightening tightens, in any order: so the table is made, and so it is tried all the same."""
    plain: dict[Cell, Ruling] = {}
    for cell, on, place, ruling in _tried(policy, now):
        before = plain.setdefault(cell, ruling)
        if len(on) > 1 or any(exception.effect == "tighten" for exception in on):
            turned = rule(_with(policy, on[::-1]), cell.action, now)
            if (turned.level, turned.requirement) != (ruling.level, ruling.requirement):
                yield f"{place}: what the exceptions make of {cell.words} depends on their order"
            if all(exception.effect == "tighten" for exception in on) and ruling.level > before.level:
                yield f"{place}: a tightening exception makes {cell.words} looser"


Tried = tuple[Cell, tuple[PolicyException, ...], str, Ruling]


def _tried(policy: Policy, now: datetime) -> Iterator[Tried]:
    """Each cell with each choice of exceptions that is tried: the cell, what is on, its place, the ruling.

    Cells of which the same row and the same exceptions speak are tried once: they are ruled alike.
    """
    seen = set()
    for cell in cells(policy):
        able = [exception for exception in policy.exceptions if _may_apply(exception, cell.action)]
        place = place_of(policy, cell)
        action = cell.action
        alike = (place, cell.tier, cell.environment, _taken_back(policy, cell), tuple(id(one) for one in able))
        if alike in seen:
            continue
        seen.add(alike)
        for on in _choices(able):
            where = ", ".join(f"exceptions[{policy.exceptions.index(one)}]" for one in on) or place
            yield cell, on, where, rule(_with(policy, on), action, now)


def _choices(able: Sequence[PolicyException]) -> Iterator[tuple[PolicyException, ...]]:
    tighten = tuple(one for one in able if one.effect == "tighten")
    yield ()
    for one in tighten:
        yield (one,)
    if len(tighten) > 1:
        yield tighten
    for one in able:
        if one.effect == "loosen":
            yield (one,)
            if tighten:
                yield (one, *tighten)


def _with(policy: Policy, on: Sequence[PolicyException]) -> Policy:
    """`policy` with these exceptions in force whatever the action, and no freeze window."""
    return replace(policy, exceptions=tuple(replace(one, when=(), until=None) for one in on), windows=())


def _may_apply(exception: PolicyException, action: Ruleable) -> bool:
    """Whether some action of the cell of `action` meets the conditions."""
    try:
        return all(holds(part, action) for part in exception.when if part.field in DECIDED & set(FIELDS))
    except (TypeError, ValueError):
        return exception.effect == "tighten"


def _taken_back(policy: Policy, cell: Cell) -> bool:
    return kinds.reversible(cell.kind) is not False and cell.kind not in policy.irreversible
