"""The gate's routes for agents: claim, heartbeat, outcome, withdraw, reverts. All thin; what they do is in the actions."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from msgspec import UNSET, to_builtins

from approvals import access
from approvals.actions.answer_revert import acknowledge_revert, finish_revert
from approvals.actions.claim import claim
from approvals.actions.keep_lease import keep_lease
from approvals.actions.report_outcome import report_outcome
from approvals.actions.withdraw import withdraw
from approvals.api import gate_shapes as shapes
from approvals.api.granted import grant, heartbeat, revert_order
from approvals.api.polls import REVERT_ORDERS, get_revert_orders
from approvals.api.representation import represent
from approvals.api.shapes import Decision as DecisionShape
from approvals.idempotency import checked_key
from decisions import clock
from decisions.api.describing import Operation
from decisions.api.hot import Answer, Request
from decisions.api.parsing import json_only, shaped, strict
from decisions.auth.keys import AgentPrincipal, agent_of
from decisions.auth.limits import Limit, spend
from decisions.feed import in_command, in_reader, outcome_of
from decisions.vocab import Outcome, Scope

COMMAND = {"Idempotency-Key": True}
PROBLEMS = (400, 404, 405, 409, 413, 415, 429, 503)

CLAIM = Operation(
    "claim",
    "Claim the right to act, once",
    "agents",
    shapes.Granted,
    takes={"application/json": shapes.ClaimCommand},
    headers=COMMAND,
    problems=(400, 404, 405, 409, 410, 412, 413, 415, 423, 425, 429, 503),
    detail="Only a 200 is permission to act, and only on `action`, the bytes that it returns. The same claim_key gets the same lease. Takes the scope claim.",
)
HEARTBEAT = Operation(
    "heartbeat",
    "Say that the holder of a lease is at work",
    "agents",
    shapes.LeaseKept,
    takes={"application/json": shapes.HeartbeatCommand},
    headers=COMMAND,
    problems=(*PROBLEMS, 410),
    detail="`continue: false` means stop: people have vetoed or stopped it. Takes the scope claim.",
)
OUTCOME = Operation(
    "reportOutcome",
    "Report the outcome of a lease",
    "agents",
    DecisionShape,
    also=(202,),
    takes={"application/json": shapes.OutcomeCommand},
    headers=COMMAND,
    problems=PROBLEMS,
    detail="202 when the lease was over: it is kept as evidence for a person. Takes the scope claim.",
)
WITHDRAW = Operation(
    "withdraw",
    "Take a proposal back",
    "agents",
    DecisionShape,
    takes={"application/json": shapes.WithdrawCommand},
    headers=COMMAND,
    problems=PROBLEMS,
)
ACKNOWLEDGE = Operation(
    "acknowledgeRevert",
    "Take an order to revert",
    "agents",
    shapes.RevertOrder,
    takes={"application/json": shapes.HeartbeatCommand},
    headers=COMMAND,
    problems=PROBLEMS,
)
REVERTED = Operation(
    "finishRevert",
    "Say how a revert went",
    "agents",
    shapes.RevertOrder,
    takes={"application/json": shapes.RevertCommand},
    headers=COMMAND,
    problems=PROBLEMS,
    detail="That it went well is the agent's word: a person confirms it before the decision is reverted.",
)


async def _agent(request: Request, scope: Scope) -> AgentPrincipal:
    agent = await agent_of(request.headers)
    agent.require(scope)
    return agent


async def _command(
    request: Request, shape: type[Any], scope: Scope, *, counted: bool = False
) -> tuple[AgentPrincipal, str, Any]:
    """(who, under which key, what). Raises the problem of whatever is not in order.

    `counted` is what an agent may not do as often as it likes: never what ends or undoes an act.
    """
    agent = await _agent(request, scope)
    if counted:
        spend(agent.agent_id, Limit.COMMAND, request.answered)
    key = checked_key(request.headers.get("idempotency-key", ""))
    json_only(request.headers.get("content-type", ""))
    return agent, key, shaped(strict(await request.body(settings.COMMAND_LIMIT)), shape)


def _part(request: Request, place: int) -> UUID:
    return UUID(request.scope["path"].split("/")[place])


def _said(given: Any) -> dict[str, Any]:
    """What the agent adds in its own words."""
    said: dict[str, Any] = {"detail": given.detail} if given.detail else {}
    if given.observed is not UNSET:
        said["observed"] = to_builtins(given.observed)
    return said


async def post_claim(request: Request) -> Answer:
    agent, _, given = await _command(request, shapes.ClaimCommand, Scope.CLAIM, counted=True)

    id_ = _part(request, 4)
    told = {"claim_key": given.claim_key, "action_hash": given.action_hash, "executor": given.executor}
    await outcome_of(await in_reader(partial(claim, id_, **told, agent=agent.agent_id)))

    def granted() -> Answer:
        return 200, grant(access.own_decision(agent.agent_id, id_), issuer=settings.PUBLIC_URL)

    return await in_reader(granted)


async def post_heartbeat(request: Request) -> Answer:
    agent, _, given = await _command(request, shapes.HeartbeatCommand, Scope.CLAIM)

    def act() -> Answer:
        return 200, heartbeat(keep_lease(_part(request, 4), fencing=given.fencing, agent=agent.agent_id))

    return await in_command(act)


async def post_outcome(request: Request) -> Answer:
    agent, _, given = await _command(request, shapes.OutcomeCommand, Scope.CLAIM)

    def act() -> Answer:
        row, late = report_outcome(
            _part(request, 4),
            fencing=given.fencing,
            status=Outcome(given.status),
            said=_said(given),
            agent=agent.agent_id,
        )
        return (202 if late else 200), represent(row, clock.now())

    return await in_command(act)


async def post_withdraw(request: Request) -> Answer:
    agent, _, given = await _command(request, shapes.WithdrawCommand, Scope.PROPOSE, counted=True)

    def act() -> Answer:
        return 200, represent(withdraw(_part(request, 4), reason=given.reason, agent=agent.agent_id), clock.now())

    return await in_command(act)


async def post_acknowledge(request: Request) -> Answer:
    agent, key, given = await _command(request, shapes.HeartbeatCommand, Scope.CLAIM)

    def act() -> Answer:
        row = acknowledge_revert(_part(request, 4), fencing=given.fencing, key=key, agent=agent.agent_id)
        return 200, revert_order(row, clock.now())

    return await in_command(act)


async def post_reverted(request: Request) -> Answer:
    agent, key, given = await _command(request, shapes.RevertCommand, Scope.CLAIM)

    def act() -> Answer:
        row = finish_revert(
            _part(request, 4),
            fencing=given.fencing,
            succeeded=given.status == "succeeded",
            said=_said(given),
            key=key,
            agent=agent.agent_id,
        )
        return 200, revert_order(row, clock.now())

    return await in_command(act)


Route = Callable[[Request], Any]
ROUTES: tuple[tuple[str, str, Route, Operation], ...] = (
    ("POST", "/api/v1/decisions/{decision_id}/claim", post_claim, CLAIM),
    ("POST", "/api/v1/decisions/{decision_id}/withdraw", post_withdraw, WITHDRAW),
    ("POST", "/api/v1/leases/{lease_id}/heartbeat", post_heartbeat, HEARTBEAT),
    ("POST", "/api/v1/leases/{lease_id}/outcome", post_outcome, OUTCOME),
    ("GET", "/api/v1/revert-orders", get_revert_orders, REVERT_ORDERS),
    ("POST", "/api/v1/revert-orders/{decision_id}/ack", post_acknowledge, ACKNOWLEDGE),
    ("POST", "/api/v1/revert-orders/{decision_id}/outcome", post_reverted, REVERTED),
)
"""Method, address, what serves it, what documents it."""
