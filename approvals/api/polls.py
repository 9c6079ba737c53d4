"""The long polls: an agent waits for the verdict on its decision, and for orders to undo what it did.

It must not hold a thread, a connection or a row while it waits.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from approvals import access
from approvals.api import gate_shapes as shapes
from approvals.api.granted import revert_order
from approvals.api.representation import represent
from approvals.queries.reverts import next_order_at, orders_of
from decisions import clock, register
from decisions.api.describing import Operation
from decisions.api.hot import Answer, Request
from decisions.auth.keys import agent_of
from decisions.auth.limits import Limit, spend
from decisions.auth.session import person_of_cookies
from decisions.errors import Problem, bad_request, forbidden, not_found, unauthorized
from decisions.feed import in_reader
from decisions.models import Decision
from decisions.models.bulk import chunks
from decisions.states import effective_state, may_change_at, told_state
from decisions.vocab import Scope, State
from decisions.waiting import Watch, lobby

MAX_WAIT = 55
SOONEST = 0.25
"""How soon what may change by time alone is looked at again, at the soonest, in seconds."""
REVERT_ORDERS = Operation(
    "listRevertOrders",
    "What people have ordered this agent to undo, oldest first",
    "agents",
    shapes.RevertOrders,
    query={"wait": {"type": "integer", "minimum": 0, "maximum": MAX_WAIT}},
    problems=(400, 405),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A decision as it was read: its row, its state at that moment, and in how many seconds that may be another."""

    row: Decision
    state: State
    now: datetime
    known: register.Register
    due: float

    def is_news(self, after: int) -> bool:
        """Whether a reader who has seen version `after` must be told.

        A deadline changes the state and not the version: what that reader was told of the state is not known.
        """
        return self.row.version > after or self.state != told_state(self.row)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, what is its own alone (None for people), and whether it sees the agents' words."""

    agent: UUID | None
    sees: bool

    def own(self, row: Decision) -> bool:
        return self.agent is None or row.agent_id == self.agent


async def get_decision_waiting(request: Request) -> Answer:
    """The decision as soon as its version is above `after` or its time is over, else as it is when `wait` seconds are."""
    wait, after = _asked(request)
    decision_id = UUID(request.scope["path"].rsplit("/", 1)[-1])
    reader = await _reader(request.headers)
    if reader.agent is not None:
        spend(reader.agent, Limit.READ, request.answered)
    if not wait:
        found = await in_reader(look, [decision_id])
        return _answer(found.get(decision_id), reader)
    until = time.monotonic() + wait
    with lobby.watch(look, decision_id) as watch:
        async with request.left(lambda: watch.tell(_disconnected())):
            seen = await _until_news(watch, reader, after, until)
        # What was permitted when the wait began may not be any more.
        return _answer(seen, await _reader(request.headers))


async def _until_news(watch: Watch, reader: Reader, after: int, until: float) -> Seen | None:
    due = 0.0
    while True:
        seen: Seen | None = await watch.news(due)
        left = until - time.monotonic()
        if seen is None or not reader.own(seen.row) or seen.is_news(after) or left <= 0:
            return seen
        due = min(left, seen.due)
        # Its row may be large, and a waiter is to be small.
        seen = None


def _answer(seen: Seen | None, reader: Reader) -> Answer:
    if seen is None or not reader.own(seen.row):
        raise not_found("decision")
    return 200, represent(seen.row, seen.now, account=reader.sees, known=seen.known)


def look(ids: Sequence[UUID]) -> dict[UUID, Seen]:
    """What a poll needs of these decisions; of one that is not there, nothing."""
    now, known = clock.now(), register.latest()
    rows = [row for some in chunks(ids) for row in Decision.objects.filter(id__in=some)]
    return {
        row.id: Seen(row, effective_state(row, now), now, known, _due(may_change_at(row, now), now)) for row in rows
    }


def _due(at: datetime | None, now: datetime) -> float:
    return math.inf if at is None else max(SOONEST, (at - now).total_seconds())


def _asked(request: Request) -> tuple[int, int]:
    """`wait` and `after` of the query. Raises a 400 problem."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if set(query) - {"wait", "after"} or any(len(values) > 1 for values in query.values()):
        raise bad_request("Known parameters are wait and after, each once.", "unknown-filter")
    wait = _whole(query, "wait", MAX_WAIT)
    return wait, _whole(query, "after", 2**31 - 1) if "after" in query else -1


def _whole(query: dict[str, list[str]], name: str, most: int) -> int:
    text = query.get(name, [""])[-1]
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        raise bad_request(f"{name} must be a whole number from 0 to {most}.")
    return int(text)


def _disconnected() -> Problem:
    return Problem(400, "disconnected", "The request was cut off")


async def _reader(headers: dict[str, str]) -> Reader:
    """Who reads: an agent by key, else a person by session. Raises a 401 or 403 problem."""
    if headers.get("authorization"):
        return Reader((await agent_of(headers)).agent_id, sees=True)
    return await in_reader(_person, headers.get("cookie", ""))


def _person(cookies: str) -> Reader:
    person = person_of_cookies(cookies)
    if person is None:
        raise unauthorized()
    known = register.latest()
    if not access.may(known, person, access.READS_DECISIONS):
        raise forbidden("Your account has no role yet. Ask an administrator for one.", "role")
    return Reader(None, sees=access.may(known, person, access.READS_ACCOUNT))


# -- orders to undo


@dataclass(frozen=True, slots=True)
class Orders:
    """The open orders of one agent, and in how many seconds time alone may make one more."""

    items: list[dict[str, Any]]
    due: float


async def get_revert_orders(request: Request) -> Answer:
    """The open orders as soon as there is one, else none when `wait` seconds are over."""
    agent = await _claimant(request)
    spend(agent, Limit.ORDERS, request.answered)
    wait = _seconds(request)
    if not wait:
        found = await in_reader(orders, [agent])
        return 200, {"items": found[agent].items}
    until = time.monotonic() + wait
    with lobby.watch(orders, agent) as watch:
        async with request.left(lambda: watch.tell(_disconnected())):
            due = 0.0
            while True:
                seen: Orders = await watch.news(due)
                left = until - time.monotonic()
                if seen.items or left <= 0:
                    break
                due = min(left, seen.due)
        await _claimant(request)
        return 200, {"items": seen.items}


def orders(agents: Sequence[UUID]) -> dict[UUID, Orders]:
    """The open orders of these agents."""
    now = clock.now()
    return {
        agent: Orders([revert_order(row, now) for row in orders_of(agent, now)], _due(next_order_at(agent, now), now))
        for agent in agents
    }


async def _claimant(request: Request) -> UUID:
    agent = await agent_of(request.headers)
    agent.require(Scope.CLAIM)
    return agent.agent_id


def _seconds(request: Request) -> int:
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    text = query.pop("wait", ["0"])
    if query or len(text) > 1 or not text[0].isdigit() or len(text[0]) > 2 or int(text[0]) > MAX_WAIT:
        raise bad_request(f"The one parameter is wait, a whole number from 0 to {MAX_WAIT}.", "unknown-filter")
    return int(text[0])
