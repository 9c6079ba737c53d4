"""Who can be called to a decision, and to call the next of them."""

from uuid import UUID

from msgspec import Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import access
from approvals.actions.call_next import call_next
from approvals.api.representation import identity, time
from approvals.api.said import answered
from approvals.api.shapes import Calls as CallsShape
from approvals.idempotency import checked_key
from approvals.queries import calls
from decisions import clock, register
from decisions.api.base import ApiView, asked
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.auth.api import People, Readers, person
from decisions.states import effective_state


class CallCommand(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The chain says whom. With `person` nobody else is called."""

    person: UUID | None = None


def shown(decision_id: UUID) -> dict[str, object]:
    row = access.decision_of(decision_id)
    state = effective_state(row, clock.now())
    return {
        "items": [
            {
                "person": identity(person),
                "what": what,
                "called_at": time(alarm.raised_at) if alarm else None,
                "called_by": alarm.raised_by.removeprefix("person:") if alarm else None,
                "seen_at": time(alarm.acknowledged_at) if alarm else None,
            }
            for person, what, alarm in calls.listed(row, state, register.latest(), calls.calls(row))
        ]
    }


class Calls(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation("listCalls", "Who can be called to a decision, and who was", "both", CallsShape, problems=(400, 404))
    )
    def get(self, request: Request, decision_id: UUID) -> Response:
        asked(request)
        return Response(shown(decision_id))


class CallNext(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "callNext",
            "Call the next of the chain to a decision",
            "people",
            CallsShape,
            takes={"application/json": CallCommand},
            headers={"Idempotency-Key": True, "X-CSRFToken": True},
            problems=(400, 404, 409, 413, 415, 422, 503),
            detail=(
                "Those who are on call for its service, then the accountable person and the deputy. Whoever is called sees "
                "it on every page. Takes an empty object, or the person who is expected."
            ),
        )
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, CallCommand)
        actor = person(request).id

        def act() -> dict[str, object]:
            call_next(decision_id, actor=actor, expected=given.person)
            return shown(decision_id)

        return answered(request, key, given, act, 200)
