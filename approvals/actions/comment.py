"""Say something about a decision. It changes nothing of it."""

from uuid import UUID

from approvals import access
from decisions import register
from decisions.envelope import Draft
from decisions.errors import bad_request
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind


def comment(decision_id: UUID, *, text: str, actor: UUID) -> Recorded:
    """Record the remark of `actor`. Raises a Problem: 400 for nothing said, 403, 404."""
    text = text.strip()
    if not text:
        raise bad_request("A comment says something.")

    def decide(moment: Moment) -> list[Draft]:
        row = access.decision_of(decision_id)
        access.require(register.at(moment.config), actor, access.READS_ACCOUNT, "comment")
        return [
            Draft(
                kind=Kind.COMMENT_MADE,
                actor=f"person:{actor}",
                facts={"kv": 1, "decision": str(row.id), "ref": row.ref_key},
                disclosed={"comment": text},
            )
        ]

    return record(decide, principal=f"person:{actor}")
