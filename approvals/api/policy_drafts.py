"""Drafts of the policy over the API: list, draft, activate, withdraw, replay. No machine's credential gets as far as an action."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions.activate_draft import activate_draft
from approvals.actions.draft_policy import draft_policy
from approvals.actions.withdraw_draft import withdraw_draft
from approvals.api import policy
from approvals.api.pages import PAGED, newest_first
from approvals.api.policy_replays import REPLAY_QUERY, replayed
from approvals.api.policy_shapes import (
    DraftCommand,
    Policy,
    PolicyDraft,
    PolicyDraftPage,
    PolicyPage,
    PolicyReplay,
)
from approvals.api.representation import identity, time
from approvals.api.said import answered, seen
from approvals.api.shapes import Nothing
from approvals.idempotency import checked_key
from approvals.models import PolicyDraft as DraftRow
from approvals.models import PolicyVersion
from approvals.queries import policies
from approvals.vocab import DraftState
from decisions import clock, register
from decisions.api.base import ApiView, etag
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.auth.api import People, Readers, ReadersAndPeople, person
from decisions.auth.people import require_recent_sign_in, require_strong_sign_in

HEADERS = {"Idempotency-Key": True, "If-Match": True, "X-CSRFToken": True}
REFUSALS = (400, 404, 409, 412, 413, 415, 422, 428, 503)


def represent(row: DraftRow, latest: int) -> dict[str, Any]:
    """Everything but the document; `latest` is the version in force."""
    return {
        "id": str(row.id),
        "revision": row.revision,
        "state": row.state,
        "based_on": row.based_on,
        "overtaken": row.state == DraftState.OPEN and row.based_on != latest,
        "sha256": row.sha256,
        "seq": row.seq,
        "reason": row.reason,
        "drafted_by": identity(row.drafted_by),
        "drafted_at": time(row.drafted_at),
        "ended_by": identity(row.ended_by),
        "ended_at": time(row.ended_at),
        "became": row.became,
        "links": {"self": f"/api/v1/policy/drafts/{row.id}", "page": f"/policy/drafts/{row.id}/"},
    }


def _latest() -> int:
    row = policies.in_force()
    return row.version if row else 0


class Versions(ApiView):
    permission_classes = [ReadersAndPeople]

    @describe(
        Operation(
            "listPolicyVersions",
            "The versions of the policy, the newest first",
            "both",
            PolicyPage,
            query=PAGED,
            problems=(400,),
        )
    )
    def get(self, request: Request) -> Response:
        rows = PolicyVersion.objects.defer("document")
        return newest_first(request, rows, "version", lambda row: policy.represent(row, document=False))

    @describe(
        Operation(
            "draftPolicy",
            "Draft the next version of the policy",
            "people",
            PolicyDraft,
            status=201,
            takes={"application/json": DraftCommand},
            headers=HEADERS,
            problems=REFUSALS,
            detail=(
                'If-Match names the version in force that it is drafted on, `"v0"` for none. A second person puts it in force. '
                "Needs a recent sign-in."
            ),
        )
    )
    def post(self, request: Request) -> Response:
        actor = person(request).id
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, DraftCommand)
        require_recent_sign_in(request._request)  # noqa: SLF001 - the framework's documented name for it
        based_on = seen(request)

        def act() -> dict[str, Any]:
            row = draft_policy(
                given.document,
                reason=given.reason,
                based_on=based_on,
                replaces=UUID(given.replaces) if given.replaces else None,
                actor=actor,
            )
            return represent(row, _latest())

        return answered(request, key, given, act, 201)


class Drafts(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "listPolicyDrafts",
            "Drafts of the policy, the newest first",
            "both",
            PolicyDraftPage,
            query=PAGED,
            problems=(400,),
        )
    )
    def get(self, request: Request) -> Response:
        latest = _latest()
        return newest_first(request, DraftRow.objects.defer("document"), "seq", lambda row: represent(row, latest))


class OneDraft(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getPolicyDraft", "A draft, and what forbids it to come in force", "both", PolicyDraft, problems=(404,)
        )
    )
    def get(self, request: Request, draft_id: UUID) -> Response:
        row, latest = policies.draft(draft_id), _latest()
        _, faults = policies.checked(row.document, as_version=latest + 1, known=register.latest(), now=clock.now())
        body = represent(row, latest) | {"document": row.document, "faults": faults}
        return Response(body, headers={"ETag": etag(row.revision), "Cache-Control": "no-store"})


class ActivateDraft(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "activatePolicyDraft",
            "Put a draft in force",
            "people",
            Policy,
            takes={"application/json": Nothing},
            headers=HEADERS,
            problems=REFUSALS,
            detail=(
                "Somebody else than its author. What is stricter holds at once, also for what is open; what is looser for new "
                "proposals alone. Needs a recent sign-in."
            ),
        )
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, Nothing)
        actor, version = person(request).id, seen(request)
        require_strong_sign_in(request._request)  # noqa: SLF001 - as above

        def act() -> dict[str, Any]:
            return policy.represent(activate_draft(draft_id, revision=version, actor=actor), document=False)

        return answered(request, key, given, act, 200)


class WithdrawDraft(ApiView):
    permission_classes = [People]

    @describe(
        Operation(
            "withdrawPolicyDraft",
            "Take a draft back",
            "people",
            PolicyDraft,
            takes={"application/json": Nothing},
            headers=HEADERS,
            problems=REFUSALS,
        )
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        key, given = checked_key(request.headers.get("Idempotency-Key", "")), command(request, Nothing)
        actor, version = person(request).id, seen(request)

        def act() -> dict[str, Any]:
            return represent(withdraw_draft(draft_id, revision=version, actor=actor), _latest())

        return answered(request, key, given, act, 200)


class ReplayDraft(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "replayPolicyDraft",
            "What a draft would have said of past decisions, compared with the version in force",
            "both",
            PolicyReplay,
            query=REPLAY_QUERY,
            problems=(400, 404, 422),
            detail="By default of the last seven days, and at most of 366. Takes a moment for each ten thousand decisions.",
        )
    )
    def get(self, request: Request, draft_id: UUID) -> Response:
        latest = policies.in_force()
        against = policies.compiled(latest) if latest else None
        return Response(replayed(request, policies.compiled(policies.draft(draft_id)), against=against))
