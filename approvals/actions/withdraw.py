"""Take a proposal back before it is acted on: its agent, or the person who owns the agent."""

from uuid import UUID

from approvals import access
from approvals.machine import WITHDRAWABLE
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Refusal, conflict, forbidden
from decisions.models import Decision
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import Kind, State, word


def withdraw(decision_id: UUID, *, reason: str, agent: UUID | None = None, person: UUID | None = None) -> Decision:
    """Record the withdrawal; withdrawn again, nothing changes. Raises a Problem: 403, 404, 409 too late."""
    principal = f"agent:{agent}" if agent else f"person:{person}"

    def decide(moment: Moment) -> list[Draft]:
        row = access.own_decision(agent, decision_id) if agent else access.decision_of(decision_id)
        if person and not access.owns_agent(person, register.at(moment.config).agents.get(row.agent_id)):
            raise Refusal(forbidden("Only the agent's owner may withdraw for it; others veto."), str(row.id))
        state = effective_state(row, moment.now)
        if state is State.WITHDRAWN:
            return []
        if state not in WITHDRAWABLE:
            raise Refusal(conflict("not-open", f"The decision is {word(state).lower()}."), str(row.id))
        return [
            Draft(
                kind=Kind.DECISION_WITHDRAWN,
                actor=principal,
                facts={"kv": 1, "decision": str(row.id), "ref": row.ref_key, "state": str(State.WITHDRAWN)},
                disclosed={"reason": reason} if reason else {},
            )
        ]

    record(decide, principal=principal)
    return access.decision_of(decision_id)
