"""Write down that a call is over, since its decision needs nobody any more. Nothing waits for this: pages look at the decision."""

from approvals.queries.calls import CALLED, CALLS_FOR
from decisions.envelope import Draft
from decisions.models import Alarm, Decision
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import Kind

BATCH = 200


def end_calls() -> int:
    """Clear up to two hundred calls that are over; how many there were."""
    live = Alarm.objects.filter(kind=CALLED).exclude(state="cleared")
    if not live.exists():
        return 0

    def decide(moment: Moment) -> list[Draft]:
        calls = list(live.order_by("seq")[:BATCH])
        rows = Decision.objects.in_bulk([call.decision for call in calls], field_name="id")
        return [
            Draft(Kind.ALARM_CLEARED, "system", {"kv": 1, "key": call.key, "alarm": CALLED})
            for call in calls
            if effective_state(rows[call.decision], moment.now) not in CALLS_FOR
        ]

    return len(record(decide, principal="system").seqs)
