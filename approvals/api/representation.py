"""A decision as the API represents it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.models import Erasure
from approvals.queries.decision import Page
from approvals.queries.shown import display_hash
from decisions import register
from decisions.envelope import timestamp
from decisions.models import Decision
from decisions.states import effective_state
from decisions.vocab import HOLDING


def time(at: datetime | None) -> str | None:
    return timestamp(at) if at else None


def identity(value: UUID | None) -> str | None:
    return str(value) if value else None


def represent(
    row: Decision, now: datetime, *, account: bool = True, known: register.Register | None = None
) -> dict[str, Any]:
    """Everything but the history. With `account` the agent's words and the parameters are in it.

    Who represents many gives the register in `known`.
    """
    state = effective_state(row, now)
    agent = (known or register.latest()).agents.get(row.agent_id)
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
        "hold_until": time(row.hold_until) if state in HOLDING else None,
        "claim_until": time(row.claim_until) if state == "authorized" else None,
        "action_hash": row.action_hash or None,
        "display_hash": display_hash(row) if row.action else None,
        "owner": identity(row.owner_id),
        "deputy": identity(row.deputy_id),
        "decided_by": identity(row.decided_by),
        "decided_at": time(row.decided_at),
        "outcome": {"status": row.outcome, "observed": row.outcome_observed} if row.outcome else None,
        "occurred_at": time(row.occurred_at),
        "received_at": time(row.received_at),
        "ended_at": time(row.ended_at),
        "sign_off": {"status": row.sign_off, "due": time(row.sign_off_due)},
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


def erasure(row: Erasure) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "entry": row.entry_seq,
        "names": row.names,
        "basis": row.basis,
        "by": identity(row.erased_by),
        "at": time(row.at),
    }


def represent_whole(page: Page, *, account: bool) -> dict[str, Any]:
    """`represent`, with the entries that made the decision and what people said of it. People are ids alone."""
    body = represent(page.row, page.now, account=account, known=page.known)
    body["ref"] = {"seq": page.row.seq, "leaf": page.leaf.hex()}
    body["history"] = [
        {"seq": past.seq, "kind": past.kind, "state": past.state, "actor": past.actor, "at": time(past.at)}
        for past in page.history
    ]
    body["erased"] = [erasure(row) for row in page.erasures]
    body["verdicts"] = [
        {
            "seq": said.seq,
            "person": str(said.person_id),
            "verdict": said.verdict,
            "reason": said.reason,
            "at": time(said.at),
        }
        for said in page.verdicts
    ]
    body["sign_offs"] = [
        {
            "seq": said.seq,
            "person": str(said.person_id),
            "judgement": said.judgement,
            "effect": said.effect,
            "cause": said.cause or None,
            "reason": said.reason,
            "at": time(said.at),
        }
        for said in page.sign_offs
    ]
    return body
