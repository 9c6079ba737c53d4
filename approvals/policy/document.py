"""Reads a policy document into the table, or names every fault with its place. Pure; it must not rule."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from approvals.policy.conditions import condition_of
from approvals.policy.table import Debt, Policy, PolicyException, Requirement, Row
from approvals.policy.windows import Window, instant, times_of, zone_of
from approvals.vocab import duration
from decisions.canonical import NotStrictError, encode
from decisions.vocab import ENVIRONMENTS, TIERS, Level, Risk

ANY = "*"
TOP = frozenset(
    {"name", "defaults", "irreversible", "matrix", "requirements", "exceptions", "freeze_windows", "sign_off"}
)
DEFAULTS = {"unknown_service": "strictest_tier", "unknown_env": "prod"}
"""What cannot be chosen otherwise; a document may say so all the same."""
ROWS = 500
EXCEPTIONS = 50
Made = TypeVar("Made")


def sha256_of(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(encode(dict(document))).hexdigest()


class BadPolicyError(ValueError):
    """The document is not a policy; `errors` names every fault with its place."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = list(errors)


def read(document: Any, *, version: int, groups: Mapping[str, int] | None = None) -> Policy:
    """The policy in `document`, any JSON value. With `groups` (slug → how many active members) quorums must fit into theirs.

    Raises BadPolicyError with every fault, and nothing else.
    """
    if not isinstance(document, Mapping):
        raise BadPolicyError(["document: a policy is an object"])
    reader = _Reader(document, groups)
    policy = reader.policy(version)
    if policy is None or reader.errors:
        raise BadPolicyError(reader.errors)
    return policy


class _Reader:
    def __init__(self, document: Mapping[str, Any], groups: Mapping[str, int] | None) -> None:
        self.document, self.groups = document, groups
        self.errors: list[str] = []
        self.named: frozenset[str] = frozenset()
        """The requirements that are stated, well or not: a fault is named once."""
        self.quorums: frozenset[str] = frozenset()

    def policy(self, version: int) -> Policy | None:
        try:
            digest = sha256_of(self.document)
        except (NotStrictError, TypeError, ValueError) as error:
            self.errors.append(f"document: it has no canonical form: {error}")
            return None
        for unknown in sorted(set(self.document) - TOP):
            self.errors.append(f"{unknown}: not a part of a policy")
        requirements = self._requirements()
        rows = self._list("matrix", self._row, most=ROWS)
        if not rows and "matrix" not in {error.partition("[")[0].partition(":")[0] for error in self.errors}:
            self.errors.append("matrix: a policy needs at least one row")
        exceptions = self._list("exceptions", self._exception, most=EXCEPTIONS)
        for place, item in enumerate(exceptions):
            if item.id in {earlier.id for earlier in exceptions[:place]}:
                self.errors.append(f"exceptions[{place}]: the id {item.id} is there twice")
        return Policy(
            version=version,
            sha256=digest,
            default=self._try("defaults", self._default, self.document.get("defaults", {})) or Level.L1,
            rows=tuple(rows),
            irreversible=self._try("irreversible", _kinds, self.document.get("irreversible", [])) or frozenset(),
            requirements=requirements,
            exceptions=tuple(exceptions),
            windows=tuple(self._list("freeze_windows", self._window, most=EXCEPTIONS)),
            debts=tuple(self._list("sign_off", self._debt, most=EXCEPTIONS)),
        )

    def _try(self, place: str, make: Callable[[Any], Made], item: Any) -> Made | None:
        try:
            return make(item)
        except KeyError as error:
            self.errors.append(f"{place}: {error.args[0]} is missing")
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            self.errors.append(f"{place}: {error}")
        return None

    def _list(self, name: str, make: Callable[[Any], Made], *, most: int) -> list[Made]:
        items = self.document.get(name, [])
        if not isinstance(items, list):
            self.errors.append(f"{name}: must be a list")
            return []
        if len(items) > most:
            self.errors.append(f"{name}: at most {most}, there are {len(items)}")
            return []
        made = [self._try(f"{name}[{index}]", make, item) for index, item in enumerate(items)]
        return [item for item in made if item is not None]

    def _requirements(self) -> dict[str, Requirement]:
        stated = self.document.get("requirements", {})
        if not isinstance(stated, Mapping):
            self.errors.append("requirements: must be an object of name and requirement")
            return {}
        made = {name: self._try(f"requirements.{name}", self._requirement, item) for name, item in stated.items()}
        known = {name: item for name, item in made.items() if item is not None}
        self.named = frozenset(stated)
        self.quorums = self.named - {name for name, item in known.items() if not item.quorum}
        return known

    def _requirement(self, item: Any) -> Requirement:
        _known_keys(item, {"quorum", "hold", "claim", "window", "protect", "distinct", "on_timeout"})
        quorum = [_place(part) for part in item.get("quorum", ())]
        for group, count in quorum:
            members = count if self.groups is None else self.groups.get(group, 0)
            if members < count:
                raise ValueError(f"group {group} has {members} active members, {count} are asked")
        if len({group for group, _ in quorum}) < len(quorum):
            raise ValueError("a quorum names each group once")
        if item.get("distinct", True) is not True or item.get("on_timeout", "expire") != "expire":
            raise ValueError("people are always distinct, and what nobody answers always expires")
        return Requirement(
            tuple(quorum),
            hold=duration(item.get("hold", "30m")),
            claim=duration(item.get("claim", "10m")),
            window=duration(item.get("window", "5m")),
            protect=duration(item.get("protect", "60m")),
        )

    def _default(self, item: Any) -> Level:
        _known_keys(item, {"level", "unknown_kind", *DEFAULTS})
        level = _level(item.get("level", "L1"))
        for name, only in {**DEFAULTS, "unknown_kind": level}.items():
            if item.get(name, only) != only:
                raise ValueError(f"{name} is always {only}")
        return level

    def _row(self, item: Any) -> Row:
        _known_keys(item, {"tier", "kind", "environment", "level", "requirement"})
        tiers = frozenset(_several(item["tier"]))
        if not all(type(tier) is int and tier in TIERS for tier in tiers):
            raise ValueError(f"tier must be 0 to 3 or {ANY!r}")
        kinds, environments = _texts(item["kind"]), _environments(item["environment"])
        level, requirement = _level(item["level"]), self._named(item)
        if level is Level.L2 and requirement not in self.quorums:
            raise ValueError("L2 needs a requirement with a quorum")
        if level > Level.L3 and (not tiers or 0 in tiers) and (not environments or "prod" in environments):
            raise ValueError("tier 0 in production may not exceed L3")
        words = (
            "tier " + ", ".join(str(tier) for tier in sorted(tiers)) if tiers else "any tier",
            ", ".join(sorted(kinds)) or "any kind",
            ", ".join(sorted(environments)) or "any environment",
        )
        return Row(tiers, kinds, environments, level, requirement, " · ".join(words))

    def _named(self, item: Mapping[str, Any]) -> str:
        requirement = item.get("requirement", "")
        if requirement and (not isinstance(requirement, str) or requirement not in self.named):
            raise ValueError(f"requirement {requirement!r} is not defined")
        return str(requirement)

    def _exception(self, item: Any) -> PolicyException:
        _known_keys(
            item, {"id", "when", "effect", "max_level", "requirement", "until", "zone", "reason", "approved_by"}
        )
        if item["effect"] not in ("tighten", "loosen"):
            raise ValueError("effect must be tighten or loosen")
        until = instant(item["until"], zone_of(item), last=False) if item.get("until") else None
        if item["effect"] == "loosen" and until is None:
            raise ValueError("a loosening exception needs an end (until)")
        when = tuple(condition_of(part) for part in _items(item["when"], "when"))
        if not when:
            raise ValueError("an exception needs a condition")
        level, requirement = _level(item["max_level"]), self._named(item)
        approved_by = tuple(str(name) for name in _items(item.get("approved_by", []), "approved_by"))
        return PolicyException(_text(item["id"], "id"), when, item["effect"], level, requirement, until, approved_by)

    def _window(self, item: Any) -> Window:
        _known_keys(item, {"name", "from", "to", "weekly", "yearly", "zone", "scope", "cap", "reason"})
        scope = item.get("scope", {})
        _known_keys(scope, {"environment"})
        environments = _environments(scope.get("environment", ANY))
        return Window(_text(item["name"], "name"), times_of(item), environments, _level(item["cap"]))

    def _debt(self, item: Any) -> Debt:
        _known_keys(item, {"tier", "risk", "within"})
        if type(item["tier"]) is not int or item["tier"] not in TIERS:
            raise ValueError("tier must be 0 to 3")
        return Debt(item["tier"], _risk(item["risk"]), duration(item["within"]))


