"""Veto everything that is open of one agent or of one episode."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.veto_all import veto_all
from approvals.idempotency import checked_key, once
from approvals.queries.bulk import Of
from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.api.shapes import Id, Whole
from decisions.auth.api import People, person
from decisions.errors import bad_request


class VetoAllCommand(Struct, forbid_unknown_fields=True):
    """Either the id of an agent or the name of an episode. `until` is the seq at which the person looked."""

    until: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    agent: UUID | None = None
    episode: Annotated[str, Meta(max_length=200)] = ""
    reason: Annotated[str, Meta(max_length=4000)] = ""


class VetoedAll(Struct):
    """Which decisions were vetoed, and how many are open that came after `until`."""

    vetoed: list[Id]
    since: Whole


class VetoAll(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "vetoAll",
            "Veto everything of an agent or an episode that is open",
            "people",
            VetoedAll,
            takes={"application/json": VetoAllCommand},
            headers={"Idempotency-Key": True, "X-CSRFToken": True},
            problems=(400, 409, 413, 415, 422, 503),
            detail="What was proposed after `until` is left alone, and so is what was decided meanwhile. One transaction.",
        )
    )
    def post(self, request: Request) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, VetoAllCommand)
        if (given.agent is None) is (not given.episode):
            raise bad_request("State agent or episode, one of the two.")
        actor = person(request).id

        def act() -> dict[str, Any]:
            of: Of = "agent" if given.agent else "episode"
            value = given.agent or given.episode
            reach = veto_all(of, value, until=given.until, reason=given.reason.strip(), actor=actor)
            return {"vetoed": [str(row.id) for row in reach.rows], "since": reach.since}

        kept = once(f"person:{actor}", key, b"POST\n" + request.path.encode() + b"\n" + msgspec.json.encode(given), act)
        headers = {"Cache-Control": "no-store"} | ({"Idempotent-Replayed": "true"} if kept.replayed else {})
        return Response(kept.body, headers=headers)
