"""The policy: a table tier × kind × environment → level, with ordered exceptions. Pure and total.

Evaluation order: the first row of the table that fits; the first matching loosening exception; then every matching tightening one; then
freeze windows; then the caps that no table can lift (an irreversible action and an action at L3 without an undo need
a person). The result is the minimum, so tightening is independent of order. It must not read a clock or a database.
"""

import fnmatch
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from approvals.vocab import duration
from decisions.canonical import encode
from decisions.ports import Ruleable, Ruling
from decisions.vocab import ENVIRONMENTS, Level, Risk

ANY = "*"
RISK_ORDER = MappingProxyType({Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2})
FIELDS = frozenset(
    {
        "kind",
        "target.service",
        "target.resource",
        "tier",
        "environment",
        "data_class",
        "agent",
        "risk",
        "registered",
        "has_undo",
    }
)
OPERATORS = frozenset({"eq", "ne", "in", "gt", "lt", "between", "matches-glob", "exists"})


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    op: str
    value: Any


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


@dataclass(frozen=True, slots=True)
class Window:
    name: str
    start: datetime
    end: datetime
    environments: frozenset[str]
    cap: Level


@dataclass(frozen=True, slots=True)
class Requirement:
    quorum: tuple[Mapping[str, Any], ...] = ()
    hold: timedelta = timedelta(minutes=30)
    claim: timedelta = timedelta(minutes=10)


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


def sha256_of(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(encode(dict(document))).hexdigest()


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
        requirement=needed.quorum,
        hold=needed.hold,
        claim=needed.claim,
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
        if window.start <= now < window.end
        and (not window.environments or action.environment_class in window.environments)
    ]
    if action.reversible is False or action.kind in policy.irreversible:
        caps.append((Level.L2, "irreversible actions need a person", ""))
    if level is Level.L3 and not action.has_undo:
        caps.append((Level.L2, "no undo is stated", ""))
    return caps


def _debt(policy: Policy, tier: int, risk: Risk) -> timedelta | None:
    for debt in policy.debts:
        if debt.tier == tier and RISK_ORDER[risk] >= RISK_ORDER[debt.risk]:
            return debt.within
    return None


def merge(requirements: Sequence[Requirement]) -> Requirement:
    """The strictest of all: the union of their quorums, the shortest of their times."""
    if not requirements:
        return Requirement()
    quorum: dict[str, int] = {}
    for requirement in requirements:
        for part in requirement.quorum:
            quorum[part["group"]] = max(quorum.get(part["group"], 0), part["n"])
    return Requirement(
        tuple({"group": group, "n": n} for group, n in sorted(quorum.items())),
        min(requirement.hold for requirement in requirements),
        min(requirement.claim for requirement in requirements),
    )


def _applies(exception: PolicyException, action: Ruleable, now: datetime) -> bool:
    if exception.until is not None and now >= exception.until:
        return False
    try:
        return all(_holds(condition, action) for condition in exception.when)
    except (TypeError, ValueError, KeyError):
        # What cannot be evaluated counts as matched where it tightens, and as not matched where it loosens.
        return exception.effect == "tighten"


def _value(name: str, action: Ruleable) -> Any:
    if name.startswith("parameters."):
        value: Any = action.parameters
        for part in name.split(".")[1:]:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value
    return {
        "kind": action.kind,
        "target.service": action.service,
        "target.resource": action.resource,
        "tier": action.tier,
        "environment": action.environment_class,
        "data_class": action.data_class,
        "agent": action.agent_id,
        "risk": str(action.risk),
        "registered": action.registered,
        "has_undo": action.has_undo,
    }[name]


def _holds(condition: Condition, action: Ruleable) -> bool:
    value, wanted = _value(condition.field, action), condition.value
    match condition.op:
        case "exists":
            return (value is not None) is bool(wanted)
        case "eq":
            return bool(value == wanted)
        case "ne":
            return bool(value != wanted)
        case "in":
            return value in wanted
        case "gt":
            return bool(value > wanted)
        case "lt":
            return bool(value < wanted)
        case "between":
            return bool(wanted[0] <= value <= wanted[1])
        case "matches-glob":
            return value is not None and fnmatch.fnmatchcase(str(value), str(wanted))
        case _:
            raise ValueError(condition.op)


