"""Reports: the editions, what is being built, and the files."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals import access
from approvals.actions.request_report import request_report
from approvals.api.report_files import send_file
from approvals.api.report_words import files_of
from approvals.models import Report, ReportBuild
from approvals.periods import Period, Scope
from approvals.queries import reports
from approvals.reports.files import made_of
from approvals.vocab import ReportState
from decisions import clock, register
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem

MONTHS = 12
EDITIONS = 60


def reader(request: HttpRequest) -> UUID:
    """Who asks, if reports are for them. Raises PermissionDenied."""
    person = signed_in(request).id
    if not access.may(register.latest(), person, access.READS_REPORTS):
        raise PermissionDenied("Reports are for managers, executives and auditors.")
    return person


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The latest report first, then all editions; posting a period has one built."""
    person, typed = reader(request), {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in ("period", "first", "last", "scope")}
        period = f"{typed['first']}..{typed['last']}" if typed["first"] or typed["last"] else typed["period"]
        try:
            build = request_report(period, scope=typed["scope"], actor=person)
        except Problem as problem:
            messages.error(request, f"{problem.title}. {problem.detail}")
        else:
            return redirect("approvals:report", report_id=build.id)
    editions = list(Report.objects.order_by("-seq")[:EDITIONS])
    latest = next((one for one in editions if not one.scope), None)
    context = {
        "latest": shown(latest) if latest else None,
        "editions": [shown(one) for one in editions if one is not latest],
        "builds": [building(build) for build in reports.unfinished()[:10]],
        "periods": periods(clock.now()),
        "scopes": scopes(),
        "typed": typed,
        "can_build": access.may(register.latest(), person, access.BUILDS_REPORTS),
    }
    return render(request, "approvals/reports.html", context, status=400 if typed else 200)


@require_safe
@reads
def file(request: HttpRequest, report_id: UUID, format: str) -> HttpResponseBase:  # noqa: A002 - the address's word
    """One file of a report, exactly the bytes whose hash the ledger holds."""
    return send_file(request, report_id, format, to=reader(request))


@require_safe
@reads
def picture(request: HttpRequest, report_id: UUID, number: int) -> HttpResponseBase:
    """A page of a report as a picture."""
    return send_file(request, report_id, f"page-{number}", to=reader(request))


def shown(report: Report) -> dict[str, Any]:
    """A report as lists and pages show it."""
    made = made_of(report)
    return {
        "id": report.id,
        "period": report.period,
        "period_word": period_word(report.period),
        "scope_word": Scope.read(report.scope).name if report.scope else "",
        "edition": report.edition,
        "number": report.number,
        "state": report.state,
        "state_word": STATE_WORDS[ReportState(report.state)],
        "state_badge": STATE_BADGES[ReportState(report.state)],
        "mature": reports.is_mature(report),
        "superseded_by": report.superseded_by,
        "built_at": report.built_at,
        "seq": report.seq,
        "seq_limit": report.seq_limit,
        "verdict_head": report.head,
        "stale": bool(report.files) and not made,
        "preview": reverse("approvals:report_picture", args=[report.id, 1]) if "page-1" in made else "",
        "files": [
            one | {"url": reverse("approvals:report_file", args=[report.id, one["format"]])} for one in files_of(report)
        ],
    }


STATE_WORDS = {ReportState.DRAFT: "Draft", ReportState.ATTESTED: "Attested", ReportState.ISSUED: "Issued"}
STATE_BADGES = {ReportState.DRAFT: "expired", ReportState.ATTESTED: "awaiting", ReportState.ISSUED: "approved"}


def building(build: ReportBuild) -> dict[str, Any]:
    """A building as pages show it."""
    return {
        "id": build.id,
        "period": build.period,
        "scope": build.scope,
        "name": period_word(build.period) + (f", {Scope.read(build.scope).name}" if build.scope else ""),
        "state": build.state,
        "step": build.step,
        "done": build.done,
        "total": build.total,
        "error": build.error,
    }


def period_word(key: str) -> str:
    return Period.read(key).name


def scopes() -> list[tuple[str, str]]:
    """The parts of the company that a report can be of, as the register has them."""
    services = sorted(register.latest().services.values(), key=lambda one: one.slug)
    teams = sorted({one.team for one in services if one.team})
    return [(f"team:{team}", f"Team {team}") for team in teams] + [
        (f"service:{one.slug}", f"Service {one.slug}") for one in services
    ]


def periods(now: datetime) -> list[tuple[str, str]]:
    """The months a report can be built for, last month first."""
    month = now.replace(day=1)
    listed = [month]
    for _ in range(MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        listed.append(month)
    ordered = [*listed[1:], listed[0]]
    return [(f"{one:%Y-%m}", f"{one:%B %Y}") for one in ordered]
