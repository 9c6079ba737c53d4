"""Make and revoke an agent's keys. A new key is returned once and kept nowhere."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from approvals.actions.change_register import register_change
from decisions import clock
from decisions.auth import keys
from decisions.errors import Problem, not_found
from decisions.models import Agent, AgentKey
from decisions.vocab import Scope

LIVE_KEYS = 2
"""How many keys of one agent may live at once: the old one and its successor."""


def make_key(agent_id: UUID, *, scopes: list[Scope], days: int, actor: UUID | None) -> str:
    """A new key for the agent. Raises a Problem: 404, 409 with two live keys already, 400 for a bad lifetime."""
    if not 1 <= days <= keys.MAX_AGE.days or not scopes:
        raise Problem(
            400, "bad-key", "The key cannot be made", f"State 1 to {keys.MAX_AGE.days} days and at least one scope."
        )
    if not Agent.objects.filter(id=agent_id).exists():
        raise not_found("agent")
    now = clock.now()
    with transaction.atomic():
        # Recorded first: the head lock then orders two that are made at once.
        key, row = keys.new_key(
            agent_id, [str(scope) for scope in scopes], now=now, expires_at=now + timedelta(days=days)
        )
        facts = {"table": "key", "key": row.id, "agent": str(agent_id), "verb": "made", "scopes": row.scopes}
        register_change(facts, actor=actor)
        if AgentKey.objects.filter(agent_id=agent_id, revoked_at=None, expires_at__gt=now).count() >= LIVE_KEYS:
            raise Problem(409, "too-many-keys", "The agent has two live keys", "Revoke one of them first.")
        row.made_by = actor
        row.save(force_insert=True)
    return key


def revoke_key(key_id: str, *, actor: UUID | None) -> None:
    """Revoke a key at once. Raises 404 if there is no such live key."""
    with transaction.atomic():
        row = AgentKey.objects.filter(id=key_id, revoked_at=None).first()
        if row is None:
            raise not_found("key")
        facts = {"table": "key", "key": row.id, "agent": str(row.agent_id), "verb": "revoked"}
        register_change(facts, actor=actor)
        AgentKey.objects.filter(id=key_id).update(revoked_at=clock.now())
    keys.forget()
