"""The keys of an agent in one line: how many work, when one was used, when the first ends. It must not tell what they are."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from decisions.models import AgentKey


@dataclass(frozen=True, slots=True)
class Glance:
    working: int
    scopes: tuple[str, ...]
    """What any of those that work may be used for."""
    used_at: datetime | None
    ends_at: datetime | None
    """When the first of those that work ends."""


def at_a_glance(agent: UUID, now: datetime) -> Glance:
    rows = list(AgentKey.objects.filter(agent_id=agent).order_by("-created_at"))
    working = [row for row in rows if row.revoked_at is None and row.expires_at > now]
    return Glance(
        working=len(working),
        scopes=tuple(sorted({str(scope) for row in working for scope in row.scopes})),
        used_at=max((row.last_used_at for row in rows if row.last_used_at), default=None),
        ends_at=min((row.expires_at for row in working), default=None),
    )
