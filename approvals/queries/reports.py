"""Editions of reports as people answer for them: which is open, who said what of which page. It must not write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from approvals.models import Attestation, Report, ReportBuild
from approvals.periods import Period
from approvals.queries.erasures import stale
from approvals.vocab import REPORT_PAGES, ReportState
from decisions import ledger
from decisions.errors import Problem, conflict, not_found


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands of one page: its question, and the last word on it with everything that was said before."""

    page: int
    question: str
    last: Attestation | None
    all: tuple[Attestation, ...]


def report(report_id: UUID) -> Report:
    """Raises a 404 problem."""
    row = Report.objects.filter(id=report_id).first()
    if row is None:
        raise not_found("report")
    return row


def unfinished() -> "QuerySet[ReportBuild]":
    """What is being built, and what failed and was not built since; the last asked for first."""
    later = ReportBuild.objects.filter(
        period=OuterRef("period"), scope=OuterRef("scope"), requested_at__gt=OuterRef("requested_at")
    )
    return ReportBuild.objects.exclude(state="draft").filter(~Exists(later)).order_by("-requested_at")


def answers(row: Report) -> list[Answer]:
    """A line for each page, in their order."""
    said: dict[int, list[Attestation]] = {page: [] for page in REPORT_PAGES}
    for one in Attestation.objects.filter(report_id=row.id).order_by("seq"):
        said[one.page].append(one)
    return [
        Answer(page, question, said[page][-1] if said[page] else None, tuple(said[page]))
        for page, question in REPORT_PAGES.items()
    ]


def attested_by(report_id: UUID) -> frozenset[UUID]:
    """Everybody who said a word about a page of it."""
    return frozenset(Attestation.objects.filter(report_id=report_id).values_list("person_id", flat=True))


def is_mature(row: Report) -> bool:
    """Whether every action that it counts had shown whether it failed."""
    return row.as_of is not None and row.as_of >= Period.read(row.period).matures


def newer(row: Report) -> Report | None:
    """The edition that took the place of `row` as the latest of its period."""
    return Report.objects.filter(period=row.period, scope=row.scope, seq__gt=row.seq).order_by("-seq").first()


def why_closed(row: Report) -> Problem | None:
    """None where people may still answer for `row`."""
    if row.state == ReportState.ISSUED:
        return conflict("report-issued", "It is issued, and nothing about it changes any more. Build a new edition.")
    if (later := newer(row)) is not None:
        return conflict("report-replaced", f"Edition {later.edition} has taken its place; answer for that one.")
    if not is_mature(row):
        detail = (
            "Its actions may still turn out to have failed. Build the final edition three days after the period's end."
        )
        return conflict("report-immature", detail)
    if stale(row):
        return conflict("report-stale", "Something that it may repeat was erased since it was built. Build it again.")
    return None


def seen(report_id: UUID, version: int) -> Report:
    """The edition, if `version` is what it is at. Raises a 404 or 412 problem."""
    row = report(report_id)
    if row.version != version:
        detail = "Look at it again; nothing was recorded."
        raise Problem(412, "stale-view", "The report has changed since you opened it", detail)
    return row


def as_of_version(row: Report) -> Mapping[str, Any]:
    """The newest entry about `row`, as an entry refers to it."""
    found = ledger.entry(row.last_seq)
    assert found is not None
    return {"seq": row.last_seq, "leaf": found[2].hex()}
