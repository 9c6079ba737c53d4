"""Sign a report and issue it: numbered, frozen, in the place of the edition that was issued before it."""

from uuid import UUID

from approvals import access
from approvals.models import Report
from approvals.queries import reports
from approvals.vocab import ReportState
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict, forbidden
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind

LEAST_REASON = 10


def issue_report(report_id: UUID, *, reason: str, version: int, actor: UUID) -> Report:
    """The issued edition. `reason` says why it takes the place of an issued one; without such a one it may be empty.

    Raises a Problem: 400 without that reason, 403 (also for who attested a page), 404, 409 not attested whole or not open, 412
    stale view.
    """
    reason = reason.strip()

    def decide(moment: Moment) -> list[Draft]:
        access.require(register.at(moment.config), actor, access.ISSUES, "sign a report")
        row = reports.seen(report_id, version)
        closed = reports.why_closed(row)
        if closed is None and row.state != ReportState.ATTESTED:
            closed = conflict("report-not-attested", "A manager attests each of its pages first.")
        if closed is None and actor in reports.attested_by(row.id):
            closed = forbidden("You attested a page of it; a second person signs it.", "self-approval")
        if closed is not None:
            raise Refusal(closed, str(row.id))
        before = issued_before(row)
        if before is not None and len(reason) < LEAST_REASON:
            detail = f"It takes the place of report {before.number}. Say why, in at least {LEAST_REASON} characters."
            raise Problem(400, "reason-needed", "A superseding edition needs a reason", detail)
        facts = {
            "kv": 1,
            "report": str(row.id),
            "number": (Report.objects.exclude(number=None).count()) + 1,
            "supersedes": str(before.id) if before else None,
            "seq_limit": row.seq_limit,
            "files": {name: {"sha256": made["sha256"]} for name, made in row.files.items()},
        }
        disclosed = {"reason": reason} if reason else {}
        return [Draft(Kind.REPORT_ISSUED, f"person:{actor}", facts, disclosed, ref=dict(reports.as_of_version(row)))]

    record(decide, principal=f"person:{actor}")
    return reports.report(report_id)


def issued_before(row: Report) -> Report | None:
    """The issued edition of the same period and scope that stands."""
    found = Report.objects.filter(period=row.period, scope=row.scope, state=ReportState.ISSUED)
    return found.order_by("-number").first()
