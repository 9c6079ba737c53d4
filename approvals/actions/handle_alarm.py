"""Acknowledge or clear an alarm."""

from typing import Literal
from uuid import UUID

from approvals import access
from approvals.queries import calls
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Refusal, conflict, not_found
from decisions.models import Alarm
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.states import effective_state
from decisions.vocab import Kind


def handle_alarm(seq: int, *, verb: Literal["acknowledge", "clear"], actor: UUID) -> Recorded:
    """Record that `actor` has seen the alarm raised by entry `seq`, or that its cause is gone."""

    def decide(moment: Moment) -> list[Draft]:
        alarm = Alarm.objects.filter(seq=seq).first()
        refused = access.why_not_handle(register.at(moment.config), actor, alarm, verb)
        if refused is not None:
            raise Refusal(refused, subject=f"{verb} this alarm")
        if alarm is None:
            raise not_found("alarm")
        if alarm.state == "cleared" or (verb == "acknowledge" and alarm.state == "acknowledged"):
            raise Refusal(conflict("not-open", f"The alarm is {alarm.state} already."), alarm.key)
        kind = Kind.ALARM_ACKNOWLEDGED if verb == "acknowledge" else Kind.ALARM_CLEARED
        facts = {"kv": 1, "key": alarm.key, "alarm": alarm.kind, **_of_decision(alarm, moment)}
        return [Draft(kind=kind, actor=f"person:{actor}", facts=facts)]

    return record(decide, principal=f"person:{actor}")


def _of_decision(alarm: Alarm, moment: Moment) -> dict[str, str]:
    """That somebody who was called has seen it belongs to the history of the decision, as long as it waits for them."""
    if alarm.decision is None:
        return {}
    row = access.decision_of(alarm.decision)
    if not calls.waits(row, effective_state(row, moment.now)):
        return {}
    return {"decision": str(row.id), "ref": row.ref_key}
