"""Write down that a call is over, since its decision needs nobody any more. Nothing waits for this: pages look at the decision."""

from collections.abc import Iterator

from approvals.queries.calls import CALLED, waits
from decisions.envelope import Draft
from decisions.models import Alarm, Decision
from decisions.models.bulk import CHUNK
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import Kind


def end_calls() -> int:
    """Clear the calls that are over; how many there were."""
    live, ended, after = Alarm.objects.filter(kind=CALLED).exclude(state="cleared").order_by("seq"), 0, -1
    while True:
        found = list(live.filter(seq__gt=after)[:CHUNK])
        if not found:
            return ended
        after = found[-1].seq
        seqs = [alarm.seq for alarm in found]

        def decide(moment: Moment, seqs: list[int] = seqs) -> list[Draft]:
            return list(_over(list(live.filter(seq__in=seqs)), moment))

        ended += len(record(decide, principal="system").seqs)


def _over(calls: list[Alarm], moment: Moment) -> Iterator[Draft]:
    rows = Decision.objects.in_bulk([call.decision for call in calls], field_name="id")
    for call in calls:
        row = rows[call.decision]
        if not waits(row, effective_state(row, moment.now)):
            yield Draft(Kind.ALARM_CLEARED, "system", {"kv": 1, "key": call.key, "alarm": CALLED})
