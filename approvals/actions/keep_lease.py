"""Say that the holder of a lease is at work. It changes no state: it moves the moment at which silence becomes unknown."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from approvals import access
from approvals.machine import LEASE, MAX_LEASE
from approvals.queries.stops import modes_over
from decisions import clock
from decisions.errors import Problem, conflict
from decisions.models import Decision, Heartbeat
from decisions.models.bulk import lock_head, writing
from decisions.states import effective_state, lease_ends
from decisions.vocab import FreezeMode, State


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether the executor may go on, why not, and until when its lease lives."""

    stop_reason: str | None
    until: datetime


def keep_lease(lease_id: UUID, *, fencing: int, agent: UUID) -> Kept:
    """Extend the lease, unless people have stopped it: then it is left to run out. Raises a Problem: 404, 409, 410."""
    with writing():
        # Under the head lock: a veto or the end of the lease is either before this or after it.
        # The time is read after it: while this waits, the lease may end.
        head = lock_head()
        now = max(clock.now(), head.at)
        row = access.leased_decision(agent, lease_id)
        if row.lease_seq != fencing:
            raise stale_fencing()
        if effective_state(row, now) is not State.EXECUTING:
            raise Problem(410, "lease-over", "The lease is over", "Stop, do not act again, and report what was done.")
        reason = _stop_reason(row)
        until = lease_ends(row)
        if reason is None:
            assert row.lease_until is not None
            until = max(until, min(now + LEASE, row.lease_until - LEASE + MAX_LEASE))
            Heartbeat.objects.update_or_create(decision_seq=row.seq, defaults={"until": until})
    return Kept(reason, until)


def _stop_reason(row: Decision) -> str | None:
    if row.to_revert:
        return "vetoed"
    return "frozen" if FreezeMode.ALL in modes_over(row) else None


def stale_fencing() -> Problem:
    return conflict("stale-fencing", "The fencing number is not that of this lease.")
