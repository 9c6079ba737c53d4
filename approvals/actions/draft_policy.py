"""Draft the policy anew: what somebody else may then put in force."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from approvals import access
from approvals.actions.withdraw_draft import withdrawal
from approvals.models import PolicyDraft
from approvals.queries import policies
from approvals.vocab import DraftState
from decisions import register
from decisions.envelope import Draft, uuid7
from decisions.errors import Problem, Refusal, conflict
from decisions.moment import Moment
from decisions.recording import record
from decisions.vocab import Kind

LEAST_REASON = 10


def draft_policy(
    document: Mapping[str, Any], *, reason: str, based_on: int, actor: UUID, replaces: UUID | None = None
) -> PolicyDraft:
    """The draft of `document`, on top of version `based_on` (0 for none). The open draft `replaces` is withdrawn with it.

    Raises a Problem: 400 without a reason, 403, 404, 409 another version is in force, the document is, or the draft to replace is not
    open, 422 with every fault of the document.
    """
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Problem(400, "reason-needed", "A draft needs a reason", f"Write at least {LEAST_REASON} characters.")
    made: list[str] = []

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        access.require(known, actor, access.DRAFTS_POLICY, "draft the policy")
        latest = policies.in_force()
        number = latest.version if latest else 0
        if number != based_on:
            raise Refusal(policies.overtaken(number), "policy")
        read = policies.read(document, as_version=number + 1, known=known, now=moment.now)
        if latest is not None and latest.sha256 == read.sha256:
            raise Refusal(conflict("unchanged", f"This policy is in force already as version {number}."), "policy")
        before = [withdrawal(policies.draft(replaces), actor)] if replaces else []
        id_ = uuid7(moment.now)
        made[:] = [str(id_)]
        return [
            *before,
            Draft(
                kind=Kind.POLICY_DRAFTED,
                actor=f"person:{actor}",
                facts={
                    "kv": 1,
                    "draft": str(id_),
                    "state": str(DraftState.OPEN),
                    "based_on": based_on,
                    "sha256": read.sha256,
                },
                disclosed={"document": dict(document), "reason": reason},
                id=id_,
            ),
        ]

    record(decide, principal=f"person:{actor}")
    return PolicyDraft.objects.get(id=made[0])
