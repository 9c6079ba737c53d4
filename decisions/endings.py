"""The entries that say that a permission or a lease is over without anybody's word. It must not write them."""

from decisions.envelope import Draft
from decisions.models import Decision
from decisions.vocab import Kind, State


def expiry(row: Decision) -> Draft:
    """That the hold or the permission of `row` has ended: its deadline passed, or it was stopped."""
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


def lease_over(row: Decision, after: State) -> Draft:
    """That the lease of `row` ended without an outcome, and the state it is in `after` that."""
    return Draft(
        kind=Kind.LEASE_EXPIRED,
        actor="system",
        facts={
            "kv": 1,
            "decision": str(row.id),
            "ref": row.ref_key,
            "lease": row.lease_seq,
            "state": str(after),
        },
    )
