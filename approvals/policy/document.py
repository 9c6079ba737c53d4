"""Reads a policy document into the table, or names every fault with its place. Pure; it must not rule."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from approvals.policy.table import Condition, Debt, Policy, PolicyException, Requirement, Row, Window
from approvals.vocab import duration
from decisions.canonical import encode
from decisions.vocab import ENVIRONMENTS, Level, Risk

ANY = "*"
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
REQUIREMENT_KEYS = {"quorum", "hold", "claim", "window", "protect", "distinct", "on_timeout"}
OPERATORS = frozenset({"eq", "ne", "in", "gt", "lt", "between", "matches-glob", "exists"})


def sha256_of(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(encode(dict(document))).hexdigest()


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
        quorum = tuple((str(part["group"]), int(part["n"])) for part in item.get("quorum", ()))
        for group, count in quorum:
            if not 1 <= count <= 10:
                raise ValueError("a quorum asks for 1 to 10 people")
            members = count if self.groups is None else self.groups.get(group, 0)
            if members < count:
                raise ValueError(f"group {group} has {members} active members, {count} are asked")
        self._known_keys(item, REQUIREMENT_KEYS)
        return Requirement(
            quorum,
            hold=duration(item.get("hold", "30m")),
            claim=duration(item.get("claim", "10m")),
            window=duration(item.get("window", "5m")),
            protect=duration(item.get("protect", "60m")),
        )

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
        return Window(
            str(item["name"]),
            start,
            end,
            self._environments(item.get("scope", {}).get("environment", ANY)),
            Level(item["cap"]),
        )

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
