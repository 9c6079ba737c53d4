"""The register as one immutable snapshot, by the id of the entry that last changed it. It must not be edited here."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from decisions import ledger
from decisions.models import Agent, Format, Membership, Person, RegisterGroup, Service, Source, Standing
from decisions.vocab import Role


@dataclass(frozen=True, slots=True)
class Register:
    services: Mapping[str, Service]
    agents: Mapping[UUID, Agent]
    standings: Mapping[UUID, Standing]
    members: Mapping[str, frozenset[UUID]]
    sources: Mapping[str, Source] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)
    known_as: Mapping[str, str] = field(default_factory=dict)
    """What other systems call a service → its slug."""
    identities: Mapping[str, UUID] = field(default_factory=dict)
    """`<system>:<name>` → the active agent that is called so there."""
    rotas: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)
    """Group → those who are on call in it, in the order in which they are called."""

    @property
    def watched(self) -> frozenset[UUID]:
        """The agents whose doing other systems may tell of."""
        told_of = {row.agent_id for row in self.sources.values() if row.agent_id is not None}
        return frozenset(self.identities.values()) | told_of

    def service_named(self, names: Iterable[str]) -> str:
        """The slug of the service that the first known of `names` stands for; empty where none is known."""
        for name in names:
            found = name if name in self.services else self.known_as.get(name.lower())
            if found is not None:
                return found
        return ""

    def valid(self, person: UUID | None) -> UUID | None:
        """`person` if they may act at all; None where an owner has left or never was."""
        standing = self.standings.get(person) if person else None
        return person if standing and standing.active else None

    def answerable(self, service: str) -> tuple[UUID | None, UUID | None]:
        """(accountable person, deputy) of `service` now; the deputy steps in where the owner is not valid."""
        row = self.services.get(service)
        if row is None:
            return None, None
        owner, deputy = self.valid(row.owner), self.valid(row.deputy)
        return owner or deputy, deputy

    def on_call(self, service: str) -> tuple[UUID, ...]:
        """Who is on call for `service` now, in the order in which they are called; those who may not act are left out."""
        row = self.services.get(service)
        return self.rota(row.on_call) if row else ()

    def rota(self, group: str) -> tuple[UUID, ...]:
        """Who is on call in `group` now, in that order."""
        return tuple(person for person in self.rotas.get(group, ()) if self.valid(person))

    def environment_class(self, service: str, environment: str) -> str:
        """The class of a named environment; what is not registered counts as prod, the strictest."""
        row = self.services.get(service)
        for known in row.environments if row else ():
            if known["name"] == environment:
                return str(known["class"])
        return "prod"

    def members_of(self, group: str) -> frozenset[UUID]:
        """The members of `group` who may act."""
        return frozenset(person for person in self.members.get(group, ()) if self.valid(person))

    def has_role(self, person: UUID, *roles: Role) -> bool:
        standing = self.standings.get(person)
        return standing is not None and standing.has(*roles)


_lock = threading.Lock()
_cached: dict[str, Register] = {}


def at(config: str) -> Register:
    """The register as of the entry with id `config`, which the caller read from the head it works under."""
    found = _cached.get(config)
    if found is None:
        found = _read()
        with _lock:
            _cached.clear()
            _cached[config] = found
    return found


def latest() -> Register:
    """The register as last committed, for pages and permissions."""
    return at(ledger.config())


def at_hand() -> Register | None:
    """The register as it was last read in this process, without asking; None where it never was."""
    with _lock:
        return next(iter(_cached.values()), None)


def _read() -> Register:
    members: dict[str, set[UUID]] = {}
    for slug, person in Membership.objects.values_list("group_slug", "person_id"):
        members.setdefault(slug, set()).add(person)
    services = {row.slug: row for row in Service.objects.filter(retired=False)}
    agents = {row.id: row for row in Agent.objects.all()}
    return Register(
        services=services,
        agents=agents,
        standings={row.person_id: row for row in Standing.objects.all()},
        members={slug: frozenset(people) for slug, people in members.items()},
        sources={row.slug: row for row in Source.objects.filter(active=True)},
        formats={row.system: row for row in Format.objects.filter(active=True)},
        # Where two claim one name, the one that comes first in the alphabet has it: whichever, it is the same everywhere.
        known_as={name.lower(): slug for slug in sorted(services, reverse=True) for name in services[slug].known_as},
        identities={
            name: row.id
            for row in sorted(agents.values(), key=lambda row: row.slug, reverse=True)
            if row.active
            for name in row.identities
        },
        rotas={row.slug: tuple(map(UUID, row.on_call)) for row in RegisterGroup.objects.all() if row.on_call},
    )


def names(people: set[UUID]) -> dict[UUID, str]:
    """The names of `people`, for pages; a person who was erased has none."""
    return dict(Person.objects.filter(id__in=people).values_list("id", "name"))