class BadPolicyError(ValueError):
    """The document is not a policy; `errors` names every fault with its place."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


def read(document: Mapping[str, Any], *, version: int, groups: Mapping[str, int] | None = None) -> Policy:
    """The policy in `document`. With `groups` (slug → how many active members) quorums must be satisfiable.

    Raises BadPolicyError with every fault.
    """
    reader = _Reader(document, groups)
    policy = reader.policy(version)
    if reader.errors:
        raise BadPolicyError(reader.errors)
    return policy


class _Reader:
    TOP = frozenset(
        {"name", "defaults", "irreversible", "matrix", "requirements", "exceptions", "freeze_windows", "sign_off"}
    )

    def __init__(self, document: Mapping[str, Any], groups: Mapping[str, int] | None) -> None:
        self.document, self.groups = document, groups
        self.errors: list[str] = []

    def policy(self, version: int) -> Policy:
        for unknown in sorted(set(self.document) - self.TOP):
            self.errors.append(f"{unknown}: not a part of a policy")
        requirements = {
            name: self._try(f"requirements.{name}", self._requirement, item)
            for name, item in self.document.get("requirements", {}).items()
        }
        known = {name: item for name, item in requirements.items() if item is not None}
        self.known = known
        rows = self._list("matrix", self._row)
        if not rows:
            self.errors.append("matrix: a policy needs at least one row")
        default = self._try("defaults.level", Level, self.document.get("defaults", {}).get("level", "L1"))
        return Policy(
            version=version,
            sha256=sha256_of(self.document),
            default=default or Level.L1,
            rows=tuple(rows),
            irreversible=frozenset(_several(self.document.get("irreversible", []))),
            requirements=known,
            exceptions=tuple(self._list("exceptions", self._exception)),
            windows=tuple(self._list("freeze_windows", self._window)),
            debts=tuple(self._list("sign_off", self._debt)),
        )

    def _try(self, place: str, make: Any, item: Any) -> Any:
        try:
            return make(item)
        except KeyError as error:
            self.errors.append(f"{place}: {error.args[0]} is missing")
        except (ValueError, TypeError, AttributeError) as error:
            self.errors.append(f"{place}: {error}")
        return None

    def _list(self, name: str, make: Any) -> list[Any]:
        items = self.document.get(name, [])
        if not isinstance(items, list):
            self.errors.append(f"{name}: must be a list")
            return []
        made = [self._try(f"{name}[{index}]", make, item) for index, item in enumerate(items)]
        return [item for item in made if item is not None]

    def _requirement(self, item: Mapping[str, Any]) -> Requirement:
        quorum = tuple({"group": str(part["group"]), "n": int(part["n"])} for part in item.get("quorum", ()))
        for part in quorum:
            if not 1 <= part["n"] <= 10:  # noqa: PLR2004
                raise ValueError("a quorum asks for 1 to 10 people")
            if self.groups is not None and self.groups.get(part["group"], 0) < part["n"]:
                raise ValueError(
                    f"group {part['group']} has {self.groups.get(part['group'], 0)} active members, {part['n']} are asked"
                )
        return Requirement(quorum, duration(item.get("window") or item.get("hold", "30m")), duration(item.get("claim", "10m")))

    def _row(self, item: Mapping[str, Any]) -> Row:
        self._known_keys(item, {"tier", "kind", "environment", "level", "requirement"})
        tiers = frozenset(_several(item["tier"]))
        if not tiers <= {0, 1, 2, 3}:
            raise ValueError(f"tier must be 0 to 3 or {ANY!r}")
        kinds = frozenset(str(kind) for kind in _several(item["kind"]))
        environments = self._environments(item["environment"])
        level, requirement = Level(item["level"]), self._named(item)
        if level is Level.L2 and not (requirement and self.known[requirement].quorum):
            raise ValueError("L2 needs a requirement with a quorum")
        if level > Level.L3 and (not tiers or 0 in tiers) and (not environments or "prod" in environments):
            raise ValueError("tier 0 in production may not exceed L3")
        words = (
            "tier " + ", ".join(str(tier) for tier in sorted(tiers)) if tiers else "any tier",
            ", ".join(sorted(kinds)) or "any kind",
            ", ".join(sorted(environments)) or "any environment",
        )
        return Row(tiers, kinds, environments, level, requirement, " · ".join(words))

    def _environments(self, value: Any) -> frozenset[str]:
        environments = frozenset(str(name) for name in _several(value))
        if not environments <= set(ENVIRONMENTS):
            raise ValueError(f"environment must be {', '.join(ENVIRONMENTS)} or {ANY!r}")
        return environments

    def _named(self, item: Mapping[str, Any]) -> str:
        requirement = str(item.get("requirement", ""))
        if requirement and requirement not in self.known:
            raise ValueError(f"requirement {requirement!r} is not defined")
        return requirement

    def _known_keys(self, item: Mapping[str, Any], keys: set[str]) -> None:
        unknown = sorted(set(item) - keys)
        if unknown:
            raise ValueError(f"{unknown[0]} is not known here; known are {', '.join(sorted(keys))}")

    def _exception(self, item: Mapping[str, Any]) -> PolicyException:
        if item["effect"] not in ("tighten", "loosen"):
            raise ValueError("effect must be tighten or loosen")
        until = _time(item["until"], str(item.get("zone", "UTC"))) if item.get("until") else None
        if item["effect"] == "loosen" and until is None:
            raise ValueError("a loosening exception needs an end (until)")
        when = tuple(self._condition(part) for part in item["when"])
        if not when:
            raise ValueError("an exception needs a condition")
        level, requirement = Level(item["max_level"]), self._named(item)
        return PolicyException(str(item["id"]), when, item["effect"], level, requirement, until)

    def _condition(self, part: Mapping[str, Any]) -> Condition:
        if part["f"] not in FIELDS and not str(part["f"]).startswith("parameters."):
            raise ValueError(f"{part['f']!r} is not a field; fields are {', '.join(sorted(FIELDS))}, parameters.…")
        if part["op"] not in OPERATORS:
            raise ValueError(f"{part['op']!r} is not an operator; they are {', '.join(sorted(OPERATORS))}")
        return Condition(part["f"], part["op"], part["v"])

    def _window(self, item: Mapping[str, Any]) -> Window:
        zone = str(item.get("zone", "UTC"))
        start, end = _time(item["from"], zone), _time(item["to"], zone)
        if start >= end:
            raise ValueError("a freeze window ends after it starts")
        return Window(str(item["name"]), start, end, self._environments(item.get("scope", {}).get("environment", ANY)), Level(item["cap"]))

    def _debt(self, item: Mapping[str, Any]) -> Debt:
        if item["tier"] not in (0, 1, 2, 3):
            raise ValueError("tier must be 0 to 3")
        return Debt(item["tier"], Risk(item["risk"]), duration(item["within"]))


def _several(value: Any) -> list[Any]:
    """A scalar or a list as a list; "*" is the empty list, which means any."""
    if value == ANY:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _time(value: Any, zone: str) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
