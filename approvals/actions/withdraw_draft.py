"""Take a draft of the policy back: it will not come in force."""

from uuid import UUID

from approvals import access
from approvals.models import PolicyDraft
from approvals.queries import policies
from approvals.vocab import DraftState
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Refusal, conflict
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind


def withdraw_draft(draft_id: UUID, *, revision: int, actor: UUID) -> PolicyDraft:
    """The draft, withdrawn. Whoever may draft or activate may do it. Raises a Problem: 403, 404, 409 not open, 412 stale view."""

    def decide(moment: Moment) -> list[Draft]:
        roles = (*access.DRAFTS_POLICY, *access.ACTIVATES_POLICY)
        access.require(register.at(moment.config), actor, roles, "withdraw a draft")
        return [withdrawal(policies.seen(draft_id, revision), actor)]

    record(decide, principal=f"person:{actor}")
    return policies.draft(draft_id)


def withdrawal(row: PolicyDraft, actor: UUID) -> Draft:
    """The entry that withdraws `row`. Raises a Refusal where it is not open."""
    require_open(row)
    facts = {"kv": 1, "draft": str(row.id), "state": str(DraftState.WITHDRAWN)}
    return Draft(kind=Kind.POLICY_DRAFTED, actor=f"person:{actor}", facts=facts)


def require_open(row: PolicyDraft) -> None:
    """Raise the Refusal for a draft that has ended."""
    if row.state != DraftState.OPEN:
        became = f" as version {row.became}" if row.became else ""
        raise Refusal(conflict("not-open", f"The draft was {row.state}{became} already."), str(row.id))
