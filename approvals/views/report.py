"""One report: what it says, what people say of each page, its signature, and the decisions behind a number."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.attest_report import attest_report
from approvals.actions.issue_report import issue_report, issued_before
from approvals.models import Report, ReportBuild, ReportDownload
from approvals.queries import reports
from approvals.reports.files import PICTURES, made_of, stored
from approvals.reports.measure import STATUS_WORD
from approvals.views import again
from approvals.views.reports import building, period_word, reader, shown
from approvals.vocab import MEASURES, ReportState
from decisions import register
from decisions.auth.people import reads, require_strong_sign_in, signed_in
from decisions.envelope import parse_time
from decisions.errors import Problem
from decisions.queries import whole

DOWNLOADS = 20
AT_ONCE = 100
ELSEWHERE = {
    "M6": ("approvals:board_items", ["drills"], "The drills"),
    "M11": ("approvals:ledger", [], "The ledger"),
}
"""What a number is counted from that no decision is behind."""
AGAINST = {
    "M1": "Without a named owner, or without an approval or a mandate",
    "M2": "Beyond permitted autonomy",
    "M3": "Ran before a person decided",
    "M4": "Refused by a person",
    "M7": "Failed",
    "M8": "Harmful",
}


@require_safe
@reads
def one(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """A report, or the building of one with its progress."""
    reader(request)
    row = Report.objects.filter(id=report_id).first()
    if row is not None:
        return _show(request, row)
    build = ReportBuild.objects.filter(id=report_id).first()
    if build is None:
        raise Http404
    shown_as = building(build)
    return render(request, "approvals/report.html", {"build": shown_as, "title": shown_as["name"]})


def _show(request: HttpRequest, row: Report, *, status: int = 200, **more: Any) -> HttpResponse:
    person, known = signed_in(request).id, register.latest()
    closed, answers = reports.why_closed(row), reports.answers(row)
    said = {one.person_id for answer in answers for one in answer.all}
    downloads = list(ReportDownload.objects.filter(report_id=row.id).order_by("-id")[:DOWNLOADS])
    ids = {*said, *(one.person_id for one in downloads), *([row.issued_by] if row.issued_by else [])}
    made = made_of(row)
    replaced = issued_before(row)
    context: dict[str, Any] = {
        "report": shown(row),
        "title": period_word(row.period),
        "row": row,
        "measures": measures(row),
        "answers": [
            {
                "page": answer.page,
                "question": answer.question,
                "last": answer.last,
                "all": answer.all,
                "picture": reverse("approvals:report_picture", args=[row.id, answer.page])
                if PICTURES[answer.page - 1] in made
                else "",
            }
            for answer in answers
        ],
        "names": register.names(ids),
        "closed": closed if row.state != ReportState.ISSUED else None,
        "may_attest": closed is None and access.may(known, person, access.ATTESTS),
        "may_issue": closed is None and row.state == ReportState.ATTESTED and access.may(known, person, access.ISSUES),
        "said_a_word": person in said,
        "replaces": replaced if replaced and replaced.id != row.id else None,
        "downloads": downloads,
        **again.context(request),
        **more,
    }
    response = render(request, "approvals/report.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def measures(row: Report) -> list[dict[str, Any]]:
    """The numbers of page 1, each with where it was counted from."""
    listed = []
    for id_, name in MEASURES.items():
        figure = row.figures.get(id_)
        if figure is None:
            continue
        place, words = "", ""
        if id_ in AGAINST:
            place, words = reverse("approvals:report_counted", args=[row.id, id_]), "The decisions"
        elif id_ in ELSEWHERE:
            route, args, words = ELSEWHERE[id_]
            place = reverse(route, args=args)
        status = figure.get("status", "")
        listed.append(
            {
                "id": id_,
                "name": name,
                "text": figure["text"],
                "status": status,
                "status_word": STATUS_WORD.get(status, ""),
                "url": place,
                "words": words,
            }
        )
    return listed


@require_safe
@reads
def counted(request: HttpRequest, report_id: UUID, measure: str) -> HttpResponse:
    """The decisions that a number was counted from, as the report holds them: those against it first."""
    reader(request)
    row = Report.objects.filter(id=report_id).first()
    path = stored(row, "json") if row else None
    if row is None or path is None or measure not in AGAINST:
        raise Http404
    dataset = json.loads(path.read_bytes())
    items = [item for item in dataset["rows"]["items"] if measure in item.get("counted", ())]
    items.sort(key=lambda item: measure not in item["against"])
    start = whole(request.GET.get("from", "0"), "from", least=0, most=2**31)
    context = {
        "report": shown(row),
        "measure": next(one for one in dataset["measures"] if one["id"] == measure),
        "against_word": AGAINST[measure],
        "against": sum(measure in item["against"] for item in items),
        "total": len(items),
        "more_than_listed": dataset["rows"]["total"] - len(dataset["rows"]["items"]),
        "items": [
            item | {"bad": measure in item["against"], "began_at": parse_time(item["began_at"])}
            for item in items[start : start + AT_ONCE]
        ],
        "first": start + 1,
        "next": start + AT_ONCE if start + AT_ONCE < len(items) else None,
        "before": max(0, start - AT_ONCE) if start else None,
    }
    return render(request, "approvals/report_counted.html", context)


@require_POST
@reads
def attest(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """A manager's word on one page."""

    def act(version: int, person: UUID) -> str:
        page = whole(request.POST.get("page", ""), "page", least=1, most=99)
        attests = request.POST.get("word") == "attests"
        comment = request.POST.get("comment", "")[:4000]
        row = attest_report(report_id, page=page, attests=attests, comment=comment, version=version, actor=person)
        if row.state == ReportState.ATTESTED:
            return "Every page is attested. An executive signs it now."
        return f"Page {page} is attested." if attests else f"Your objection to page {page} is recorded."

    return _said(request, report_id, act)


@require_POST
@reads
def issue(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """An executive's signature."""

    def act(version: int, person: UUID) -> str:
        row = issue_report(report_id, reason=request.POST.get("reason", "")[:4000], version=version, actor=person)
        return f"Signed and issued as report {row.number}."

    return _said(request, report_id, act)


def _said(request: HttpRequest, report_id: UUID, act: Callable[[int, UUID], str]) -> HttpResponse:
    person = reader(request)
    row = Report.objects.filter(id=report_id).first()
    if row is None:
        raise Http404
    try:
        require_strong_sign_in(request)
        version = whole(request.POST.get("version", ""), "version", least=1, most=2**31 - 1)
        messages.success(request, act(version, person))
    except Problem as problem:
        if again.leads(problem):
            return again.lead(request, problem, back=reverse("approvals:report", args=[report_id]))
        fresh = Report.objects.get(id=report_id)
        typed = {name: request.POST.get(name, "") for name in ("page", "comment", "reason")}
        error = problem.detail or problem.title
        return _show(request, fresh, status=problem.status, error=error, typed=typed)
    return redirect("approvals:report", report_id=report_id)
