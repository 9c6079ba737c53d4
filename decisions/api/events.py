"""POST /api/v1/events: CloudEvents in, durable entries out."""

from django.conf import settings

from decisions.api.describing import Operation, schema_of
from decisions.api.hot import SMALL, Answer, Request
from decisions.api.shapes import Counts, Event
from decisions.auth.keys import AgentPrincipal, agent_of
from decisions.feed import in_parser, outcome_of
from decisions.intake import cloudevents, events
from decisions.intake.receive import receive
from decisions.intake.shape import Data

POST_EVENTS = Operation(
    "postEvents",
    "Report what an agent did, proposed or observed",
    "agents",
    Counts,
    takes={
        cloudevents.STRUCTURED: Event,
        cloudevents.BATCH: {"type": "array", "items": schema_of(Event)},
        "application/json": Data,
    },
    headers={"Content-Encoding": False},
    problems=(400, 405, 409, 413, 415, 429, 503),
    detail=(
        "CloudEvents 1.0, structured, as a batch, or binary (the data as application/json with the attributes as ce- headers). "
        "A batch is all or nothing: a bad event names its index. The same event again is counted as a duplicate; another "
        "body under the same source and id is 409. Takes the scope report, and propose for proposals."
    ),
)


async def post_events(request: Request) -> Answer:
    """Record the events of the body, all or none. Answers when they are durable."""
    agent = await agent_of(request.headers)
    body = await request.body(settings.EVENTS_BODY_LIMIT)
    if len(body) <= SMALL:
        prepared = _prepare(agent, request.headers, body)
    else:
        prepared = await in_parser(_prepare, agent, request.headers, body)
    if not prepared:
        return 200, {"accepted": 0, "duplicates": 0, "first_seq": None, "last_seq": None}
    return 200, await outcome_of(receive(prepared, agent.principal))


def _prepare(agent: AgentPrincipal, headers: dict[str, str], body: bytes) -> list[events.Prepared]:
    encoding = headers.get("content-encoding", "").strip().lower()
    plain = cloudevents.unpack(body, encoding, limit=settings.EVENTS_BODY_LIMIT)
    read = cloudevents.read_request(headers, plain, event_limit=settings.EVENT_LIMIT)
    prepared = events.prepare(agent.agent_id, read)
    agent.require(*events.needed_scope(prepared))
    return prepared
