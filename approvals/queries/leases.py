"""What a verdict token says of a lease. It must not sign it."""

from datetime import datetime
from typing import Any

from approvals import token
from decisions import ledger
from decisions.envelope import open_leaf
from decisions.models import Decision
from decisions.states import lease_ends
from decisions.vocab import LEVEL_OF, Basis


def claims(row: Decision, at: datetime, *, issuer: str) -> dict[str, Any]:
    """The claims of a token for the lease of `row`, signed at `at` by the gate at `issuer`."""
    assert row.lease_seq is not None
    now = int(at.timestamp())
    body, root = ledger.body_under_root(row.lease_seq)
    policy = open_leaf(body)["policy"] or {}
    return {
        "iss": issuer,
        "aud": row.executor,
        "sub": str(row.agent_id),
        "jti": str(row.lease_id),
        "iat": now,
        "nbf": now,
        # Never longer than the lease: a token that outlives it would be a permission that nobody holds.
        "exp": min(now + token.LIFETIME, int(lease_ends(row).timestamp())),
        "dec": str(row.id),
        "ver": row.version,
        "ah": row.action_hash,
        "basis": row.basis,
        "lvl": str(LEVEL_OF[Basis(row.basis)]),
        "pv": policy.get("ver", 0),
        "ph": policy.get("sha256", "none"),
        "fen": row.lease_seq,
        "led": {"seq": row.lease_seq, "head": root.hex()},
    }
