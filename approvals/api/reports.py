"""Board reports: ask for one, see how far it is, answer for it, fetch its files. For people alone: agents are what they are about."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import access
from approvals.actions.attest_report import attest_report
from approvals.actions.issue_report import issue_report
from approvals.actions.request_report import request_report
from approvals.api.pages import PAGED, newest_first
from approvals.api.report_files import send_file
from approvals.api.report_shapes import AttestCommand, DownloadPage, IssueCommand, PeriodCommand, ReportPage
from approvals.api.report_shapes import Report as ReportShape
from approvals.api.report_words import building, built
from approvals.api.representation import time
from approvals.api.said import answered, seen
from approvals.idempotency import checked_key
from approvals.models import Report, ReportBuild, ReportDownload
from approvals.queries import reports
from approvals.queries.reports import unfinished
from approvals.reports.files import TYPES
from decisions import register
from decisions.api.base import ApiView, asked, etag
from decisions.api.describing import LIMIT, WHOLE, Operation, describe, words
from decisions.api.parsing import command
from decisions.auth.api import person
from decisions.auth.people import require_strong_sign_in
from decisions.errors import forbidden, not_found
from decisions.queries import MAX_LIMIT, whole

SAYS = {"Idempotency-Key": True, "If-Match": True, "X-CSRFToken": True}
REFUSALS = (400, 404, 409, 412, 413, 415, 422, 428, 503)


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
        builds = unfinished()[:10]
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
            "Have the report of a period built",
            "people",
            ReportShape,
            status=202,
            takes={"application/json": PeriodCommand},
            headers={"X-CSRFToken": True},
            problems=(400, 413, 415),
            detail="While it is being built, asking again answers with the same building. After a failure, asking again tries again.",
        )
    )
    def post(self, request: Request) -> Response:
        given = command(request, PeriodCommand)
        body = building(request_report(given.period, scope=given.scope, actor=person(request).id))
        return Response(body, status=202, headers={"Location": body["url"]})


class OneReport(ApiView):
    permission_classes = [ReportReaders]

    @describe(Operation("getReport", "A report, or how far its building is", "people", ReportShape, problems=(404,)))
    def get(self, request: Request, report_id: UUID) -> Response:
        report = Report.objects.filter(id=report_id).first()
        build = None if report else ReportBuild.objects.filter(id=report_id).first()
        if report is not None:
            return Response(built(report), headers={"ETag": etag(report.version), "Cache-Control": "no-store"})
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
        return send_file(request._request, report_id, extension if extension in TYPES else "", to=person(request).id)  # noqa: SLF001


class Attestations(ApiView):
    permission_classes = [ReportReaders]

    @describe(
        Operation(
            "attestReport",
            "Say of one page of a report that it is right, or what is wrong with it",
            "people",
            ReportShape,
            takes={"application/json": AttestCommand},
            headers=SAYS,
            problems=REFUSALS,
            detail="A manager. Of one page the last word counts; once it is that each is right, the report is attested. "
            "Needs a recent sign-in.",
        )
    )
    def post(self, request: Request, report_id: UUID) -> Response:
        given = command(request, AttestCommand)
        return _said(
            request,
            given,
            lambda version, actor: attest_report(
                report_id,
                page=given.page,
                attests=given.attests,
                comment=given.comment,
                version=version,
                actor=actor,
            ),
        )


class IssueReport(ApiView):
    permission_classes = [ReportReaders]

    @describe(
        Operation(
            "issueReport",
            "Sign an attested report: it is numbered, and nothing about it changes any more",
            "people",
            ReportShape,
            takes={"application/json": IssueCommand},
            headers=SAYS,
            problems=REFUSALS,
            detail="An executive who attested no page of it. Needs a recent sign-in.",
        )
    )
    def post(self, request: Request, report_id: UUID) -> Response:
        given = command(request, IssueCommand)
        return _said(
            request,
            given,
            lambda version, actor: issue_report(report_id, reason=given.reason, version=version, actor=actor),
        )


class Downloads(ApiView):
    permission_classes = [ReportReaders]

    @describe(
        Operation(
            "listReportDownloads",
            "Who took which file of a report, the newest first",
            "people",
            DownloadPage,
            query=PAGED,
            problems=(400, 404),
        )
    )
    def get(self, request: Request, report_id: UUID) -> Response:
        rows = ReportDownload.objects.filter(report_id=reports.report(report_id).id)
        return newest_first(
            request,
            rows,
            "id",
            lambda row: {"id": row.id, "format": row.format, "by": str(row.person_id), "at": time(row.at)},
        )


def _said(request: Request, given: Any, act: Callable[[int, UUID], Report]) -> Response:
    """What a person says of a report, once for its key, to the version that they looked at."""
    key, version = checked_key(request.headers.get("Idempotency-Key", "")), seen(request)
    actor = person(request).id
    require_strong_sign_in(request._request)  # noqa: SLF001 - the framework's documented name for it
    return answered(request, key, given, lambda: built(act(version, actor)), 200)
