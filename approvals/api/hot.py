"""The gate's quick routes: an agent proposes, and waits for the verdict by long poll."""

import time
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings

from approvals import access
from approvals.actions.propose import propose
from approvals.api.representation import represent
from approvals.api.shapes import Decision as DecisionShape
from approvals.api.shapes import Proposal
from approvals.idempotency import checked_key
from decisions import clock, feed, register
from decisions.api.describing import Operation
from decisions.api.hot import Answer, Request
from decisions.api.parsing import json_only, strict
from decisions.auth.keys import AgentPrincipal, authenticate
from decisions.auth.session import person_of_cookies
from decisions.errors import bad_request, forbidden, not_found, unauthorized
from decisions.feed import in_reader
from decisions.models import Decision
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
    agent = await in_reader(authenticate, request.headers.get("authorization", ""))
    agent.require(Scope.PROPOSE)
    key = checked_key(request.headers.get("idempotency-key", ""))
    json_only(request.headers.get("content-type", ""))
    value = strict(await request.body(settings.COMMAND_LIMIT))
    return await in_reader(_propose, value, agent, key)


def _propose(value: Any, agent: AgentPrincipal, key: str) -> Answer:
    recorded, prepared = propose(value, agent=agent.agent_id, key=key)
    row = Decision.objects.get(ref_key=prepared.ref)
    return (200 if recorded.duplicates else 201), represent(row, clock.now())


async def get_decision_waiting(request: Request) -> Answer:
    """The decision as soon as its version is above `after`, else as it is when `wait` seconds are over."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if set(query) - {"wait", "after"} or any(len(values) > 1 for values in query.values()):
        raise bad_request("Known parameters are wait and after, each once.", "unknown-filter")
    wait = _whole(query, "wait", MAX_WAIT)
    after = _whole(query, "after", 2**31 - 1) if "after" in query else -1
    decision_id = UUID(request.scope["path"].rsplit("/", 1)[-1])
    reader = await in_reader(_reader, request.headers)
    until = time.monotonic() + wait
    while True:
        seq, version, body = await in_reader(_look, decision_id, reader)
        left = until - time.monotonic()
        if version > after or left <= 0:
            return 200, body
        # A deadline may pass without an entry, so look again each second at the latest when one is near.
        await feed.hub.beyond(seq, min(left, 1.0))


def _whole(query: dict[str, list[str]], name: str, most: int) -> int:
    text = query.get(name, [""])[-1]
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        raise bad_request(f"{name} must be a whole number from 0 to {most}.")
    return int(text)


def _reader(headers: dict[str, str]) -> AgentPrincipal | UUID:
    """Who reads: an agent by key, else a person by session."""
    if headers.get("authorization"):
        return authenticate(headers["authorization"])
    person = person_of_cookies(headers.get("cookie", ""))
    if person is None:
        raise unauthorized()
    if not access.may(register.latest(), person, access.READS_DECISIONS):
        raise forbidden("Your account has no role yet. Ask an administrator for one.", "role")
    return person


def _look(decision_id: UUID, reader: AgentPrincipal | UUID) -> tuple[int, int, dict[str, Any]]:
    """(seq the ledger had reached, version, representation). An agent sees its own decisions alone."""
    seq = feed.head_seq()
    row = Decision.objects.filter(id=decision_id).first()
    if row is None or (isinstance(reader, AgentPrincipal) and row.agent_id != reader.agent_id):
        raise not_found("decision")
    sees = isinstance(reader, AgentPrincipal) or access.may(register.latest(), reader, access.READS_ACCOUNT)
    return seq, row.version, represent(row, clock.now(), account=sees)
