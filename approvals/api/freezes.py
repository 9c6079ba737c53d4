"""Stop AI over the API: set a freeze, list those in force, lift one. People alone."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.set_freeze import set_freeze
from approvals.api.commands import kept_answer, said
from approvals.api.representation import identity, time
from approvals.api.shapes import Nothing
from approvals.idempotency import checked_key, once
from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.api.shapes import Id, Moment, Whole
from decisions.auth.api import People, Readers, person
from decisions.auth.people import require_strong_sign_in
from decisions.freezes import in_force
from decisions.models import Freeze
from decisions.vocab import FreezeMode, FreezeScope

HEADERS = {"Idempotency-Key": True, "X-CSRFToken": True}


class Covered(Struct, forbid_unknown_fields=True):
    """`value` is a class of environment, the slug of a service or the id of an agent; empty for everything."""

    kind: FreezeScope
    value: Annotated[str, Meta(max_length=64)] = ""


class FreezeCommand(Struct, forbid_unknown_fields=True):
    scope: Covered
    mode: FreezeMode = FreezeMode.ALL
    reason: Annotated[str, Meta(max_length=4000)] = ""


class FreezeState(Struct):
    """`epoch` grows with every stop. `asked_by` has asked to lift it and waits for a second person."""

    id: Id
    epoch: Whole
    scope: Covered
    mode: FreezeMode
    state: Literal["in_force", "lifted"]
    set_by: Id | None
    set_at: Moment
    asked_by: Id | None
    asked_at: Moment | None
    lifted_by: Id | None
    lifted_at: Moment | None


class FreezeList(Struct):
    items: list[FreezeState]


def represent(freeze: Freeze) -> dict[str, Any]:
    return {
        "id": str(freeze.id),
        "epoch": freeze.seq,
        "scope": {"kind": freeze.scope, "value": freeze.value},
        "mode": freeze.mode,
        "state": "lifted" if freeze.lifted_at else "in_force",
        "set_by": identity(freeze.set_by),
        "set_at": time(freeze.set_at),
        "asked_by": identity(freeze.asked_by),
        "asked_at": time(freeze.asked_at),
        "lifted_by": identity(freeze.lifted_by),
        "lifted_at": time(freeze.lifted_at),
    }


class Freezes(ApiView):
    permission_classes = [Readers]

    @describe(Operation("listFreezes", "The freezes in force", "both", FreezeList))
    def get(self, request: Request) -> Response:
        return Response({"items": [represent(freeze) for freeze in in_force()]})

    @describe(
        Operation(
            "stop",
            "Stop AI: nothing in the scope is claimed after the answer",
            "people",
            FreezeState,
            status=201,
            takes={"application/json": FreezeCommand},
            headers=HEADERS,
            problems=(400, 413, 415, 422, 503),
            detail="The same stop again is the one that is in force.",
        )
    )
    def post(self, request: Request) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, FreezeCommand)
        actor = person(request).id

        def act() -> dict[str, Any]:
            freeze = set_freeze(
                scope=given.scope.kind,
                value=given.scope.value,
                mode=given.mode,
                reason=given.reason.strip(),
                actor=actor,
            )
            return represent(freeze)

        return kept_answer(once(f"person:{actor}", key, said(request, given), act), 201)


class LiftFreeze(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "liftFreeze",
            "Let agents go on",
            "people",
            FreezeState,
            also=(202,),
            takes={"application/json": Nothing},
            headers=HEADERS,
            problems=(400, 404, 409, 413, 415, 422, 503),
            detail="202 until a second person asks too, within half an hour. Needs a sign-in within minutes.",
        )
    )
    def post(self, request: Request, freeze_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, Nothing)
        actor = person(request).id
        require_strong_sign_in(request._request)  # noqa: SLF001 - the framework's documented name for it
        kept = once(
            f"person:{actor}", key, said(request, given), lambda: represent(lift_freeze(freeze_id, actor=actor))
        )
        return kept_answer(kept, 200 if kept.body["state"] == "lifted" else 202)
