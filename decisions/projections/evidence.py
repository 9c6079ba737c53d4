"""What other systems told, from the entries that hold it, and what a person cut off again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from decisions import ledger
from decisions.envelope import Entry, parse_time
from decisions.models import Decision, Evidence, EvidenceKey, LinkCut, Look, Timeline
from decisions.models.bulk import chunks, insert_rows, upsert
from decisions.projections import again, decided, sources
from decisions.vocab import Kind, Says

KINDS = (Kind.SIGNAL_RECEIVED, Kind.LINK_CUT)
KEPT = (Says.TRIGGER, Says.EFFECT)


def apply(entries: Sequence[Entry]) -> None:
    sources.count(entries)
    signals = [entry for entry in entries if entry.kind is Kind.SIGNAL_RECEIVED]
    # A remark of an agent on its own decision says nothing: only the ledger keeps it.
    kept = [entry for entry in signals if entry.facts.get("says") in KEPT]
    _keep(kept)
    _count([entry for entry in signals if entry.facts.get("says") == Says.LOOK])
    # What is cut may be evidence that came in the same batch.
    _cut([entry for entry in entries if entry.kind is Kind.LINK_CUT])


def _keep(entries: Sequence[Entry]) -> None:
    upsert(Evidence, [_row(entry) for entry in entries])
    rows = [(f"{key}:{entry.seq}", key, entry.seq) for entry in entries for key in entry.facts["keys"]]
    insert_rows(EvidenceKey, ("id", "key", "evidence_seq"), rows)


def _row(entry: Entry) -> Evidence:
    facts = entry.facts
    return Evidence(
        seq=entry.seq,
        id=entry.id,
        says=facts["says"],
        source=facts["source"],
        agent_id=UUID(facts["agent"]) if facts["agent"] else None,
        service=facts["service"] or "",
        outcome=facts["outcome"] or "",
        occurred_at=_time(facts["occurred"]) or entry.at,
        until=_time(facts["until"]),
        received_at=entry.at,
        told=entry.disclosed.get("told", {}),
    )


def _time(text: str | None) -> datetime | None:
    return parse_time(text) if text else None


def _count(entries: Sequence[Entry]) -> None:
    """Add the calls of each agent and episode to those of before."""
    fresh: dict[str, Look] = {}
    for entry in entries:
        facts, at = entry.facts, _time(entry.facts["occurred"]) or entry.at
        id_ = f"{facts['agent']}:{facts['episode']}"
        row = fresh.setdefault(
            id_, Look(id=id_, agent_id=UUID(facts["agent"]), episode=facts["episode"], calls=0, first_at=at, last_at=at)
        )
        row.calls += facts["count"]
        row.first_at, row.last_at = min(row.first_at, at), max(row.last_at, at)
    held: list[Look] = []
    for some in chunks(fresh):
        held += Look.objects.filter(id__in=some)
    for row in held:
        more = fresh.pop(row.id)
        row.calls += more.calls
        row.first_at, row.last_at = min(row.first_at, more.first_at), max(row.last_at, more.last_at)
    upsert(Look, [*held, *fresh.values()])


def _cut(entries: Sequence[Entry]) -> None:
    """One after the other: what each leaves of a decision is kept in its history."""
    for entry in entries:
        row, evidence = decided.decisions_by_ref([entry.facts["ref"]])[entry.facts["ref"]], entry.facts["evidence_seq"]
        if entry.actor.startswith("person:"):
            LinkCut.objects.create(
                id=f"{row.seq}:{evidence}",
                seq=entry.seq,
                decision_seq=row.seq,
                evidence_seq=evidence,
                by=UUID(entry.actor.removeprefix("person:")),
                at=entry.at,
                reason=str(entry.disclosed.get("reason", "")),
            )
        Evidence.objects.filter(seq=evidence, decision_seq=row.seq).update(decision_seq=None, rule="")
        decided.fold_into_decisions([entry], {Kind.LINK_CUT: _without})


def _without(row: Decision, entry: Entry) -> None:
    """What the entries make of it that no cut evidence stands behind."""
    again.told_without(row, acting(row))


def acting(row: Decision) -> list[Entry]:
    """The entries that tell of the act of `row` and its outcome, in order, but for observations that were cut off."""
    seqs = Timeline.objects.filter(decision_seq=row.seq, kind__in=again.ACTING).values_list("seq", flat=True)
    return list(standing(ledger.entries_of(seqs), row.seq))


def standing(entries: Iterable[Entry], decision_seq: int) -> Iterable[Entry]:
    """Those of a decision's `entries` that rest on no evidence, or on evidence that is of it still."""
    kept = {str(id_) for id_ in Evidence.objects.filter(decision_seq=decision_seq).values_list("id", flat=True)}
    return (entry for entry in entries if entry.facts.get("evidence") in kept or not entry.facts.get("evidence"))
