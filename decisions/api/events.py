"""POST /api/v1/events: CloudEvents in, durable entries out."""

import asyncio
from typing import Any

from django.conf import settings

from decisions.api.hot import Answer, Request
from decisions.auth.keys import AgentPrincipal, authenticate
from decisions.feed import in_reader
from decisions.intake import cloudevents, events
from decisions.intake.receive import receive

SMALL = 16 * 1024
"""Up to this size a body is parsed on the event loop: handing it to a thread would cost more."""


async def post_events(request: Request) -> Answer:
    """Record the events of the body, all or none. Answers when they are durable."""
    agent = await in_reader(authenticate, request.headers.get("authorization", ""))
    body = await request.body(settings.EVENTS_BODY_LIMIT)
    if len(body) <= SMALL:
        prepared = _prepare(agent, request.headers, body)
    else:
        prepared = await in_reader(_prepare, agent, request.headers, body)
    if not prepared:
        return 200, {"accepted": 0, "duplicates": 0, "first_seq": None, "last_seq": None}

    return 200, await asyncio.wrap_future(receive(prepared, agent.principal))


def _prepare(agent: AgentPrincipal, headers: dict[str, str], body: bytes) -> list[events.Prepared]:
    encoding = headers.get("content-encoding", "").strip().lower()
    plain = cloudevents.unpack(body, encoding, limit=settings.EVENTS_BODY_LIMIT)
    read = cloudevents.read_request(headers, plain, event_limit=settings.EVENT_LIMIT)
    prepared = events.prepare(agent.agent_id, read)
    agent.require(*events.needed_scope(prepared))
    return prepared

