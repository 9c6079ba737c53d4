"""Say of one page of a report that it is right, or what is wrong with it."""

from uuid import UUID

from approvals import access
from approvals.models import Report
from approvals.queries import reports
from approvals.vocab import REPORT_PAGES
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, bad_request
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind

LEAST_COMMENT = 10


def attest_report(report_id: UUID, *, page: int, attests: bool, comment: str, version: int, actor: UUID) -> Report:
    """The edition as it is then: attested once the last word on each of its pages is that it is right.

    Of one page the last word counts, whoever says it; an objection says why. Raises a Problem: 400, 403, 404, 409 not open to
    answers, 412 stale view.
    """
    comment = comment.strip()
    if page not in REPORT_PAGES:
        raise bad_request(f"The pages are 1 to {len(REPORT_PAGES)}.")
    if not attests and len(comment) < LEAST_COMMENT:
        detail = f"Say what is wrong with the page, in at least {LEAST_COMMENT} characters."
        raise Problem(400, "reason-needed", "An objection needs a reason", detail)

    def decide(moment: Moment) -> list[Draft]:
        access.require(register.at(moment.config), actor, access.ATTESTS, "attest a report")
        row = reports.seen(report_id, version)
        closed = reports.why_closed(row)
        if closed is not None:
            raise Refusal(closed, str(row.id))
        facts = {"kv": 1, "report": str(row.id), "page": page, "attests": attests, "pdf": row.files["pdf"]["sha256"]}
        disclosed = {"comment": comment} if comment else {}
        return [Draft(Kind.REPORT_ATTESTED, f"person:{actor}", facts, disclosed, ref=dict(reports.as_of_version(row)))]

    record(decide, principal=f"person:{actor}")
    return reports.report(report_id)
