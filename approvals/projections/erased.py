"""What an erasure makes of the read models: the words that rested on what is gone, and who took them away.

The texts are gone from the ledger before this runs, now as in a rebuild: what is written is what a replay would write.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from approvals.models import Attestation, Comment, Erasure, PolicyDraft, Report, SignOffRecord, Verdict
from decisions import ledger
from decisions.envelope import Entry
from decisions.models import Alarm, BoardItem, Decision, Evidence, Freeze, LegalHold, LinkCut, Timeline
from decisions.models.bulk import chunks
from decisions.projections import again, counts, decided, evidence
from decisions.vocab import Kind

KINDS = (Kind.DISCLOSURE_ERASED,)
COPIES: Mapping[tuple[str, str], tuple[Any, str, str]] = MappingProxyType(
    {
        (Kind.VERDICT_GIVEN, "reason"): (Verdict, "seq", "reason"),
        (Kind.SIGN_OFF_GIVEN, "reason"): (SignOffRecord, "seq", "reason"),
        (Kind.COMMENT_MADE, "comment"): (Comment, "seq", "text"),
        (Kind.FREEZE_SET, "reason"): (Freeze, "seq", "reason"),
        (Kind.POLICY_DRAFTED, "reason"): (PolicyDraft, "seq", "reason"),
        (Kind.ALARM_RAISED, "subject"): (Alarm, "seq", "subject"),
        (Kind.REPORT_BUILT, "report"): (Report, "seq", "head"),
        (Kind.REPORT_ATTESTED, "comment"): (Attestation, "seq", "comment"),
        (Kind.REPORT_ISSUED, "reason"): (Report, "issued_seq", "reason"),
        (Kind.SIGNAL_RECEIVED, "told"): (Evidence, "seq", "told"),
        (Kind.REGISTER_CHANGED, "item"): (BoardItem, "last_seq", "words"),
        (Kind.DRILL_RUN, "item"): (BoardItem, "last_seq", "words"),
        (Kind.LINK_CUT, "reason"): (LinkCut, "seq", "reason"),
        (Kind.CLAIM_GRANTED, "executor"): (Decision, "lease_seq", "executor"),
        (Kind.DISCLOSURE_ERASED, "reason"): (Erasure, "seq", "reason"),
        (Kind.DISCLOSURE_ERASED, "authority"): (Erasure, "seq", "authority"),
    }
)
"""(kind, name) → the column that repeats what such an entry discloses under that name, and the column that names the entry."""
REASONS_OF_HOLDS = (("seq", "reason"), ("lifted_seq", "lifted_because"))


def apply(entries: Sequence[Entry]) -> None:
    for model, key, column, seqs in _copies(entries):
        for some in chunks(seqs):
            nothing = model._meta.get_field(column).get_default()  # noqa: SLF001 - the documented home of a model's fields
            model.objects.filter(**{f"{key}__in": some}).update(**{column: nothing})
    _tell_again({entry.facts["ref"] for entry in entries if entry.facts["of_kind"] in again.TELLING})
    of_decisions = [entry for entry in entries if entry.facts["decision"]]
    decided.fold_into_decisions(of_decisions, {Kind.DISCLOSURE_ERASED: _nothing_else})
    seqs_of = decided.decisions_by_ref({entry.facts["ref"] for entry in of_decisions})
    Erasure.objects.bulk_create(_row(entry, seqs_of) for entry in entries)


def _copies(entries: Iterable[Entry]) -> Iterable[tuple[Any, str, str, list[int]]]:
    found: dict[tuple[Any, str, str], list[int]] = {}
    for entry in entries:
        kind = entry.facts["of_kind"]
        for name in entry.facts["erased"]:
            places = [COPIES[kind, name]] if (kind, name) in COPIES else []
            if (kind, name) == (Kind.REGISTER_CHANGED, "reason"):
                places = [(LegalHold, *columns) for columns in REASONS_OF_HOLDS]
            for place in places:
                found.setdefault(place, []).append(_of(entry))
    return [(*place, seqs) for place, seqs in found.items()]


def _of(entry: Entry) -> int:
    assert entry.ref is not None
    return int(entry.ref["seq"])


def _tell_again(refs: Iterable[str]) -> None:
    for some in chunks(refs):
        rows = {row.seq: row for row in Decision.rows.filter(ref_key__in=some)}
        told = Timeline.objects.filter(decision_seq__in=rows, kind__in=again.TELLING).order_by("seq")
        of = dict(told.values_list("seq", "decision_seq"))
        spoken: dict[int, list[Entry]] = {}
        for entry in ledger.entries_of(of):
            spoken.setdefault(of[entry.seq], []).append(entry)
        before = counts.of(rows.values())
        for seq, entries in spoken.items():
            again.told_again(rows[seq], list(evidence.standing(entries, seq)))
        Decision.rows.bulk_update([rows[seq] for seq in spoken], [*again.WORDS, "outcome_detail"], batch_size=50)
        counts.move(before, counts.of(rows.values()))


def _nothing_else(row: Decision, entry: Entry) -> None:
    """It is told again already; its version grows all the same, since what people see of it has changed."""


def _row(entry: Entry, decisions: Mapping[str, Decision]) -> Erasure:
    facts = entry.facts
    kind, _, id_ = entry.actor.partition(":")
    return Erasure(
        seq=entry.seq,
        entry_seq=_of(entry),
        names=sorted(facts["erased"]),
        basis=facts["basis"],
        decision_seq=decisions[facts["ref"]].seq if facts["decision"] else None,
        erased_by=UUID(id_) if kind == "person" else None,
        reason=str(entry.disclosed.get("reason", "")),
        authority=str(entry.disclosed.get("authority", "")),
        at=entry.at,
    )
