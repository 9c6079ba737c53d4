"""The open alarms, and a mark by which a page knows whether those that may concern its reader are others now. It must not write."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from decisions.models import Alarm

MOST = 200
"""As many as a page looks at: those that call somebody before the others, the newest first."""


class Open(NamedTuple):
    """An alarm that nobody has taken note of."""

    seq: int
    person: UUID | None
    """Whom alone it concerns."""


def opened() -> frozenset[Open]:
    # No other alarm pushes a call out.
    ordered = Alarm.objects.filter(state="open").order_by(F("person").asc(nulls_last=True), "-seq")
    return frozenset(Open(*row) for row in ordered.values_list("seq", "person")[:MOST])


def mark(alarms: Iterable[Open], person: UUID) -> str:
    """Another one when `person` may have to see others: how many they are, and the newest."""
    theirs = [alarm.seq for alarm in alarms if alarm.person in (None, person)]
    return f"{len(theirs)}.{max(theirs, default=0)}"
