"""Put a draft of the policy in force: a second person, on top of the version that it was drafted on."""

from uuid import UUID

from approvals import access
from approvals.actions.activate_policy import activation
from approvals.actions.withdraw_draft import require_open
from approvals.models import PolicyVersion
from approvals.queries import policies
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Refusal, forbidden
from decisions.moment import Moment
from decisions.recording import record


def activate_draft(draft_id: UUID, *, revision: int, actor: UUID) -> PolicyVersion:
    """The version in force that the draft has become.

    What is stricter in it holds at once, also for what is open: the claim asks the version in force. What is looser holds for
    new proposals alone. Raises a Problem: 403 (also for its author), 404, 409 not open or drafted on an older version, 412 stale
    view, 422 where the register no longer has the people that it asks for.
    """

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        access.require(known, actor, access.ACTIVATES_POLICY, "put a policy in force")
        row = policies.seen(draft_id, revision)
        require_open(row)
        if row.drafted_by == actor:
            raise Refusal(forbidden("You drafted it; a second person puts it in force.", "self-approval"), str(row.id))
        latest = policies.in_force()
        number = latest.version if latest else 0
        if row.based_on != number:
            raise Refusal(policies.overtaken(number), str(row.id))
        policies.read(row.document, as_version=number + 1, known=known, now=moment.now)
        return [activation(f"person:{actor}", number + 1, row.sha256, row.document, draft=str(row.id))]

    record(decide, principal=f"person:{actor}")
    became = policies.draft(draft_id).became
    assert became is not None
    return policies.version(became)
