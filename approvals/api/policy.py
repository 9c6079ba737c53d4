"""The versions of the policy, and what the one in force would say of an action. Nothing here changes it."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.policy_replays import REPLAY_QUERY, replayed
from approvals.api.policy_shapes import Policy, PolicyReplay
from approvals.api.representation import identity, time
from approvals.api.shapes import EvaluateCommand, Ruling
from approvals.models import PolicyVersion
from approvals.queries import policies
from approvals.queries.ruling import NOBODY, ruling_of
from decisions.api.base import ApiView, etag
from decisions.api.describing import Operation, describe
from decisions.api.parsing import command
from decisions.auth.api import Callers, Readers, agent_of
from decisions.errors import forbidden, not_found
from decisions.models import Agent
from decisions.vocab import Scope


def represent(row: PolicyVersion, *, document: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "version": row.version,
        "sha256": row.sha256,
        "seq": row.seq,
        "activated_at": time(row.activated_at),
        "activated_by": identity(row.activated_by),
        "draft": identity(row.draft_id),
    }
    return body | ({"document": row.document} if document else {})


class PolicyInForce(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getPolicy",
            "The version of the policy in force",
            "both",
            Policy,
            problems=(404,),
            detail="Its ETag is what a draft names in If-Match.",
        )
    )
    def get(self, request: Request) -> Response:
        row = policies.in_force()
        if row is None:
            raise not_found("policy yet")
        return Response(represent(row, document=True), headers={"ETag": etag(row.version)})


class OneVersion(ApiView):
    permission_classes = [Readers]

    @describe(Operation("getPolicyVersion", "A version of the policy", "both", Policy, problems=(404,)))
    def get(self, request: Request, version: int) -> Response:
        return Response(represent(policies.version(version), document=True))


class ReplayVersion(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "replayPolicyVersion",
            "What a version would have said of past decisions, compared with what was ruled then",
            "both",
            PolicyReplay,
            query=REPLAY_QUERY,
            problems=(400, 404, 422),
            detail="By default of the last seven days, and at most of 366. Takes a moment for each ten thousand decisions.",
        )
    )
    def get(self, request: Request, version: int) -> Response:
        return Response(replayed(request, policies.compiled(policies.version(version)), against=None))


class EvaluatePolicy(ApiView):
    permission_classes = [Callers]

    @describe(
        Operation(
            "evaluatePolicy",
            "What the policy says of an action, and the rule that fires",
            "both",
            Ruling,
            takes={"application/json": EvaluateCommand},
            problems=(400, 404, 413, 415),
            detail="Records nothing and permits nothing. Takes a key with the scope `propose` or `read`; an agent asks for itself.",
        )
    )
    def post(self, request: Request) -> Response:
        agent, given = agent_of(request), command(request, EvaluateCommand)
        if agent is not None:
            if not agent.scopes & {Scope.PROPOSE, Scope.READ}:
                raise forbidden("This takes a key with the scope propose or read.", "scope")
            if given.agent is not None:
                raise forbidden("An agent asks for itself: leave out agent.", "scope")
            asking = agent.agent_id
        else:
            row = Agent.objects.filter(slug=given.agent).first() if given.agent else None
            if row is None and given.agent is not None:
                raise not_found("agent")
            asking = row.id if row else NOBODY
        return Response(ruling_of(given.action, asking))
