"""Write down that time has passed over holds, permissions and leases. Nothing waits for this: states are evaluated at every read."""

from approvals.machine import after_lease
from approvals.queries.reverts import order
from decisions.endings import expiry, lease_over
from decisions.envelope import Draft
from decisions.models import Decision
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.states import over
from decisions.vocab import State

BATCH = 1000


def expire() -> int:
    """Record up to a thousand endings; how many decisions there were."""
    found = 0

    def decide(moment: Moment) -> list[Draft]:
        nonlocal found
        rows = list(Decision.objects.filter(over(moment.now)).order_by("seq")[:BATCH])
        found = len(rows)
        return [draft for row in rows for draft in (_lease(row) if row.state == State.EXECUTING else [expiry(row)])]

    recorded: Recorded = record(decide, principal="system")
    return len(recorded.seqs) and found


def _lease(row: Decision) -> list[Draft]:
    over = lease_over(row, after_lease(vetoed=row.to_revert))
    return [over, *([order(row, actor="system", follows=over.id)] if row.to_revert else [])]
