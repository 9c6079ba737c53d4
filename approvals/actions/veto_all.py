"""Veto everything of one agent, or of one episode, that is still open: one gesture, one verdict a decision."""

from uuid import UUID

from approvals import access
from approvals.actions.give_verdict import verdict_draft
from approvals.machine import after_veto
from approvals.queries.bulk import Of, Reach, open_of
from approvals.queries.reverts import order, seen_unclaimed
from approvals.vocab import VerdictWord
from decisions import register
from decisions.envelope import Draft
from decisions.models import Decision
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import VETOES, State


def veto_all(of: Of, value: UUID | str, *, until: int, reason: str, actor: UUID) -> Reach:
    """Veto what was open when `actor` looked, at the entry `until`, and is so still; what was vetoed, and what came since.

    What came since is left alone, so that nobody vetoes what they were not told of; what was decided meanwhile is left as it
    is, so that it never fails for a stale screen. Raises a 403 Problem.
    """
    reach = Reach([], 0, until)

    def decide(moment: Moment) -> list[Draft]:
        nonlocal reach
        access.require(register.at(moment.config), actor, VETOES, "veto")
        reach = open_of(of, value, until=until, now=moment.now)
        return [draft for row in reach.rows for draft in _vetoed(row, moment, reason, actor)]

    record(decide, principal=f"person:{actor}", urgent=True)
    return reach


def _vetoed(row: Decision, moment: Moment, reason: str, actor: UUID) -> list[Draft]:
    after = after_veto(effective_state(row, moment.now), seen=seen_unclaimed(row))
    given = verdict_draft(row, VerdictWord.VETO, after, reason=reason, shown=None, actor=actor)
    ordered = after is State.REVERT_ORDERED
    return [given, *([order(row, actor=f"person:{actor}", follows=given.id)] if ordered else [])]
