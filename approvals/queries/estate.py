"""What somebody answers for, which must be handed over before they go. It must not write."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from decisions import register
from decisions.models import Agent, AgentKey, Alarm, Membership, RegisterGroup, Service


@dataclass(frozen=True, slots=True)
class Estate:
    """Services that they answer for or stand in on, active agents, groups, alarms that they took on, live keys they made."""

    owned: list[Service]
    stood_in: list[Service]
    agents: list[Agent]
    groups: list[RegisterGroup]
    alarms: list[Alarm]
    keys: list[AgentKey]


def estate_of(known: register.Register, person: UUID) -> Estate:
    services = Service.objects.filter(Q(owner=person) | Q(deputy=person), retired=False).order_by("tier", "slug")
    slugs = Membership.objects.filter(person_id=person).values_list("group_slug", flat=True)
    return Estate(
        owned=[row for row in services if person in (row.owner, known.answerable(row.slug)[0])],
        stood_in=[row for row in services if row.deputy == person],
        agents=list(Agent.objects.filter(owner=person, active=True).order_by("slug")),
        groups=list(RegisterGroup.objects.filter(slug__in=list(slugs)).order_by("slug")),
        alarms=list(Alarm.objects.filter(state="acknowledged", acknowledged_by=person, person=None).order_by("seq")),
        keys=list(AgentKey.objects.filter(made_by=person, revoked_at=None).order_by("created_at")),
    )
