"""What people command besides verdicts and sign-offs: more time, remarks, and what became of an act."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.comment import comment
from approvals.actions.extend_hold import extend_hold
from approvals.actions.review import review
from approvals.api.commands import COMMAND_HEADERS, answered, same_version, signed_in_for
from approvals.api.shapes import Decision as DecisionShape
from approvals.api.shapes import Version
from approvals.idempotency import checked_key
from approvals.vocab import Finding
from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.auth.api import People, person

PROBLEMS = (400, 404, 409, 413, 415, 422, 503)
HEADERS = {"Idempotency-Key": True, "X-CSRFToken": True}


class ExtendCommand(Struct, forbid_unknown_fields=True):
    minutes: Annotated[int, Meta(ge=1, le=10_080)]


class CommentCommand(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class ReviewCommand(Struct, forbid_unknown_fields=True):
    """`reason` says what was looked at; of a take-over, the incident under which it goes on."""

    finding: Finding
    reason: Annotated[str, Meta(min_length=10, max_length=4000)]
    version: Version


class Extend(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "extendHold",
            "Give people more time to answer",
            "people",
            DecisionShape,
            takes={"application/json": ExtendCommand},
            headers=HEADERS,
            problems=PROBLEMS,
            detail="At most to seven days after the proposal.",
        )
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, ExtendCommand)
        actor = person(request).id

        def act() -> None:
            extend_hold(decision_id, by=timedelta(minutes=given.minutes), actor=actor)

        return answered(request, decision_id, key, given, act)


class Comments(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "comment",
            "Say something about a decision",
            "people",
            DecisionShape,
            takes={"application/json": CommentCommand},
            headers=HEADERS,
            problems=PROBLEMS,
        )
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, CommentCommand)
        actor = person(request).id

        def act() -> None:
            comment(decision_id, text=given.text, actor=actor)

        return answered(request, decision_id, key, given, act)


class Reviews(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "review",
            "Say what became of an act that only a person can end",
            "people",
            DecisionShape,
            takes={"application/json": ReviewCommand},
            headers={**COMMAND_HEADERS, "If-Match": True},
            problems=(*PROBLEMS, 412, 428),
            detail="An unknown or late outcome, a revert that its executor says it made, one that failed. Needs a recent sign-in, on tier 0 and 1 within minutes.",
        )
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, ReviewCommand)
        actor = person(request).id
        signed_in_for(request, decision_id)
        same_version(request, given.version)

        def act() -> None:
            review(decision_id, finding=given.finding, reason=given.reason, version=given.version, actor=actor)

        return answered(request, decision_id, key, given, act)
