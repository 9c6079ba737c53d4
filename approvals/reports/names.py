"""The register's words for the ids in the decisions, and the incidents that name them: small, so read once. It must not judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from approvals.reports.registers import incidents_of
from decisions.models import Agent, Person, Service


@dataclass(frozen=True, slots=True)
class Names:
    """The register's words for the ids in the decisions, and the incidents that name them; small, so read once."""

    people: Mapping[UUID, str]
    agents: Mapping[UUID, str]
    costs: Mapping[str, Decimal | None]
    incidents: Mapping[str, tuple[datetime, bool]]
    used: dict[str, str] = field(default_factory=dict)
    """The names that were asked for so far, by pseudonym: a report carries them, for the ledger does not."""

    @classmethod
    def read(cls, people: Mapping[str, str] | None = None) -> "Names":
        """Those of the register; with `people`, what a report carries, in their place."""
        costs = Service.objects.values_list("slug", "cost_per_minute")
        known = dict(Person.objects.values_list("id", "name"))
        return cls(
            known if people is None else {UUID(id_): name for id_, name in people.items()},
            dict(Agent.objects.values_list("id", "slug")),
            {slug: Decimal(cost) if cost else None for slug, cost in costs},
            incidents_of(),
        )

    def person(self, id_: UUID | None) -> str:
        """The name, or for one whose name was erased the start of the pseudonym."""
        if id_ is None:
            return ""
        name = self.people.get(id_)
        if not name:
            return f"person {str(id_)[:8]}"
        self.used[str(id_)] = name
        return name
