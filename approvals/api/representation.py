"""A decision as the API represents it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.actions.shown import display_hash
from decisions import register
from decisions.envelope import timestamp
from decisions.models import Decision
from decisions.states import effective_state
from decisions.vocab import HOLDING


def _time(at: datetime | None) -> str | None:
    return timestamp(at) if at else None


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None


def represent(row: Decision, now: datetime, *, account: bool = True) -> dict[str, Any]:
    """Everything but the history. With `account` the agent's words and the parameters are in it."""
    state = effective_state(row, now)
    agent = register.latest().agents.get(row.agent_id)
    body: dict[str, Any] = {
        "id": str(row.id),
        "version": row.version,
        "seq": row.last_seq,
        "state": str(state),
        "agent": agent.slug if agent else None,
        "agent_ref": row.agent_ref,
        "episode": row.episode or None,
        "title": row.title,
        "kind": row.kind,
        "target": {"service": row.service, "environment": row.environment, "resource": row.resource or None},
        "tier": row.tier,
        "environment_class": row.environment_class,
        "risk": row.risk or None,
        "reversible": row.reversible,
        "level_ruled": row.level_ruled or None,
        "level_used": row.level_used or None,
        "beyond": row.beyond,
        "rule": row.rule or None,
        "policy_version": row.policy_version,
        "requirements": row.requirement,
        "hold_until": _time(row.hold_until) if state in HOLDING else None,
        "claim_until": _time(row.claim_until) if state == "authorized" else None,
        "action_hash": row.action_hash or None,
        "display_hash": display_hash(row) if row.action else None,
        "owner": _id(row.owner_id),
        "deputy": _id(row.deputy_id),
        "decided_by": _id(row.decided_by),
        "decided_at": _time(row.decided_at),
        "outcome": {"status": row.outcome, "observed": row.outcome_observed} if row.outcome else None,
        "occurred_at": _time(row.occurred_at),
        "received_at": _time(row.received_at),
        "ended_at": _time(row.ended_at),
        "sign_off": {"status": row.sign_off, "due": _time(row.sign_off_due)},
        "effect": row.effect or None,
        "cause": row.cause or None,
        "proposed": row.proposed,
        "replayed": row.replayed,
        "links": {"self": f"/api/v1/decisions/{row.id}", "page": f"/decisions/{row.id}/"},
    }
    if account:
        body["action"] = row.action
        body["account"] = row.account
        if body["outcome"]:
            body["outcome"]["detail"] = row.outcome_detail
    return body
