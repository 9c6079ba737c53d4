"""The files of a report as answers, for page and API alike. It must not decide who may read them."""

from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from approvals.models import Report
from approvals.reports.files import PICTURE, TYPES, read_in_parts, stored
from decisions.api.streaming import streamed


def send_file(request: HttpRequest, report_id: UUID, format_: str) -> HttpResponseBase:
    """One file of a report, exactly the bytes whose hash the ledger holds. Raises Http404."""
    report = Report.objects.filter(id=report_id).first()
    path = stored(report, format_) if report else None
    if report is None or path is None:
        raise Http404
    media = TYPES.get(format_, "image/png")
    name = f"oversight-{report.period}-{report.edition}.{format_}"
    response = streamed(request, read_in_parts(path), media=media, filename=name, inline=format_ == PICTURE)
    response["Content-Length"] = str(path.stat().st_size)
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
