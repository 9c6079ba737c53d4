"""The organisation file: one YAML document with people, groups, services, agents and sources. Pure; it must not write.

Reading it gives either an Organisation or every fault with its place.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from approvals.documents import read_yaml
from decisions.vocab import ENVIRONMENTS, TIERS, Role

MOST_NAMES = 100
MOST_ON_CALL = 20
MOST_QUIET = 60 * 24 * 31
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class BadOrganisationError(ValueError):
    """The file cannot be used; `errors` names every fault with its place."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class PersonRow:
    username: str
    name: str
    email: str
    roles: tuple[str, ...]
    active: bool = True


@dataclass(frozen=True, slots=True)
class GroupRow:
    slug: str
    name: str
    members: tuple[str, ...]
    on_call: tuple[str, ...] | None = None
    """In the order in which they are called; None leaves it to those members who are."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    slug: str
    name: str
    tier: int
    environments: tuple[Mapping[str, str], ...]
    owner: str
    deputy: str
    team: str
    data_class: str
    cost_per_minute: str
    currency: str
    retired: bool = False
    known_as: tuple[str, ...] = ()
    on_call: str = ""
    """The slug of the group of which somebody is on call for it."""


@dataclass(frozen=True, slots=True)
class AgentRow:
    slug: str
    name: str
    vendor: str
    model: str
    version: str
    owner: str
    active: bool = True
    identities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceRow:
    slug: str
    name: str
    system: str
    agent: str
    """The slug of the agent whose acts it tells of, or empty."""
    quiet_minutes: int | None
    active: bool = True


@dataclass(slots=True)
class Organisation:
    """People are named by username throughout."""

    name: str = ""
    people: list[PersonRow] = field(default_factory=list)
    groups: list[GroupRow] = field(default_factory=list)
    services: list[ServiceRow] = field(default_factory=list)
    agents: list[AgentRow] = field(default_factory=list)
    sources: list[SourceRow] = field(default_factory=list)


def read(text: str) -> Organisation:
    """The organisation in YAML `text`. Raises BadOrganisationError."""
    try:
        document = read_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise BadOrganisationError([f"{where}not YAML: {getattr(error, 'problem', error)}"]) from None
    if not isinstance(document, dict):
        raise BadOrganisationError(["the file must hold people, groups, services and agents"])
    return _Reader(document).organisation()


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.errors: list[str] = []

    def organisation(self) -> Organisation:
        for key in sorted(set(self.document) - {"organisation", "people", "groups", "services", "agents", "sources"}):
            self.errors.append(f"{key}: not known")
        about = self.document.get("organisation") or {}
        made = Organisation(
            name=str(about.get("name", "")) if isinstance(about, dict) else "",
            people=self._rows("people", person, "username"),
            groups=self._rows("groups", group, "slug"),
            services=self._rows("services", service, "slug"),
            agents=self._rows("agents", agent, "slug"),
            sources=self._rows("sources", source, "slug"),
        )
        self._references(made)
        if self.errors:
            raise BadOrganisationError(self.errors)
        return made

    def _rows(self, name: str, make: Callable[[Mapping[str, Any]], Any], key: str) -> list[Any]:
        items = self.document.get(name) or []
        if not isinstance(items, list):
            self.errors.append(f"{name}: must be a list")
            return []
        made, seen = [], set()
        for index, item in enumerate(items):
            label = f"{name}[{index}]"
            if not isinstance(item, dict):
                self.errors.append(f"{label}: must be a mapping")
                continue
            label = f"{name}[{item.get(key, index)}]"
            try:
                row = make(item)
            except (ValueError, TypeError, KeyError) as error:
                text = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
                self.errors.append(f"{label}: {text}")
                continue
            if getattr(row, key) in seen:
                self.errors.append(f"{label}: stated twice")
            seen.add(getattr(row, key))
            made.append(row)
        return made

    def _references(self, made: Organisation) -> None:
        people = {row.username for row in made.people}

        def check(place: str, username: str) -> None:
            if username and username not in people:
                self.errors.append(f"{place}: {username} is not among people")

        for group_ in made.groups:
            for member in group_.members:
                check(f"groups[{group_.slug}].members", member)
        for service_ in made.services:
            check(f"services[{service_.slug}].owner", service_.owner)
            check(f"services[{service_.slug}].deputy", service_.deputy)
        for agent_ in made.agents:
            check(f"agents[{agent_.slug}].owner", agent_.owner)


def _known(item: Mapping[str, Any], *names: str) -> None:
    unknown = sorted(set(item) - set(names))
    if unknown:
        raise ValueError(f"{unknown[0]} is not known here; known are {', '.join(names)}")


def _slug(value: Any) -> str:
    if not isinstance(value, str) or not SLUG.fullmatch(value):
        raise ValueError(f"{value!r} is not a slug: lower-case letters, digits, dot, dash, underscore; at most 64")
    return value


def _text(item: Mapping[str, Any], name: str, *, most: int = 120) -> str:
    value = item.get(name)
    text = "" if value is None else str(value)
    if len(text) > most:
        raise ValueError(f"{name} is longer than {most} characters")
    return text


def person(item: Mapping[str, Any]) -> PersonRow:
    _known(item, "username", "name", "email", "roles", "active")
    roles = tuple(str(role) for role in item.get("roles") or ())
    for role in roles:
        if role not in set(Role):
            raise ValueError(f"role {role!r} is not one of {', '.join(Role)}")
    email = _text(item, "email", most=254)
    if email and "@" not in email:
        raise ValueError(f"email {email!r} has no @")
    return PersonRow(
        _slug(item["username"]),
        _text(item, "name") or str(item["username"]),
        email,
        roles,
        bool(item.get("active", True)),
    )


def group(item: Mapping[str, Any]) -> GroupRow:
    _known(item, "slug", "name", "members", "on_call")
    slug = _slug(item["slug"])
    members = tuple(sorted({_slug(one) for one in item.get("members") or ()}))
    on_call = item.get("on_call")
    if on_call is not None:
        if not isinstance(on_call, list | tuple):
            raise ValueError("on_call must be a list of usernames")
        on_call = tuple(_slug(one) for one in on_call)
    return GroupRow(slug, _text(item, "name") or slug, members, on_call and rota(on_call, members))


def rota(people: Sequence[str], members: Collection[str]) -> tuple[str, ...]:
    """`people`, in the order in which they are called. Raises ValueError where one is named twice or is no member."""
    for at, one in enumerate(people):
        if one in people[:at]:
            raise ValueError(f"{one} is on call twice")
        if one not in members:
            raise ValueError(f"{one} is on call and not a member")
    if len(people) > MOST_ON_CALL:
        raise ValueError(f"more than {MOST_ON_CALL} are on call")
    return tuple(people)


def service(item: Mapping[str, Any]) -> ServiceRow:
    _known(
        item,
        "slug",
        "name",
        "tier",
        "environments",
        "owner",
        "deputy",
        "team",
        "data_class",
        "cost_per_minute",
        "currency",
        "retired",
        "known_as",
        "on_call",
    )
    if isinstance(item["tier"], bool) or item["tier"] not in TIERS:
        raise ValueError(f"tier must be one of {', '.join(map(str, TIERS))}; it is {item['tier']!r}")
    slug = _slug(item["slug"])
    return ServiceRow(
        slug=slug,
        name=_text(item, "name") or slug,
        tier=item["tier"],
        environments=tuple(_environment(one) for one in item.get("environments") or ()),
        owner=_text(item, "owner"),
        deputy=_text(item, "deputy"),
        team=_text(item, "team"),
        data_class=_text(item, "data_class", most=40),
        cost_per_minute=_money(item.get("cost_per_minute")),
        currency=_text(item, "currency", most=3),
        retired=bool(item.get("retired", False)),
        known_as=_names(item, "known_as"),
        on_call=_text(item, "on_call", most=64),
    )


def _environment(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        raise TypeError("an environment is {name: …, class: …}")
    _known(item, "name", "class")
    if item["class"] not in ENVIRONMENTS:
        raise ValueError(f"class of environment {item['name']} must be one of {', '.join(ENVIRONMENTS)}")
    return {"name": _slug(item["name"]), "class": item["class"]}


def _money(value: Any) -> str:
    if value is None or value == "":
        return ""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"cost_per_minute {value!r} is not a number") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError("cost_per_minute must be 0 or more")
    return f"{amount:f}"


def agent(item: Mapping[str, Any]) -> AgentRow:
    _known(item, "slug", "name", "vendor", "model", "version", "owner", "active", "identities")
    slug = _slug(item["slug"])
    return AgentRow(
        slug=slug,
        name=_text(item, "name") or slug,
        vendor=_text(item, "vendor"),
        model=_text(item, "model"),
        version=_text(item, "version", most=60),
        owner=_text(item, "owner"),
        active=bool(item.get("active", True)),
        identities=_names(item, "identities"),
    )


def source(item: Mapping[str, Any]) -> SourceRow:
    _known(item, "slug", "name", "system", "agent", "quiet_minutes", "active")
    slug, quiet = _slug(item["slug"]), item.get("quiet_minutes")
    if quiet is not None and (not isinstance(quiet, int) or isinstance(quiet, bool) or not 1 <= quiet <= MOST_QUIET):
        raise ValueError(f"quiet_minutes must be a whole number from 1 to {MOST_QUIET}")
    return SourceRow(
        slug=slug,
        name=_text(item, "name") or slug,
        system=_slug(item["system"]),
        agent=_text(item, "agent", most=64),
        quiet_minutes=quiet,
        active=bool(item.get("active", True)),
    )


def _names(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Names that other systems use: each once, in order."""
    names = item.get(name) or ()
    if not isinstance(names, list | tuple) or not all(isinstance(one, str) and 1 <= len(one) <= 200 for one in names):
        raise ValueError(f"{name} must be a list of texts of 1 to 200 characters")
    if len(names) > MOST_NAMES:
        raise ValueError(f"{name} holds more than {MOST_NAMES} names")
    return tuple(sorted(set(names)))
