"""Somebody leaves: what they answer for is handed over, and they are out, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from approvals import access
from approvals.actions.change_register import drafts_of
from approvals.organisation import AgentRow, GroupRow, Organisation, PersonRow, ServiceRow
from approvals.queries.estate import Estate, estate_of
from decisions import register
from decisions.auth import factors, links, sessions
from decisions.envelope import Draft
from decisions.errors import Problem, conflict, not_found
from decisions.models import Agent, Membership, Person, Service
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind


@dataclass(frozen=True, slots=True)
class Handover:
    """Who answers from now on, by username: for each service and agent by slug, else `successor`; "" is nobody."""

    successor: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    deputies: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)


def leave(person_id: UUID, handover: Handover, *, actor: UUID) -> list[str]:
    """Record that the person has left, with an entry for each thing that is handed over. Returns a line for each.

    Alarms that the person had taken on pass to `actor`. Sessions, password, second factor and links end with it. Raises a
    Problem: 403, 404, 409 `still-owned` if a service or an agent would be left without an owner (`left` names them), or
    if nobody could administer; 422 for a successor who may not act.
    """
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise not_found("person")
    lines: list[str] = []

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        access.require(known, actor, access.ADMINISTERS, "change the register")
        if known.valid(person_id) is None:
            raise conflict("not-active", "The person has left already.")
        ids = dict(Person.objects.values_list("username", "id"))
        estate = estate_of(known, person_id)
        able = {id_: name for name, id_ in ids.items() if known.valid(id_) and id_ != person_id}
        wanted = _wanted(person, estate, handover, able)
        _refuse_absent(handover, set(able.values()))
        _refuse_unowned(wanted)
        lines.clear()
        taken = [_taken_on(alarm.key, alarm.kind, actor) for alarm in estate.alarms]
        return [*drafts_of(wanted, ids, by=f"person:{actor}", lines=lines), *taken]

    with transaction.atomic():
        try:
            record(decide, principal=f"person:{actor}")
        except Problem as problem:
            # Raised below: that the attempt was refused stays recorded.
            refused: Problem | None = problem
        else:
            refused = None
            _shut_out(person)
    if refused is not None:
        raise refused
    return lines


def _shut_out(person: Person) -> None:
    sessions.end(person.id)
    links.revoke(person.id)
    factors.forget(person)
    person.set_unusable_password()
    person.save(update_fields=["password"])


def _wanted(person: Person, estate: Estate, handover: Handover, able: dict[UUID, str]) -> Organisation:
    """The rows as they are to be: named in them is nobody but who is `able` to act from now on."""
    changed = {row.slug: row for row in (*estate.owned, *estate.stood_in)}
    return Organisation(
        people=[PersonRow(person.username, person.name, person.email, (), active=False)],
        groups=[GroupRow(row.slug, row.name, _members(row.slug, able)) for row in estate.groups],
        services=[_service(row, handover, able) for row in changed.values()],
        agents=[_agent(row, handover) for row in estate.agents],
    )


def _members(slug: str, able: dict[UUID, str]) -> tuple[str, ...]:
    people = Membership.objects.filter(group_slug=slug).values_list("person_id", flat=True)
    return tuple(sorted(able[one] for one in people if one in able))


def _service(row: Service, handover: Handover, able: dict[UUID, str]) -> ServiceRow:
    owner = able.get(row.owner) if row.owner else None
    deputy = able.get(row.deputy) if row.deputy else None
    owner = owner or handover.owners.get(row.slug) or handover.successor
    deputy = deputy or handover.deputies.get(row.slug, "")
    return ServiceRow(
        slug=row.slug,
        name=row.name,
        tier=row.tier,
        environments=tuple(row.environments),
        owner=owner,
        # Nobody stands in for themselves.
        deputy="" if deputy == owner else deputy,
        team=row.team,
        data_class=row.data_class,
        cost_per_minute=row.cost_per_minute,
        currency=row.currency,
        retired=row.retired,
        known_as=tuple(row.known_as),
        on_call=row.on_call,
    )


def _agent(row: Agent, handover: Handover) -> AgentRow:
    owner = handover.agents.get(row.slug) or handover.successor
    return AgentRow(row.slug, row.name, row.vendor, row.model, row.version, owner, row.active, tuple(row.identities))


def _refuse_unowned(wanted: Organisation) -> None:
    left = [f"service {row.slug}" for row in wanted.services if not row.owner]
    left += [f"agent {row.slug}" for row in wanted.agents if not row.owner]
    if left:
        raise Problem(
            409,
            "still-owned",
            "Something would be left without an owner",
            f"Say who answers from now on for {', '.join(left)}. Nothing was recorded.",
            {"left": left},
        )


def _refuse_absent(handover: Handover, able: set[str]) -> None:
    stated = (*handover.owners.values(), *handover.deputies.values(), *handover.agents.values())
    absent = sorted({handover.successor, *stated} - able - {""})
    if absent:
        raise Problem(
            422,
            "unknown-person",
            "They cannot answer for it",
            f"{', '.join(absent)} may not act. Choose somebody who may. Nothing was recorded.",
        )


def _taken_on(key: str, kind: str, actor: UUID) -> Draft:
    return Draft(Kind.ALARM_ACKNOWLEDGED, f"person:{actor}", {"kv": 1, "key": key, "alarm": kind})
