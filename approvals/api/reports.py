"""Board reports: ask for one, see how far it is, fetch its files. For people alone: agents are what they are about."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import access
from approvals.actions.request_report import request_report
from approvals.api.report_files import send_file
from approvals.api.representation import time
from approvals.api.shapes import PeriodCommand, ReportPage
from approvals.api.shapes import Report as ReportShape
from approvals.models import Report, ReportBuild
from approvals.reports.files import TYPES, made_of
from decisions import register
from decisions.api.base import ApiView, asked
from decisions.api.describing import LIMIT, WHOLE, Operation, describe, words
from decisions.api.parsing import command
from decisions.auth.api import person
from decisions.errors import forbidden, not_found
from decisions.queries import MAX_LIMIT, whole


class ReportReaders(BasePermission):
    """Managers, executives and auditors."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not access.may(register.latest(), person(request).id, access.READS_REPORTS):
            raise forbidden(f"Reports are for these roles: {', '.join(access.READS_REPORTS)}.", "role")
        return True


class Reports(ApiView):
    permission_classes = [ReportReaders]

    @describe(
        Operation(
            "listReports",
            "Reports, the newest first, and what is being built",
            "people",
            ReportPage,
            query={"cursor": WHOLE, "limit": LIMIT},
            problems=(400,),
        )
    )
    def get(self, request: Request) -> Response:
        given = asked(request, "cursor", "limit")
        size = whole(given.get("limit", "50"), "limit", least=1, most=MAX_LIMIT)
        rows = Report.objects.order_by("-seq")
        if "cursor" in given:
            rows = rows.filter(seq__lt=whole(given["cursor"], "cursor", least=0, most=2**53))
        found = list(rows[: size + 1])
        builds = ReportBuild.objects.exclude(state="draft").order_by("-requested_at")[:10]
        return Response(
            {
                "items": [built(report) for report in found[:size]],
                "building": [building(build) for build in builds],
                "next": str(found[size - 1].seq) if len(found) > size else None,
            }
        )

    @describe(
        Operation(
            "requestReport",
            "Have the report of a month built",
            "people",
            ReportShape,
            status=202,
            takes={"application/json": PeriodCommand},
            headers={"X-CSRFToken": True},
            problems=(400, 413, 415),
            detail="While the report of a month is being built, asking again answers with the same building.",
        )
    )
    def post(self, request: Request) -> Response:
        given = command(request, PeriodCommand)
        body = building(request_report(given.period, actor=person(request).id))
        return Response(body, status=202, headers={"Location": body["url"]})


class OneReport(ApiView):
    permission_classes = [ReportReaders]

    @describe(Operation("getReport", "A report, or how far its building is", "people", ReportShape, problems=(404,)))
    def get(self, request: Request, report_id: UUID) -> Response:
        report = Report.objects.filter(id=report_id).first()
        build = None if report else ReportBuild.objects.filter(id=report_id).first()
        if report is not None:
            return Response(built(report))
        if build is None:
            raise not_found("report")
        return Response(building(build))


class ReportFileView(ApiView):
    permission_classes = [ReportReaders]

    @describe(
        Operation(
            "getReportFile",
            "One file of a report, exactly the bytes whose hash the ledger holds",
            "people",
            media=tuple(media.partition(";")[0] for media in TYPES.values()),
            paths={"extension": words(TYPES)},
            problems=(404,),
        )
    )
    def get(self, request: Request, report_id: UUID, extension: str) -> HttpResponseBase:
        return send_file(request._request, report_id, extension if extension in TYPES else "")  # noqa: SLF001


def built(report: Report) -> dict[str, Any]:
    made = made_of(report)
    return {
        "id": str(report.id),
        "period": report.period,
        "state": report.state,
        "progress": None,
        "error": None,
        "edition": report.edition,
        "seq": report.seq,
        "seq_limit": report.seq_limit,
        "headline": report.head or None,
        "built_at": time(report.built_at),
        "files": [
            {
                "format": format_,
                "url": reverse("api:report_file", args=[report.id, format_]),
                "size": made[format_]["size"],
                "sha256": made[format_]["sha256"],
            }
            for format_ in TYPES
            if format_ in made
        ],
        "url": reverse("api:report", args=[report.id]),
    }


def building(build: ReportBuild) -> dict[str, Any]:
    return {
        "id": str(build.id),
        "period": build.period,
        "state": build.state,
        "progress": {"step": build.step, "done": build.done, "total": build.total},
        "error": build.error or None,
        "edition": None,
        "seq": None,
        "seq_limit": None,
        "headline": None,
        "built_at": None,
        "files": [],
        "url": reverse("api:report", args=[build.id]),
    }
