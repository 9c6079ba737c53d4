"""What the executor says of a revert that people ordered. That it went well is its word: a person confirms it."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from approvals import access
from approvals.machine import after_revert
from approvals.queries.reverts import OPEN, fencing_of
from decisions import ledger
from decisions.canonical import stable
from decisions.envelope import Draft, named_uuid
from decisions.errors import Refusal, conflict
from decisions.models import Decision
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import Kind, State, word


def acknowledge_revert(decision_id: UUID, *, fencing: int, key: str, agent: UUID) -> Decision:
    """Record that the executor has taken the order. Raises a Problem: 404, 409."""
    return _answer(decision_id, Kind.REVERT_ACKNOWLEDGED, State.REVERTING, {}, fencing=fencing, key=key, agent=agent)


def finish_revert(
    decision_id: UUID, *, fencing: int, succeeded: bool, said: Mapping[str, Any], key: str, agent: UUID
) -> Decision:
    """Record how the revert went, by the executor's word. Raises a Problem: 404, 409."""
    after = after_revert(succeeded=succeeded)
    return _answer(decision_id, Kind.REVERT_FINISHED, after, said, fencing=fencing, key=key, agent=agent)


def _answer(
    decision_id: UUID, kind: Kind, after: State, said: Mapping[str, Any], *, fencing: int, key: str, agent: UUID
) -> Decision:
    id_ = named_uuid("command", str(agent), key)
    once = hashlib.sha256(stable({"decision": str(decision_id), "kind": kind, "after": after, **said})).hexdigest()

    def decide(moment: Moment) -> list[Draft]:
        row = access.own_decision(agent, decision_id)
        state = effective_state(row, moment.now)
        # Sent again it is the same answer, whatever has become of the order since.
        if not ledger.seqs_of([id_]):
            if state not in OPEN or (state is State.REVERTING and after is State.REVERTING):
                raise Refusal(conflict("not-open", f"The decision is {word(state).lower()}."), str(row.id))
            if fencing != fencing_of(row):
                raise Refusal(conflict("stale-fencing", "The fencing number is not that of this order."), str(row.id))
        return [
            Draft(
                kind=kind,
                actor=f"agent:{agent}",
                facts={
                    "kv": 1,
                    "decision": str(row.id),
                    "ref": row.ref_key,
                    "agent": str(agent),
                    "occurred": None,
                    "state": str(after),
                },
                disclosed={"event": {"sha256": once}, **({"revert": dict(said)} if said else {})},
                id=id_,
                once=once,
            )
        ]

    record(decide, principal=f"agent:{agent}", urgent=True)
    return access.own_decision(agent, decision_id)
