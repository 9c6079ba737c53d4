"""Freezes from their entries, and the clocks of the holds that they stop and start again."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from decisions.envelope import Entry
from decisions.models import Decision, Freeze
from decisions.vocab import HOLDING, FreezeMode, FreezeScope, Kind, State

KINDS = (Kind.FREEZE_SET, Kind.FREEZE_LIFTED)
FIELD = {
    FreezeScope.ENVIRONMENT: "environment_class",
    FreezeScope.SERVICE: "service",
    FreezeScope.AGENT: "agent_id",
}


def apply(entries: Sequence[Entry]) -> None:
    for entry in entries:
        (_set if entry.kind is Kind.FREEZE_SET else _lifted)(entry)


def covered(freeze: Freeze) -> Q:
    """The decisions in the scope of `freeze`: equal to `Freeze.covers`."""
    field = FIELD.get(FreezeScope(freeze.scope))
    # Not an empty Q: that one says nothing, and "this or nothing" would be this alone.
    return Q(**{field: freeze.value}) if field else Q(seq__isnull=False)


def clocks_of(freeze: Freeze) -> "QuerySet[Decision]":
    """The holds whose clocks `freeze` stops: windows, and those that people answer only where every act is stopped."""
    states = HOLDING if freeze.mode == FreezeMode.ALL else {State.WINDOW}
    return Decision.objects.filter(covered(freeze), state__in=list(states))


def _set(entry: Entry) -> None:
    freeze = Freeze.objects.create(
        seq=entry.seq,
        id=entry.id,
        scope=entry.facts["scope"],
        value=entry.facts["value"],
        mode=entry.facts["mode"],
        reason=str(entry.disclosed.get("reason", "")),
        in_flight=entry.facts["in_flight"],
        set_by=UUID(entry.actor.removeprefix("person:")) if entry.actor.startswith("person:") else None,
        set_at=entry.at,
    )
    # What was over before is over: only a clock that still ran can be stopped.
    clocks_of(freeze).filter(stopped_at__isnull=True, hold_until__gt=entry.at).update(stopped_at=entry.at)


def _lifted(entry: Entry) -> None:
    freeze = Freeze.objects.get(id=entry.facts["freeze"])
    person = UUID(entry.actor.removeprefix("person:"))
    if not entry.facts["lifted"]:
        freeze.asked_by, freeze.asked_at = person, entry.at
        freeze.save(update_fields=["asked_by", "asked_at"])
        return
    freeze.lifted_by, freeze.lifted_at = person, entry.at
    freeze.save(update_fields=["lifted_by", "lifted_at"])
    still = Q(pk__in=[])
    for other in Freeze.objects.filter(lifted_at__isnull=True):
        held = covered(other) if other.mode == FreezeMode.ALL else covered(other) & Q(state=State.WINDOW)
        still |= held
    # They start again in full: people had no chance to answer while nothing could be claimed.
    again = clocks_of(freeze).filter(stopped_at__isnull=False).exclude(still)
    for seconds in again.order_by().values_list("hold_seconds", flat=True).distinct():
        again.filter(hold_seconds=seconds).update(hold_until=entry.at + timedelta(seconds=seconds))
    again.filter(window_ms__isnull=False).update(served_due=F("window_ms") + entry.facts["served_ms"])
    again.update(stopped_at=None)
