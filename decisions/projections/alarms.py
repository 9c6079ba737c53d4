"""Alarms from their entries."""

from collections.abc import Sequence
from uuid import UUID

from decisions.envelope import Entry
from decisions.models import Alarm, Decision
from decisions.projections import decided
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
                person=UUID(entry.facts["person"]) if "person" in entry.facts else None,
                decision=UUID(entry.facts["decision"]) if "decision" in entry.facts else None,
                raised_by=entry.actor,
                state="open",
                raised_at=entry.at,
            )
        elif entry.kind is Kind.ALARM_ACKNOWLEDGED:
            person = UUID(entry.actor.removeprefix("person:"))
            live.update(state="acknowledged", acknowledged_at=entry.at, acknowledged_by=person)
        else:
            live.update(state="cleared", cleared_at=entry.at)
    # That somebody was called, and came, belongs to the history of the decision that they were called to.
    called = [entry for entry in entries if "decision" in entry.facts]
    if called:
        decided.fold_into_decisions(called, dict.fromkeys(KINDS, _stands))


def _stands(row: Decision, entry: Entry) -> None:
    """It changes nothing of the decision."""
