"""Take the outcome of an act from the holder of its lease. What it says is a claim until something is observed."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from approvals import access
from approvals.machine import after_outcome
from approvals.queries.reverts import order
from decisions.canonical import stable
from decisions.envelope import Draft, named_uuid
from decisions.errors import Problem, Refusal, conflict
from decisions.models import Decision
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import Kind, Outcome, State


def report_outcome(
    lease_id: UUID, *, fencing: int, status: Outcome, said: Mapping[str, Any], agent: UUID
) -> tuple[Decision, bool]:
    """(the decision, whether the lease was over): a late outcome is kept as evidence. Told again, nothing changes.

    `said` is the agent's own: `detail` and what it `observed`. Raises a Problem: 404, 409 for another outcome than the
    one told before, or a fencing number that is not the lease's.
    """
    late = False
    once = hashlib.sha256(stable({"status": str(status), **said})).hexdigest()

    def decide(moment: Moment) -> list[Draft]:
        nonlocal late
        row = access.leased_decision(agent, lease_id)
        if row.lease_seq != fencing:
            raise Refusal(conflict("stale-fencing", "The fencing number is not that of this lease."), str(row.id))
        state = effective_state(row, moment.now)
        late = state is not State.EXECUTING
        after = after_outcome(state, status, vetoed=row.to_revert)
        told = _told(row, after, status, said, once)
        # Its lease may have ended with nobody writing the order down.
        ordered = after is State.REVERT_ORDERED and row.state != State.REVERT_ORDERED
        return [told, *([order(row, actor="system", follows=told.id)] if ordered else [])]

    try:
        recorded = record(decide, principal=f"agent:{agent}")
    except Problem as problem:
        if problem.slug == "changed-duplicate":
            raise conflict("other-outcome", "Another outcome of this lease was told before; it stands.") from None
        raise
    return access.leased_decision(agent, lease_id), late and not recorded.duplicates


def _told(row: Decision, after: State, status: Outcome, said: Mapping[str, Any], once: str) -> Draft:
    return Draft(
        kind=Kind.OUTCOME_REPORTED,
        actor=f"agent:{row.agent_id}",
        facts={
            "kv": 1,
            "decision": str(row.id),
            "ref": row.ref_key,
            "agent": str(row.agent_id),
            "occurred": None,
            "outcome": str(status),
            "state": str(after),
            "lease": row.lease_seq,
        },
        disclosed={"outcome": dict(said), "event": {"sha256": once}},
        id=named_uuid("lease-outcome", str(row.lease_id)),
        once=once,
    )
