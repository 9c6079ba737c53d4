"""Of what waits for people, which comes next for somebody who goes through it by deadline. It must not write."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from approvals import access
from approvals.queries import calls
from approvals.queries.crowds import After
from decisions import feed, register
from decisions import queries as lists
from decisions.models import Decision
from decisions.states import effective_state
from decisions.vocab import HOLDING

LOOK = 20
"""As many are looked at for one that the person may answer."""


def after(row: Decision, viewer: UUID, now: datetime, *, mine: bool = False) -> dict[str, Any] | None:
    """The next that `viewer` may answer: after `row` where it still waits, then from the soonest; None for none.

    `mine` leaves out what is not theirs: see `calls.mine`.
    """
    waiting = lists.open_holds(now).exclude(seq=row.seq)
    if mine:
        waiting = waiting.filter(calls.mine(viewer, register.latest()))
    found = None
    if effective_state(row, now) in HOLDING and row.hold_until is not None:
        found = _first(waiting.filter(After(row.hold_until, row.seq).beyond("hold_until", "seq")), viewer)
    found = found or _first(waiting, viewer)
    if found is None:
        return None
    [shown] = feed.rows_of([found], now)
    return shown | {"left": clock_of(max(0, shown["due"] - feed.millis(now)))}


def _first(waiting: "QuerySet[Decision]", viewer: UUID) -> Decision | None:
    known = register.latest()
    vetoes = access.why_not_veto(known, viewer) is None
    for row in waiting[:LOOK]:
        if vetoes or access.why_not_approve(known, viewer, row, known.agents.get(row.agent_id)) is None:
            return row
    return None


def clock_of(ms: int) -> str:
    """What is left, as the browser's countdown writes it."""
    minutes, seconds = divmod(-(-ms // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
