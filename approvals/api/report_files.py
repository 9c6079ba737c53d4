"""The files of a report as answers, for page and API alike. It must not decide who may read them."""

import re
from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from approvals.models import Report, ReportDownload
from approvals.reports.files import PICTURES, TYPES, read_in_parts, stored
from decisions import clock
from decisions.api.streaming import streamed


def send_file(request: HttpRequest, report_id: UUID, format_: str, *, to: UUID) -> HttpResponseBase:
    """One file of a report, exactly the bytes whose hash the ledger holds, and a note of who took it. Raises Http404.

    The pictures of its pages are for looking at; of them nothing is noted.
    """
    report = Report.objects.filter(id=report_id).first()
    path = stored(report, format_) if report else None
    if report is None or path is None:
        raise Http404
    picture = format_ in PICTURES
    if not picture and request.method == "GET":
        ReportDownload.objects.create(report_id=report.id, format=format_, person_id=to, at=clock.now())
    response = streamed(
        request,
        read_in_parts(path),
        media=TYPES.get(format_, "image/png"),
        filename=filename(report, "png" if picture else format_),
        inline=picture,
    )
    response["Content-Length"] = str(path.stat().st_size)
    response["Cache-Control"] = "private, max-age=31536000, immutable" if picture else "private, no-store"
    return response


def filename(report: Report, extension: str) -> str:
    """Such as `oversight-2026-10.2-team-payments.pdf`: nothing in it that a shell or a file system would read otherwise."""
    name = "-".join(part for part in (report.edition, report.scope) if part)
    return f"oversight-{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.{extension}"
