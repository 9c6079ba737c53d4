"""Change the register: every change of a service, agent, group or person's standing is an entry."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password

from approvals import access
from approvals.organisation import AgentRow, GroupRow, Organisation, PersonRow, ServiceRow, SourceRow
from decisions import register
from decisions.auth import sessions
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.models import Agent, Membership, Person, RegisterGroup, Service, Source, Standing
from decisions.models.bulk import chunks
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind, Role


def change_register(wanted: Organisation, *, actor: UUID | None, dry_run: bool = False) -> list[str]:
    """Bring the register to what `wanted` states; what it does not name stays. Returns a line for each change.

    `actor` is None for the operator's command line. People who are new get an account without a password. With
    `dry_run` nothing is written. Raises a Problem: 403, or 409 if it would leave nobody who can administer.
    """
    ids = _people(wanted.people, write=not dry_run)
    lines: list[str] = []
    by = f"person:{actor}" if actor else "system"

    def decide(moment: Moment) -> list[Draft]:
        if actor is not None:
            access.require(register.at(moment.config), actor, access.ADMINISTERS, "change the register")
        lines.clear()
        return drafts_of(wanted, ids, by=by, lines=lines)

    if dry_run:
        drafts_of(wanted, ids, by=by, lines=lines)
        return lines
    record(decide, principal=by)
    for row in wanted.people:
        if not row.active:
            sessions.end(ids[row.username])
    return lines


def drafts_of(wanted: Organisation, ids: dict[str, UUID], *, by: str, lines: list[str]) -> list[Draft]:
    """An entry for each row that differs from what `wanted` states, and a line about it. Reads only.

    Raises a 409 problem if nobody could administer afterwards.
    """
    drafts = []
    for facts, row, was, label in _changes(wanted, ids):
        if (facts, row) == was:
            continue
        lines.append(f"{'change' if was else 'add'} {facts['table']} {label}")
        drafts.append(Draft(Kind.REGISTER_CHANGED, by, {"kv": 1, **facts}, {"row": row} if row else {}))
    _keep_an_administrator(wanted, ids)
    return drafts


Held = tuple[dict[str, Any], dict[str, Any]] | None
Change = tuple[dict[str, Any], dict[str, Any], Held, str]
"""(facts, texts, what is held now, label) of a row that the register should have."""


def _people(rows: Sequence[PersonRow], *, write: bool) -> dict[str, UUID]:
    """username → pseudonym, of everybody known; new people get an account."""
    if write:
        stated = {row.username: row for row in rows}
        accounts = Person.objects.in_bulk(list(stated), field_name="username")
        fresh = [
            Person(username=row.username, name=row.name, email=row.email, password=make_password(None))
            for row in stated.values()
            if row.username not in accounts
        ]
        # Whoever makes the same account meanwhile is first: names are unique.
        Person.objects.bulk_create(fresh, batch_size=200, ignore_conflicts=True)
        changed = []
        for username, person in accounts.items():
            row = stated[username]
            if (person.name, person.email) != (row.name, row.email):
                person.name, person.email = row.name, row.email
                changed.append(person)
        Person.objects.bulk_update(changed, ["name", "email"], batch_size=200)
    known = dict(Person.objects.values_list("username", "id"))
    return known | {row.username: uuid.uuid4() for row in rows if row.username not in known}


@dataclass(frozen=True, slots=True)
class Present:
    """The rows that the register has of those which are stated, by their keys."""

    standings: Mapping[UUID, Standing]
    groups: Mapping[str, RegisterGroup]
    members: Mapping[str, list[str]]
    services: Mapping[str, Service]
    agents: Mapping[str, Agent]
    sources: Mapping[str, Source]


def _present(wanted: Organisation, ids: Mapping[str, UUID]) -> Present:
    groups = sorted({row.slug for row in wanted.groups} | {row.on_call for row in wanted.services if row.on_call})
    members: dict[str, list[str]] = {}
    for some in chunks(groups):
        for slug, person in Membership.objects.filter(group_slug__in=some).values_list("group_slug", "person_id"):
            members.setdefault(slug, []).append(str(person))
    return Present(
        standings=Standing.objects.in_bulk([ids[row.username] for row in wanted.people]),
        groups=RegisterGroup.objects.in_bulk(groups),
        members=members,
        services=Service.objects.in_bulk([row.slug for row in wanted.services]),
        agents=Agent.objects.in_bulk(
            [row.slug for row in wanted.agents] + [row.agent for row in wanted.sources if row.agent], field_name="slug"
        ),
        sources=Source.objects.in_bulk([row.slug for row in wanted.sources]),
    )


def _changes(wanted: Organisation, ids: dict[str, UUID]) -> Iterable[Change]:
    present = _present(wanted, ids)
    for person in wanted.people:
        yield _person(person, ids, present)
    for group in wanted.groups:
        yield _group(group, ids, present)
    for service in wanted.services:
        yield _service(service, ids, wanted, present)
    fresh: dict[str, str] = {}
    for agent in wanted.agents:
        change = _agent(agent, ids, present)
        fresh[agent.slug] = change[0]["key"]
        yield change
    for source in wanted.sources:
        yield _source(source, present, fresh)


def _id(ids: dict[str, UUID], username: str) -> str | None:
    if not username:
        return None
    if username not in ids:
        raise Problem(422, "unknown-person", "There is no such person", f"{username} is not in the register.")
    return str(ids[username])


def _person(row: PersonRow, ids: dict[str, UUID], present: Present) -> Change:
    key = str(ids[row.username])
    facts = {"table": "person", "key": key, "active": row.active, "roles": sorted(row.roles)}
    held = present.standings.get(ids[row.username])
    was: Held = ({**facts, "active": held.active, "roles": sorted(held.roles)}, {}) if held else None
    return facts, {}, was, row.username


def _group(row: GroupRow, ids: dict[str, UUID], present: Present) -> Change:
    members = sorted(str(_id(ids, name)) for name in row.members)
    held = present.groups.get(row.slug)
    if row.on_call is not None:
        on_call = [_id(ids, name) for name in row.on_call]
    else:
        on_call = [person for person in held.on_call if person in members] if held else []
    facts = {"table": "group", "key": row.slug, "members": members, "on_call": on_call}
    was: Held = None
    if held:
        was_members = sorted(present.members.get(row.slug, []))
        was = ({**facts, "members": was_members, "on_call": held.on_call}, {"name": held.name})
    return facts, {"name": row.name}, was, row.slug


SERVICE_TEXTS = ("name", "team", "data_class", "cost_per_minute", "currency")
AGENT_TEXTS = ("name", "vendor", "model", "version")


def _rota(row: ServiceRow, wanted: Organisation, present: Present) -> str:
    if row.on_call and row.on_call not in present.groups and all(row.on_call != one.slug for one in wanted.groups):
        raise Problem(422, "unknown-group", "There is no such group", f"{row.on_call} is not in the register.")
    return row.on_call


def _service(row: ServiceRow, ids: dict[str, UUID], wanted: Organisation, present: Present) -> Change:
    facts = {
        "table": "service",
        "key": row.slug,
        "tier": row.tier,
        "owner": _id(ids, row.owner),
        "deputy": _id(ids, row.deputy),
        "retired": row.retired,
        "on_call": _rota(row, wanted, present),
    }
    texts = {name: getattr(row, name) for name in SERVICE_TEXTS} | {
        "environments": [dict(one) for one in row.environments],
        "known_as": list(row.known_as),
    }
    held = present.services.get(row.slug)
    was: Held = None
    if held:
        was_facts = {
            **facts,
            "tier": held.tier,
            "owner": str(held.owner) if held.owner else None,
            "deputy": str(held.deputy) if held.deputy else None,
            "retired": held.retired,
            "on_call": held.on_call,
        }
        kept = {"environments": held.environments, "known_as": held.known_as}
        was = (was_facts, {name: getattr(held, name) for name in SERVICE_TEXTS} | kept)
    return facts, texts, was, row.slug


def _agent(row: AgentRow, ids: dict[str, UUID], present: Present) -> Change:
    held = present.agents.get(row.slug)
    facts = {
        "table": "agent",
        "key": str(held.id if held else uuid.uuid4()),
        "slug": row.slug,
        "owner": _id(ids, row.owner),
        "active": row.active,
    }
    texts = {name: getattr(row, name) for name in AGENT_TEXTS} | {"identities": list(row.identities)}
    was: Held = None
    if held:
        was_facts = {**facts, "owner": str(held.owner) if held.owner else None, "active": held.active}
        was = (was_facts, {name: getattr(held, name) for name in AGENT_TEXTS} | {"identities": held.identities})
    return facts, texts, was, row.slug


def _source(row: SourceRow, present: Present, wanted: Mapping[str, str]) -> Change:
    agent = present.agents.get(row.agent)
    whose = str(agent.id) if agent else wanted.get(row.agent)
    if row.agent and whose is None:
        raise Problem(422, "unknown-agent", "There is no such agent", f"{row.agent} is not in the register.")
    facts = {
        "table": "source",
        "key": row.slug,
        "system": row.system,
        "agent": whose,
        "quiet_minutes": row.quiet_minutes,
        "active": row.active,
    }
    held = present.sources.get(row.slug)
    was: Held = None
    if held:
        was_facts = {
            **facts,
            "system": held.system,
            "agent": str(held.agent_id) if held.agent_id else None,
            "quiet_minutes": held.quiet_minutes,
            "active": held.active,
        }
        was = (was_facts, {"name": held.name})
    return facts, {"name": row.name}, was, row.slug


def _keep_an_administrator(wanted: Organisation, ids: dict[str, UUID]) -> None:
    """Refuse a change after which nobody could administer the register, if somebody can now."""
    standings = {standing.person_id: standing for standing in Standing.objects.all()}
    now = {person for person, standing in standings.items() if standing.has(Role.ADMIN)}
    stated = {ids[row.username]: row.active and Role.ADMIN in row.roles for row in wanted.people}
    after = {person for person in now if stated.get(person, True)} | {
        person for person, admin in stated.items() if admin
    }
    if now and not after:
        raise Problem(
            409, "last-administrator", "Somebody must be able to administer", "Make another administrator first."
        )


def register_change(facts: dict[str, Any], *, actor: UUID | None) -> Recorded:
    """Record a change that has no row of its own (a key made or revoked)."""

    def decide(moment: Moment) -> list[Draft]:
        if actor is not None:
            access.require(register.at(moment.config), actor, access.ADMINISTERS, "change the register")
        return [Draft(Kind.REGISTER_CHANGED, f"person:{actor}" if actor else "system", {"kv": 1, **facts})]

    return record(decide, principal=f"person:{actor}" if actor else "system")
