"""The entry that says that the time or the permission of a decision is over. It must not write it."""

from decisions.envelope import Draft
from decisions.models import Decision
from decisions.vocab import Kind


def expiry(row: Decision) -> Draft:
    """That the hold or the permission of `row` has ended: its deadline passed, or people stopped it."""
    return Draft(
        kind=Kind.DECISION_EXPIRED,
        actor="system",
        facts={
            "kv": 1,
            "decision": str(row.id),
            "ref": row.ref_key,
            "agent": str(row.agent_id),
            "was": row.state,
        },
    )
