"""Whose approvals of a decision count now. It must not write."""

from uuid import UUID

from approvals import access
from approvals.models import Verdict
from approvals.vocab import VerdictWord
from decisions import register
from decisions.models import Decision


def approvers(row: Decision, known: register.Register) -> dict[UUID, frozenset[str]]:
    """Everybody whose approval of `row` counts by the register as it is, with their groups: those who could give it now."""
    agent = known.agents.get(row.agent_id)
    given = Verdict.objects.filter(decision_seq=row.seq, verdict=VerdictWord.APPROVE).values_list(
        "person_id", flat=True
    )
    return {
        person: access.groups_of(known, person)
        for person in given
        if access.why_not_approve(known, person, row, agent) is None
    }
