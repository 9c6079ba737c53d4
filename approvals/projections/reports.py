"""Editions of reports from their entries: built, attested page by page, issued."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F

from approvals.models import Attestation, Report
from approvals.vocab import REPORT_PAGES, ReportState
from decisions.envelope import Entry
from decisions.vocab import Kind


def apply(entries: Sequence[Entry]) -> None:
    for entry in entries:
        FOLD[entry.kind](entry)


def _built(entry: Entry) -> None:
    facts = entry.facts
    # The first reports were of whole months of the whole organisation, and their entries name neither scope nor figures.
    moment = facts.get("as_of")
    Report.objects.create(
        id=UUID(facts["report"]),
        seq=entry.seq,
        last_seq=entry.seq,
        period=facts["period"],
        scope=facts.get("scope", ""),
        edition=facts["edition"],
        state=ReportState.DRAFT,
        seq_limit=facts["seq_limit"],
        as_of=datetime.fromisoformat(moment) if moment else None,
        head=entry.disclosed.get("report", {}).get("head", ""),
        files=facts["files"],
        figures=facts.get("figures", {}),
        built_at=entry.at,
    )


def _attested(entry: Entry) -> None:
    Attestation.objects.create(
        seq=entry.seq,
        report_id=UUID(entry.facts["report"]),
        page=entry.facts["page"],
        person_id=_person(entry),
        attests=entry.facts["attests"],
        comment=str(entry.disclosed.get("comment", "")),
        at=entry.at,
    )
    _said(entry, state=ReportState.ATTESTED if _whole(entry.facts["report"]) else ReportState.DRAFT)


def _whole(report: str) -> bool:
    """Whether the last word on every page is that it is right."""
    said = Attestation.objects.filter(report_id=UUID(report)).order_by("seq")
    last = dict(said.values_list("page", "attests"))
    return all(last.get(page, False) for page in REPORT_PAGES)


def _issued(entry: Entry) -> None:
    facts = entry.facts
    before = UUID(facts["supersedes"]) if facts["supersedes"] else None
    _said(
        entry,
        state=ReportState.ISSUED,
        number=facts["number"],
        supersedes=before,
        issued_seq=entry.seq,
        issued_by=_person(entry),
        issued_at=entry.at,
        reason=str(entry.disclosed.get("reason", "")),
    )
    if before:
        Report.objects.filter(id=before).update(superseded_by=UUID(facts["report"]))


def _said(entry: Entry, **changes: object) -> None:
    Report.objects.filter(id=UUID(entry.facts["report"])).update(
        last_seq=entry.seq, version=F("version") + 1, **changes
    )


def _person(entry: Entry) -> UUID:
    return UUID(entry.actor.removeprefix("person:"))


FOLD = {Kind.REPORT_BUILT: _built, Kind.REPORT_ATTESTED: _attested, Kind.REPORT_ISSUED: _issued}
KINDS = tuple(FOLD)
