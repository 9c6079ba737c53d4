"""What agents get from the gate: a lease with its token, a heartbeat's answer, an order to revert. It must not decide anything."""

import base64
from datetime import datetime
from typing import Any

from approvals import token, verdict_keys
from approvals.actions.keep_lease import Kept
from approvals.api.representation import time
from approvals.machine import HEARTBEAT
from approvals.queries.leases import claims
from approvals.queries.reverts import fencing_of
from decisions import clock
from decisions.canonical import encode
from decisions.models import Decision, Timeline
from decisions.states import effective_state, lease_ends
from decisions.vocab import Kind


def grant(row: Decision, *, issuer: str) -> dict[str, Any]:
    """The lease of an executing decision, with a token signed now."""
    return {
        "lease_id": str(row.lease_id),
        "fencing": row.lease_seq,
        "expires_at": time(lease_ends(row)),
        "heartbeat_s": int(HEARTBEAT.total_seconds()),
        "action": base64.b64encode(encode(row.action)).decode(),
        "action_hash": row.action_hash,
        "verdict_token": token.sign(claims(row, clock.now(), issuer=issuer), verdict_keys.signing_key()),
    }


def heartbeat(kept: Kept) -> dict[str, Any]:
    return {"continue": kept.stop_reason is None, "stop_reason": kept.stop_reason, "expires_at": time(kept.until)}


def revert_order(row: Decision, now: datetime) -> dict[str, Any]:
    ordered = Timeline.objects.filter(decision_seq=row.seq, kind=Kind.REVERT_ORDERED).order_by("-seq").first()
    action = row.action or {}
    return {
        "id": str(row.id),
        "decision_id": str(row.id),
        "state": str(effective_state(row, now)),
        "fencing": fencing_of(row),
        "ordered_at": time(ordered.at) if ordered else None,
        "action": action,
        "undo": action.get("undo"),
    }
