"""Legal holds over the API: list those in force, set one, lift one. People alone command."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.legal_hold import lift_legal_hold, set_legal_hold
from approvals.api.commands import kept_answer, said
from approvals.api.representation import identity, time
from approvals.idempotency import checked_key, once
from approvals.queries.legal_holds import in_force
from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.api.shapes import Id, Moment, Whole
from decisions.auth.api import People, ReadersAndPeople, person
from decisions.auth.people import require_strong_sign_in
from decisions.models import LegalHold
from decisions.vocab import LegalHoldScope

HEADERS = {"Idempotency-Key": True, "X-CSRFToken": True}
Reason = Annotated[str, Meta(min_length=10, max_length=4000)]


class Keeps(Struct, forbid_unknown_fields=True):
    """`value` is the slug of a service, or the id of an agent or a person; empty for everything."""

    kind: LegalHoldScope
    value: Annotated[str, Meta(max_length=64)] = ""


class LegalHoldCommand(Struct, forbid_unknown_fields=True):
    scope: Keeps
    reason: Reason


class LiftCommand(Struct, forbid_unknown_fields=True):
    reason: Reason


class LegalHoldState(Struct):
    id: Id
    seq: Whole
    scope: Keeps
    state: Literal["in_force", "lifted"]
    set_by: Id | None
    set_at: Moment
    lifted_by: Id | None
    lifted_at: Moment | None


class LegalHoldList(Struct):
    items: list[LegalHoldState]


def represent(hold: LegalHold) -> dict[str, Any]:
    return {
        "id": str(hold.id),
        "seq": hold.seq,
        "scope": {"kind": hold.scope, "value": hold.value},
        "state": "lifted" if hold.lifted_at else "in_force",
        "set_by": identity(hold.set_by),
        "set_at": time(hold.set_at),
        "lifted_by": identity(hold.lifted_by),
        "lifted_at": time(hold.lifted_at),
    }


class LegalHolds(ApiView):
    permission_classes = [ReadersAndPeople]

    @describe(Operation("listLegalHolds", "The legal holds in force", "both", LegalHoldList))
    def get(self, request: Request) -> Response:
        return Response({"items": [represent(hold) for hold in in_force()]})

    @describe(
        Operation(
            "setLegalHold",
            "Keep everything in the scope from being erased",
            "people",
            LegalHoldState,
            status=201,
            takes={"application/json": LegalHoldCommand},
            headers=HEADERS,
            problems=(400, 413, 415, 422, 503),
            detail="The same legal hold again is the one that is in force.",
        )
    )
    def post(self, request: Request) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, LegalHoldCommand)
        actor = person(request).id

        def act() -> dict[str, Any]:
            hold = set_legal_hold(scope=given.scope.kind, value=given.scope.value, reason=given.reason, actor=actor)
            return represent(hold)

        return kept_answer(once(f"person:{actor}", key, said(request, given), act), 201)


class LiftLegalHold(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "liftLegalHold",
            "Let what a legal hold kept be erased again",
            "people",
            LegalHoldState,
            takes={"application/json": LiftCommand},
            headers=HEADERS,
            problems=(400, 404, 409, 413, 415, 422, 503),
            detail="Needs a sign-in within minutes.",
        )
    )
    def post(self, request: Request, hold_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, LiftCommand)
        actor = person(request).id
        require_strong_sign_in(request._request)  # noqa: SLF001 - its documented name

        def act() -> dict[str, Any]:
            return represent(lift_legal_hold(hold_id, reason=given.reason, actor=actor))

        return kept_answer(once(f"person:{actor}", key, said(request, given), act), 200)
