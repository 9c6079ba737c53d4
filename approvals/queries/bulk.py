"""What of one agent, or of one episode, can still be prevented: the decisions that a veto of all of them reaches. It must not write."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from approvals.machine import VETOABLE
from decisions import ledger
from decisions.models import Decision
from decisions.states import effective_state

Of = Literal["agent", "episode"]


@dataclass(frozen=True, slots=True)
class Reach:
    """Of what is still open: what was there at the entry `until`, and how much has come since."""

    rows: list[Decision]
    since: int
    until: int


def open_of(of: Of, value: UUID | str, *, now: datetime, until: int | None = None) -> Reach:
    """The open decisions of that agent (by id) or episode (by name), oldest first, as of the entry `until` or of now."""
    if until is None:
        until = ledger.size() - 1
    field = {"agent": "agent_id", "episode": "episode"}[of]
    found = Decision.objects.filter(**{field: value}, state__in=list(VETOABLE), complete=True).order_by("seq")
    rows = [row for row in found if effective_state(row, now) in VETOABLE]
    seen = [row for row in rows if row.seq <= until]
    return Reach(seen, len(rows) - len(seen), until)
