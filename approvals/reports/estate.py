"""What of the company a report is of, as conditions on rows. It must not count."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from approvals.periods import Scope
from decisions.models import Decision, Service


@dataclass(frozen=True, slots=True)
class Estate:
    """The services of a scope, as the register has them now, and the decisions that were recorded as theirs."""

    scope: Scope
    services: frozenset[str] = frozenset()

    @classmethod
    def of(cls, scope: Scope) -> "Estate":
        if scope.of == "team":
            return cls(scope, frozenset(Service.objects.filter(team=scope.value).values_list("slug", flat=True)))
        return cls(scope, frozenset({scope.value} if scope.of else ()))

    @property
    def rows(self) -> dict[str, str]:
        """The filter of its decisions: whose a service was when each was received counts, not whose it is now."""
        return {self.scope.of: self.scope.value} if self.scope.of else {}

    def has(self, service: str | None, decision: str | None) -> bool:
        """Whether what names this service and this decision is part of it; what names neither is everybody's."""
        if not self.scope.of or not (service or decision):
            return True
        return service in self.services if service else bool(self.decisions([decision or ""]))

    def decisions(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are decisions of it."""
        known = [id_ for text in ids if (id_ := _uuid(text))]
        rows = Decision.objects.filter(id__in=known, complete=True, **self.rows)
        return {str(id_) for id_ in rows.values_list("id", flat=True)}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
