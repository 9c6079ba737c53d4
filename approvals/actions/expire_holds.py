"""Write down that holds are over. Nothing waits for this: the state is evaluated at every read."""

from decisions.envelope import Draft
from decisions.models import Decision
from decisions.recording import Moment, Recorded, record
from decisions.states import over
from decisions.vocab import Kind

BATCH = 1000


def expire_holds() -> int:
    """Record the expiry of up to a thousand holds and unclaimed approvals; how many there were."""
    found = 0

    def decide(moment: Moment) -> list[Draft]:
        nonlocal found
        rows = list(Decision.objects.filter(over(moment.now)).order_by("seq")[:BATCH])
        found = len(rows)
        return [
            Draft(
                kind=Kind.DECISION_EXPIRED,
                actor="system",
                facts={
                    "kv": 1,
                    "decision": str(row.id),
                    "ref": row.ref_key,
                    "agent": str(row.agent_id),
                    "was": row.state,
                },
            )
            for row in rows
        ]

    recorded: Recorded = record(decide, principal="system")
    return len(recorded.seqs) and found
