"""Who of those who can answer has opened a decision while it waited. Only `note` writes, and no entry."""

from datetime import datetime
from uuid import UUID

from django.db.models import BigIntegerField

from approvals import access
from approvals.models import Opening
from approvals.queries.calls import CALLS_FOR
from decisions.models import Decision
from decisions.models.prepared import Prepared, Slot
from decisions.register import Register
from decisions.vocab import State

_OF = Prepared(lambda: Opening.objects.filter(decision_seq=Slot("seq", BigIntegerField())).order_by("at", "id"))


def of(row: Decision) -> list[Opening]:
    """Each of them once, the first first."""
    return _OF.all(seq=row.seq)


def note(row: Decision, state: State, known: Register, person: UUID, now: datetime) -> None:
    """Keep that `person` has opened it, if that says something: it waits, they can answer, and it is the first time."""
    if state not in CALLS_FOR or not access.may(known, person, access.APPROVER_ROLES):
        return
    if not Opening.objects.filter(decision_seq=row.seq, person_id=person).exists():
        # Two of their pages may open at once: one row stays.
        Opening.objects.bulk_create([Opening(decision_seq=row.seq, person_id=person, at=now)], ignore_conflicts=True)
