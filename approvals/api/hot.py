"""An agent proposes an action: the gate's first quick route. It must not wait for what people say."""

from functools import partial
from typing import Any

from django.conf import settings

from approvals import access
from approvals.actions.propose import propose
from approvals.api.representation import represent
from approvals.api.shapes import Decision as DecisionShape
from approvals.api.shapes import Proposal
from approvals.idempotency import checked_key, mismatch
from decisions import clock
from decisions.api.describing import Operation
from decisions.api.hot import SMALL, Answer, Request
from decisions.api.parsing import json_only, strict
from decisions.auth.keys import agent_of
from decisions.auth.limits import Limit, spend
from decisions.errors import Problem
from decisions.feed import in_reader, outcome_of
from decisions.vocab import Scope

MAX_WAIT = 55
PROPOSE = Operation(
    "postProposal",
    "Propose an action and learn what the policy says of it",
    "agents",
    DecisionShape,
    status=201,
    also=(200,),
    takes={"application/json": Proposal},
    headers={"Idempotency-Key": True},
    problems=(400, 405, 409, 413, 415, 422, 429, 503),
    detail=(
        "201 with the decision; 200 with the decision as it is now when the same key is sent again. Then wait for the "
        "verdict with GET /api/v1/decisions/{id}?wait=25&after=<version>. Takes the scope propose."
    ),
)


async def post_proposal(request: Request) -> Answer:
    """Record a proposal. 201 with the decision; 200 with the same decision when the same key is sent again."""
    agent = await agent_of(request.headers)
    agent.require(Scope.PROPOSE)
    spend(agent.agent_id, Limit.PROPOSE, request.answered)
    key = checked_key(request.headers.get("idempotency-key", ""))
    json_only(request.headers.get("content-type", ""))
    body = await request.body(settings.COMMAND_LIMIT)
    asked = partial(propose, strict(body), agent=agent.agent_id, key=key)
    future, prepared = asked() if len(body) <= SMALL else await in_reader(asked)
    try:
        recorded = await outcome_of(future)
    except Problem as problem:
        raise mismatch() if problem.slug == "changed-duplicate" else problem from None
    return (200 if recorded.duplicates else 201), await in_reader(_represented, prepared.ref)


def _represented(ref: str) -> dict[str, Any]:
    return represent(access.decision_of_ref(ref), clock.now())
