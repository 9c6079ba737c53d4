"""Say that a piece of evidence is not of a decision. What it was taken to prove is taken back with it."""

from uuid import UUID

from approvals import access
from approvals.queries import linked
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Refusal, bad_request, conflict
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind


def cut_link(decision_id: UUID, *, evidence: int, reason: str, actor: UUID) -> Recorded:
    """Cut the link to the evidence of that seq. Raises a Problem: 400 without a reason, 403, 404, 409 if there is none."""
    reason = reason.strip()
    if not reason:
        raise bad_request("Say why it is not of this decision.")

    def decide(moment: Moment) -> list[Draft]:
        row = access.decision_of(decision_id)
        known = register.at(moment.config)
        refused = access.why_not_review(known, actor, known.agents.get(row.agent_id))
        if refused is not None:
            raise Refusal(refused, str(row.id))
        link = next((one for one in linked.of(row) if one.row.seq == evidence), None)
        if link is None:
            raise Refusal(conflict("not-linked", "That is not linked to this decision (any more)."), str(row.id))
        return [
            Draft(
                kind=Kind.LINK_CUT,
                actor=f"person:{actor}",
                facts={
                    "kv": 1,
                    "decision": str(row.id),
                    "ref": row.ref_key,
                    "evidence": str(link.row.id),
                    "evidence_seq": link.row.seq,
                    "rule": link.row.rule,
                },
                disclosed={"reason": reason},
            )
        ]

    return record(decide, principal=f"person:{actor}")
