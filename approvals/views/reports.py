"""Reports: what was built, what is being built, and the files."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals import access
from approvals.actions.request_report import request_report
from approvals.api.report_files import send_file
from approvals.models import Report, ReportBuild
from approvals.reports.files import TYPES, made_of
from decisions import clock, register
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem

MONTHS = 12


def _reader(request: HttpRequest) -> UUID:
    person = signed_in(request).id
    if not access.may(register.latest(), person, access.READS_REPORTS):
        raise PermissionDenied("Reports are for managers, executives and auditors.")
    return person


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def page(request: HttpRequest) -> HttpResponse:
    """All reports; posting a period has one built."""
    person = _reader(request)
    if request.method == "POST":
        try:
            build = request_report(request.POST.get("period", ""), actor=person)
        except Problem as problem:
            messages.error(request, f"{problem.title}. {problem.detail}")
            return redirect("approvals:reports")
        return redirect("approvals:report", report_id=build.id)
    now = clock.now()
    context = {
        "reports": [shown(report) for report in Report.objects.order_by("-period", "-seq")[:60]],
        "builds": ReportBuild.objects.exclude(state="draft").order_by("-requested_at")[:10],
        "periods": periods(now),
        "can_build": access.may(register.latest(), person, access.BUILDS_REPORTS),
    }
    return render(request, "approvals/reports.html", context)


@require_safe
@reads
def one(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """A report, or the building of one with its progress."""
    _reader(request)
    report = Report.objects.filter(id=report_id).first()
    build = None if report else ReportBuild.objects.filter(id=report_id).first()
    if report is None and build is None:
        raise Http404
    context = {"report": shown(report) if report else None, "build": build}
    return render(request, "approvals/report.html", context)


@require_safe
@reads
def file(request: HttpRequest, report_id: UUID, format: str) -> HttpResponseBase:  # noqa: A002 - the address's word
    """One file of a report, exactly the bytes whose hash the ledger holds."""
    _reader(request)
    return send_file(request, report_id, format)


def shown(report: Report) -> dict[str, Any]:
    """A report as lists and pages show it."""
    made = made_of(report)
    return {
        "id": report.id,
        "period": report.period,
        "period_word": period_word(report.period),
        "edition": report.edition,
        "state": report.state,
        "state_word": report.state.capitalize(),
        "built_at": report.built_at,
        "seq": report.seq,
        "seq_limit": report.seq_limit,
        "verdict_head": report.head,
        "stale": bool(report.files) and not made,
        "preview": reverse("approvals:report_file", args=[report.id, "png"]) if "png" in made else "",
        "files": [
            {
                "format": format_,
                "url": reverse("approvals:report_file", args=[report.id, format_]),
                "size": made[format_]["size"],
                "sha256": made[format_]["sha256"],
            }
            for format_ in TYPES
            if format_ in made
        ],
    }


def period_word(period: str) -> str:
    return datetime.strptime(f"{period}-01+0000", "%Y-%m-%d%z").strftime("%B %Y")


def periods(now: datetime) -> list[tuple[str, str]]:
    """The months a report can be built for, last month first."""
    month = now.replace(day=1)
    listed = [month]
    for _ in range(MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        listed.append(month)
    ordered = [*listed[1:], listed[0]]
    return [(f"{one:%Y-%m}", f"{one:%B %Y}") for one in ordered]
