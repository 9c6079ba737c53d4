"""Reports as the API represents them. It must not write."""

from typing import Any

from django.urls import reverse

from approvals.api.representation import identity, time
from approvals.models import Report, ReportBuild
from approvals.queries import reports
from approvals.reports.files import TYPES, made_of


def built(report: Report) -> dict[str, Any]:
    return _shape(
        report,
        version=report.version,
        edition=report.edition,
        mature=reports.is_mature(report),
        seq=report.seq,
        seq_limit=report.seq_limit,
        as_of=time(report.as_of),
        headline=report.head or None,
        built_at=time(report.built_at),
        files=files_of(report),
        figures=[
            {"measure": name, "text": figure["text"], "value": figure["value"] or None}
            for name, figure in sorted(report.figures.items(), key=lambda item: int(item[0][1:]))
        ],
        pages=[_page(answer) for answer in reports.answers(report)],
        issued=_issued(report),
    )


def building(build: ReportBuild) -> dict[str, Any]:
    return _shape(
        build,
        progress={"step": build.step, "done": build.done, "total": build.total},
        error=build.error or None,
    )


def files_of(report: Report) -> list[dict[str, Any]]:
    """The files that can be fetched."""
    made = made_of(report)
    return [
        {
            "format": format_,
            "url": reverse("api:report_file", args=[report.id, format_]),
            "size": made[format_]["size"],
            "sha256": made[format_]["sha256"],
        }
        for format_ in TYPES
        if format_ in made
    ]


def _shape(of: Report | ReportBuild, **known: Any) -> dict[str, Any]:
    body: dict[str, Any] = dict.fromkeys(
        (
            "progress",
            "error",
            "version",
            "edition",
            "mature",
            "seq",
            "seq_limit",
            "as_of",
            "headline",
            "built_at",
            "issued",
        )
    )
    body |= {"files": [], "figures": [], "pages": []}
    body |= {"id": str(of.id), "period": of.period, "scope": of.scope, "state": of.state}
    return body | {"url": reverse("api:report", args=[of.id])} | known


def _page(answer: reports.Answer) -> dict[str, Any]:
    last = answer.last
    return {
        "page": answer.page,
        "question": answer.question,
        "attests": last.attests if last else None,
        "by": identity(last.person_id) if last else None,
        "at": time(last.at) if last else None,
        "comment": (last.comment or None) if last else None,
    }


def _issued(report: Report) -> dict[str, Any] | None:
    if report.number is None:
        return None
    return {
        "number": report.number,
        "by": identity(report.issued_by),
        "at": time(report.issued_at),
        "seq": report.issued_seq,
        "supersedes": identity(report.supersedes),
        "superseded_by": identity(report.superseded_by),
        "reason": report.reason or None,
    }
