"""Alarms: what a person must see, and the two things that a person can do about one."""

from typing import Any, Literal

from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.handle_alarm import handle_alarm
from approvals.api.representation import identity, time
from approvals.api.shapes import Alarm as AlarmShape
from approvals.api.shapes import AlarmPage, Nothing
from decisions.api.base import ApiView, asked
from decisions.api.describing import LIMIT, WHOLE, Operation, describe, words
from decisions.api.parsing import command
from decisions.auth.api import People, Readers, person
from decisions.errors import bad_request
from decisions.models import Alarm
from decisions.queries import MAX_LIMIT, whole

STATES = ("open", "acknowledged", "cleared")


def shown(alarm: Alarm) -> dict[str, Any]:
    return {
        "seq": alarm.seq,
        "kind": alarm.kind,
        "subject": alarm.subject,
        "state": alarm.state,
        "raised_at": time(alarm.raised_at),
        "acknowledged_at": time(alarm.acknowledged_at),
        "acknowledged_by": identity(alarm.acknowledged_by),
        "person": identity(alarm.person),
        "decision": identity(alarm.decision),
        "raised_by": alarm.raised_by,
        "cleared_at": time(alarm.cleared_at),
    }


class Alarms(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "listAlarms",
            "Alarms, the newest first",
            "both",
            AlarmPage,
            query={"state": words(STATES), "cursor": WHOLE, "limit": LIMIT},
            problems=(400,),
        )
    )
    def get(self, request: Request) -> Response:
        given = asked(request, "state", "cursor", "limit")
        size = whole(given.get("limit", "50"), "limit", least=1, most=MAX_LIMIT)
        rows = Alarm.objects.order_by("-seq")
        if "state" in given:
            if given["state"] not in STATES:
                raise bad_request(f"state must be one of {', '.join(STATES)}.")
            rows = rows.filter(state=given["state"])
        if "cursor" in given:
            rows = rows.filter(seq__lt=whole(given["cursor"], "cursor", least=0, most=2**53))
        found = list(rows[: size + 1])
        last = str(found[size - 1].seq) if len(found) > size else None
        return Response({"items": [shown(alarm) for alarm in found[:size]], "next": last})


def _operation(id_: str, summary: str) -> Operation:
    return Operation(
        id_,
        summary,
        "people",
        AlarmShape,
        takes={"application/json": Nothing},
        headers={"X-CSRFToken": True},
        problems=(400, 404, 409, 413, 415, 503),
        detail="Takes an empty object. Doing it twice is refused with 409, so no Idempotency-Key is needed.",
    )


def _handle(request: Request, seq: int, verb: Literal["acknowledge", "clear"]) -> Response:
    command(request, Nothing)
    handle_alarm(seq, verb=verb, actor=person(request).id)
    return Response(shown(Alarm.objects.get(seq=seq)))


class AcknowledgeAlarm(ApiView):
    permission_classes = [People]

    @describe(_operation("acknowledgeAlarm", "Say that you have seen an alarm"))
    def post(self, request: Request, seq: int) -> Response:
        return _handle(request, seq, "acknowledge")


class ClearAlarm(ApiView):
    permission_classes = [People]

    @describe(_operation("clearAlarm", "Say that the cause of an alarm is gone"))
    def post(self, request: Request, seq: int) -> Response:
        return _handle(request, seq, "clear")