def _known_keys(item: Any, keys: set[str]) -> None:
    if not isinstance(item, Mapping):
        raise TypeError(f"must be an object with {', '.join(sorted(keys))}")
    unknown = sorted(set(item) - keys)
    if unknown:
        raise ValueError(f"{unknown[0]} is not known here; known are {', '.join(sorted(keys))}")


def _level(value: Any) -> Level:
    if not isinstance(value, str) or value not in set(Level):
        raise ValueError(f"{value!r} is not a level; levels are {', '.join(Level)}")
    return Level(value)


def _risk(value: Any) -> Risk:
    if not isinstance(value, str) or value not in set(Risk):
        raise ValueError(f"{value!r} is not a risk; risks are {', '.join(Risk)}")
    return Risk(value)


def _place(part: Any) -> tuple[str, int]:
    """The group and the number of a part of a quorum."""
    _known_keys(part, {"group", "n"})
    group, count = _text(part["group"], "group"), part["n"]
    if type(count) is not int or not 1 <= count <= 10:
        raise ValueError("a quorum asks for 1 to 10 people")
    return group, count


def _items(value: Any, name: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{name} must be a list")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def _several(value: Any) -> list[Any]:
    """A scalar or a list as a list; "*" is the empty list, which means any."""
    if value == ANY:
        return []
    found = list(value) if isinstance(value, list | tuple) else [value]
    if not found:
        raise ValueError(f"name at least one, or {ANY!r} for any")
    if ANY in found:
        raise ValueError(f"{ANY!r} stands alone")
    return found


def _texts(value: Any) -> frozenset[str]:
    return frozenset(_text(one, "each") for one in _several(value))


def _kinds(value: Any) -> frozenset[str]:
    return frozenset(_text(kind, "each") for kind in _items(value, "it"))


def _environments(value: Any) -> frozenset[str]:
    environments = _texts(value)
    if not environments <= set(ENVIRONMENTS):
        raise ValueError(f"environment must be {', '.join(ENVIRONMENTS)} or {ANY!r}")
    return environments
