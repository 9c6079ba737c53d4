"""Alarms from their entries."""

from collections.abc import Sequence
from uuid import UUID

from decisions.envelope import Entry
from decisions.models import Alarm
from decisions.vocab import Kind

KINDS = (Kind.ALARM_RAISED, Kind.ALARM_ACKNOWLEDGED, Kind.ALARM_CLEARED)


def apply(entries: Sequence[Entry]) -> None:
    for entry in entries:
        key = entry.facts["key"]
        live = Alarm.objects.filter(key=key).exclude(state="cleared")
        if entry.kind is Kind.ALARM_RAISED:
            Alarm.objects.create(
                seq=entry.seq,
                key=key,
                kind=entry.facts["alarm"],
                subject=entry.disclosed.get("subject", ""),
                state="open",
                raised_at=entry.at,
            )
        elif entry.kind is Kind.ALARM_ACKNOWLEDGED:
            person = UUID(entry.actor.removeprefix("person:"))
            live.update(state="acknowledged", acknowledged_at=entry.at, acknowledged_by=person)
        else:
            live.update(state="cleared", cleared_at=entry.at)
