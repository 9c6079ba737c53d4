"""What people command over the API: verdicts and sign-offs. No machine's credential gets as far as an action."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import access
from approvals.actions.break_glass import break_glass
from approvals.actions.give_verdict import give_verdict
from approvals.actions.sign_off import sign_off
from approvals.api.representation import represent
from approvals.api.shapes import Decision as DecisionShape
from approvals.api.shapes import SignOffCommand, VerdictCommand
from approvals.idempotency import Kept, checked_key, once
from approvals.queries.shown import Shown
from approvals.vocab import VerdictWord
from decisions import clock
from decisions.api.base import ApiView, etag, version_of
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.auth.api import People, person
from decisions.auth.people import require_sign_in_for
from decisions.errors import Problem, bad_request

COMMAND_HEADERS = {"Idempotency-Key": True, "If-Match": False, "X-CSRFToken": True}


class Verdicts(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "giveVerdict",
            "Approve or veto",
            "people",
            DecisionShape,
            takes={"application/json": VerdictCommand},
            headers=COMMAND_HEADERS,
            problems=(400, 404, 409, 412, 413, 415, 422, 428, 503),
            detail=(
                "An approval needs If-Match, a recent sign-in (on tier 0 and 1 within minutes), and what was seen: action_hash, display_hash, ref and "
                "version, as the decision states them. So does break_glass, one manager's approval in place of a quorum, "
                "which also needs a reason, raises an alarm and owes a sign-off within 24 hours. A veto needs none of these: stopping must not fail for a stale view."
            ),
        )
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, VerdictCommand)
        actor, shown = person(request).id, _shown(given)
        if given.verdict is not VerdictWord.VETO:
            signed_in_for(request, decision_id, critical=given.verdict is VerdictWord.BREAK_GLASS)
            if shown is None:
                raise bad_request("An approval says what was seen: action_hash, display_hash, ref and version.")
            same_version(request, shown.version)

        def act() -> None:
            if given.verdict is VerdictWord.BREAK_GLASS:
                break_glass(decision_id, reason=given.reason, shown=shown, actor=actor)
                return
            give_verdict(decision_id, verdict=given.verdict, reason=given.reason.strip(), shown=shown, actor=actor)

        return answered(request, decision_id, key, given, act)


class SignOffs(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "signOff",
            "Judge a decision after the fact",
            "people",
            DecisionShape,
            takes={"application/json": SignOffCommand},
            headers={**COMMAND_HEADERS, "If-Match": True},
            problems=(400, 404, 409, 412, 413, 415, 422, 428, 503),
            detail="A later sign-off corrects an earlier one, and both stay. Needs a recent sign-in, on tier 0 and 1 within minutes.",
        )
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, SignOffCommand)
        actor = person(request).id
        signed_in_for(request, decision_id)
        same_version(request, given.version)

        def act() -> None:
            sign_off(
                decision_id,
                judgement=given.judgement,
                effect=given.effect,
                cause=given.cause,
                reason=given.reason,
                version=given.version,
                actor=actor,
            )

        return answered(request, decision_id, key, given, act)


def signed_in_for(request: Request, decision_id: UUID, *, critical: bool = False) -> None:
    """Raise 401 or 403 where the sign-in is too weak for an answer to that decision, 404 where there is none."""
    tier = 0 if critical else access.decision_of(decision_id).tier
    require_sign_in_for(request._request, tier)  # noqa: SLF001 - its documented name


def answered(request: Request, decision_id: UUID, key: str, given: Any, act: Callable[[], None]) -> Response:
    """The decision as it is after `act`, or as it was when the same command was answered before."""

    def acted() -> dict[str, Any]:
        act()
        # Without the agent's words: the kept answer must not outlive their erasure.
        return represent(access.decision_of(decision_id), clock.now(), account=False)

    kept = once(f"person:{person(request).id}", key, said(request, given), acted)
    return kept_answer(kept, kept.status, ETag=etag(kept.body["version"]))


def said(request: Request, given: Any) -> bytes:
    """What makes two commands the same."""
    return b"\n".join([str(request.method).encode(), request.path.encode(), msgspec.json.encode(given)])


def kept_answer(kept: Kept, status: int, **headers: str) -> Response:
    replayed = {"Idempotent-Replayed": "true"} if kept.replayed else {}
    return Response(kept.body, status=status, headers={"Cache-Control": "no-store", **replayed, **headers})


def _shown(given: VerdictCommand) -> Shown | None:
    """What the person saw; None unless all of it is stated."""
    if given.action_hash is UNSET or given.display_hash is UNSET or given.ref is UNSET or given.version is UNSET:
        return None
    return Shown(given.action_hash, given.display_hash, given.version, given.ref.seq, given.ref.leaf)


def same_version(request: Request, version: int) -> None:
    """Raise 428 without If-Match, 412 where it names another version than the body: one of the two is stale."""
    header = request.headers.get("If-Match", "")
    if not header:
        raise Problem(
            428, "precondition-required", "If-Match is missing", 'Send the ETag of the decision, such as "v3".'
        )
    if version_of(header) != version:
        raise Problem(
            412, "stale-view", "The decision has changed since you opened it", "Look at it again; nothing was recorded."
        )
