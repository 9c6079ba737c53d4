"""Legal holds in force, and what they cover. It must not write."""

from collections.abc import Iterable

from django.db.models import QuerySet

from decisions.envelope import Entry
from decisions.models import Decision, LegalHold
from decisions.vocab import LegalHoldScope


def in_force() -> "QuerySet[LegalHold]":
    """The newest first."""
    return LegalHold.objects.filter(lifted_at__isnull=True).order_by("-seq")


def covers(hold: LegalHold, entry: Entry, row: Decision | None) -> bool:
    """Whether `entry`, which may speak of the decision `row`, is in the scope of `hold`."""
    facts, value = entry.facts, hold.value
    match hold.scope:
        case LegalHoldScope.EVERYTHING:
            return True
        case LegalHoldScope.SERVICE:
            spoken = (facts.get("service"), facts.get("key"), facts.get("value"), row.service if row else None)
            return value in spoken
        case LegalHoldScope.AGENT:
            spoken = (facts.get("agent"), facts.get("key"), facts.get("value"), str(row.agent_id) if row else None)
            return value in spoken or entry.actor == f"agent:{value}"
        case _:
            answered = (row.owner_id, row.deputy_id, row.decided_by) if row else ()
            return entry.actor == f"person:{value}" or facts.get("key") == value or value in map(str, answered)


def of_person(holds: Iterable[LegalHold], person: object) -> list[LegalHold]:
    """Those of `holds` that keep the account of `person`."""
    kept = ((LegalHoldScope.EVERYTHING, ""), (LegalHoldScope.PERSON, str(person)))
    return [hold for hold in holds if (hold.scope, hold.value) in kept]
