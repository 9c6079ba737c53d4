"""The gate's quick routes: an agent proposes, and waits for the verdict by long poll."""

import time
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings

from approvals import access
from approvals.actions.propose import propose
from approvals.api.representation import represent
from decisions import clock, feed, register
from decisions.api.hot import Answer, Request
from decisions.auth.keys import AgentPrincipal, authenticate
from decisions.auth.session import person_of_cookies
from decisions.canonical import NotStrictError, parse
from decisions.errors import Problem, bad_request, forbidden, not_found, unauthorized
from decisions.feed import in_reader
from decisions.models import Decision
from decisions.vocab import Scope

MAX_WAIT = 55
KEY_LENGTH = 255


async def post_proposal(request: Request) -> Answer:
    """Record a proposal. 201 with the decision; 200 with the same decision when the same key is sent again."""
    agent = await in_reader(authenticate, request.headers.get("authorization", ""))
    agent.require(Scope.PROPOSE)
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise bad_request("Send an Idempotency-Key of 1 to 255 characters.", "idempotency-key")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "unsupported-media-type", "The Content-Type is not taken here", "Send application/json.")
    body = await request.body(settings.COMMAND_LIMIT)
    try:
        value = parse(body)
    except NotStrictError as error:
        raise bad_request(f"{error}.", "not-strict-json") from None
    return await in_reader(_propose, value, agent, key)


def _propose(value: Any, agent: AgentPrincipal, key: str) -> Answer:
    recorded, prepared = propose(value, agent=agent.agent_id, key=key)
    row = Decision.objects.get(ref_key=prepared.ref)
    return (200 if recorded.duplicates else 201), represent(row, clock.now())


async def get_decision_waiting(request: Request) -> Answer:
    """The decision as soon as its version is above `after`, else as it is when `wait` seconds are over."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"))
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
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:  # noqa: PLR2004
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
        raise forbidden("Your account has no role yet. Ask an administrator for one.")
    return person


def _look(decision_id: UUID, reader: AgentPrincipal | UUID) -> tuple[int, int, dict[str, Any]]:
    """(seq the ledger had reached, version, representation). An agent sees its own decisions alone."""
    seq = feed.head_seq()
    row = Decision.objects.filter(id=decision_id).first()
    if row is None or (isinstance(reader, AgentPrincipal) and row.agent_id != reader.agent_id):
        raise not_found("decision")
    sees = isinstance(reader, AgentPrincipal) or access.may(register.latest(), reader, access.READS_ACCOUNT)
    return seq, row.version, represent(row, clock.now(), account=sees)
