"""Who of those who can answer has opened a decision while it waited. Only `note` writes, and no entry."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import BigIntegerField

from approvals import access
from approvals.models import Opening
from approvals.queries import calls
from decisions.models import Decision
from decisions.models.prepared import Prepared, Slot
from decisions.register import Register
from decisions.vocab import State

log = logging.getLogger(__name__)
_aside = ThreadPoolExecutor(1, "openings")
_OF = Prepared(lambda: Opening.objects.filter(decision_seq=Slot("seq", BigIntegerField())).order_by("at", "id"))


def of(row: Decision) -> list[Opening]:
    """Each of them once, the first first."""
    return _OF.all(seq=row.seq)


def note(row: Decision, state: State, known: Register, person: UUID, now: datetime) -> None:
    """Keep that `person` has opened it, if that says something: it waits, they can answer, and it is the first time.

    Nobody who reads waits for it: on SQLite it takes its turn after what is being written.
    """
    if not calls.waits(row, state) or not access.may(known, person, access.APPROVER_ROLES):
        return
    if Opening.objects.filter(decision_seq=row.seq, person_id=person).exists():
        return
    opening = Opening(decision_seq=row.seq, person_id=person, at=now)
    if connection.in_atomic_block:
        _keep(opening)
    else:
        _aside.submit(_keep, opening)


def _keep(opening: Opening) -> None:
    try:
        # Two of their pages may open at once: one row stays.
        Opening.objects.bulk_create([opening], ignore_conflicts=True)
    except DatabaseError:
        log.warning("that somebody opened a decision was not kept", exc_info=True)
    finally:
        if not connection.in_atomic_block:
            connection.close()
