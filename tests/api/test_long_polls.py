"""Long polls: whoever waits is told when something changes, by an entry or by time alone, and nobody else is troubled."""

import asyncio
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import OperationalError

from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.set_freeze import set_freeze
from approvals.api import polls
from approvals.machine import LEASE
from decisions import served, waiting
from decisions.auth import keys
from decisions.models import Agent, AgentKey, Decision, Person
from decisions.vocab import FreezeMode, FreezeScope, State
from tests import factories
from tests.api.conftest import Api, problem
from tests.approvals.asking import GEO, WIKI
from tests.conftest import Clock

LONG = 20
"""Seconds that a poll waits; that it ends sooner is what is tested."""
SOON = 10


@pytest.fixture
def sender(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent)


def poll(api: Api, row: Decision, *, wait: int = LONG) -> "Future[httpx.Response]":
    """A poll for what comes after `row` as it is now, begun."""
    row.refresh_from_db()
    started = api.start("GET", f"/api/v1/decisions/{row.id}?wait={wait}&after={row.version}")
    until_waiting(1)
    return started


def until_waiting(least: int) -> None:
    """Wait until so many polls wait, each having read once what it waits for."""
    until = time.monotonic() + SOON
    while sum(map(len, waiting.lobby.watches.values())) < least or waiting.lobby._asked:
        assert time.monotonic() < until, "no poll waits"
        time.sleep(0.01)
    time.sleep(0.1)


def until_nobody_waits() -> None:
    until = time.monotonic() + SOON
    while waiting.lobby.watches:
        assert time.monotonic() < until, "somebody still waits"
        time.sleep(0.01)


def told(started: "Future[httpx.Response]") -> Any:
    answer = started.result(SOON)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_nobody_is_missed_whenever_the_verdict_comes(sender: Api, agent: Agent, manager: Person) -> None:
    """Before the poll, in the middle of its first read, or long after it."""
    rows = [factories.propose(agent, action=factories.action(parameters={"replicas": n})) for n in range(40)]
    chance = random.Random(40)
    started: list[Any] = []

    def veto_all() -> None:
        for row in chance.sample(rows, len(rows)):
            factories.veto(row, manager)

    vetoes = threading.Thread(target=veto_all)
    vetoes.start()
    for row in rows:
        started.append(sender.start("GET", f"/api/v1/decisions/{row.id}?wait={LONG}&after={row.version}"))
        time.sleep(chance.random() / 100)
    vetoes.join()
    assert {told(one)["state"] for one in started} == {"vetoed"}
    until_nobody_waits()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[UUID]:
    """How often each decision was read for those who wait."""
    counts: Counter[UUID] = Counter()
    look = polls.look

    def counted(ids: Sequence[UUID]) -> Any:
        counts.update(ids)
        return look(ids)

    monkeypatch.setattr(polls, "look", counted)
    return counts


def test_only_what_changed_is_read_again(sender: Api, agent: Agent, manager: Person, reads: Counter[UUID]) -> None:
    one, other = factories.propose(agent), factories.propose(agent, action=GEO)
    started, quiet = poll(sender, one), poll(sender, other, wait=2)
    until_waiting(2)
    factories.veto(one, manager)
    assert told(started)["state"] == "vetoed"
    assert reads == {one.id: 2, other.id: 1}
    assert told(quiet)["state"] == "window"
    assert reads == {one.id: 2, other.id: 2}, "and at its end"


def test_without_a_hint_it_is_found_by_looking(
    sender: Api, agent: Agent, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when another process wrote it and Redis is down."""
    row = factories.propose(agent)
    started = poll(sender, row)
    monkeypatch.setattr("decisions.hints._tell", lambda _: None)
    factories.veto(row, manager)
    assert told(started)["state"] == "vetoed"


# -- what time alone changes


def ends(seconds: float = 0.3) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_hold_that_ends_meanwhile(sender: Api, agent: Agent, clock: Clock) -> None:
    row = factories.propose(agent)
    assert row.hold_until is not None
    clock.set(row.hold_until - ends())
    started = poll(sender, row)
    assert not started.done()
    clock.set(row.hold_until)
    assert (told(started)["state"], Decision.objects.get().state) == ("expired", "pending")


def test_a_permission_that_ends_meanwhile(sender: Api, agent: Agent, clock: Clock) -> None:
    row = factories.propose(agent, action=WIKI)
    assert row.claim_until is not None
    clock.set(row.claim_until - ends())
    started = poll(sender, row)
    assert not started.done()
    clock.set(row.claim_until)
    assert told(started)["state"] == "expired"


def test_a_window_that_is_served_meanwhile(sender: Api, agent: Agent, clock: Clock) -> None:
    served.tick(clock.at)
    row = factories.propose(agent, action=GEO)
    for _ in range(299):
        served.tick(clock.advance(seconds=1))
    started = poll(sender, row)
    assert not started.done()
    served.tick(clock.advance(seconds=1))
    assert (told(started)["state"], Decision.objects.get().state) == ("authorized", "window")


def test_a_state_that_time_changed_before_is_told_at_once(sender: Api, agent: Agent, clock: Clock) -> None:
    """Its version is the same: who asks may have been told of it while it was still open."""
    row = factories.propose(agent)
    clock.advance(minutes=31)
    assert (
        told(sender.start("GET", f"/api/v1/decisions/{row.id}?wait={LONG}&after={row.version}"))["state"] == "expired"
    )


def test_a_stop_that_is_lifted_moves_a_deadline_that_no_entry_names(
    sender: Api,
    agent: Agent,
    responder: Person,
    manager: Person,
    second_manager: Person,
    reads: Counter[UUID],
) -> None:
    row = factories.propose(agent)
    freeze = set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=responder.id)
    started = poll(sender, row, wait=2)
    assert reads == {row.id: 1}
    for person in (manager, second_manager):
        lift_freeze(freeze.id, actor=person.id)
    until_waiting(1)
    assert reads[row.id] > 1
    assert told(started)["state"] == "pending"


# -- who waits


def test_a_key_that_was_revoked_meanwhile_gets_nothing(
    sender: Api, agent: Agent, manager: Person, clock: Clock
) -> None:
    row = factories.propose(agent)
    started = poll(sender, row)
    AgentKey.objects.update(revoked_at=clock.at)
    keys.forget()
    factories.veto(row, manager)
    problem(started.result(SOON), 401, "unauthorized")


def test_another_agents_decision_is_not_there(api: Api, agent: Agent, organisation: factories.Register) -> None:
    row = factories.propose(agent)
    other = api.as_agent(organisation.agents["autoscaler"])
    problem(other.get(f"/api/v1/decisions/{row.id}?wait={LONG}"), 404, "not-found")
    problem(other.get(f"/api/v1/decisions/{uuid.uuid4()}?wait={LONG}"), 404, "not-found")
    until_nobody_waits()


@pytest.mark.parametrize("path", ["/api/v1/revert-orders", "/api/v1/decisions/{}"])
def test_who_hangs_up_is_let_go_at_once(sender: Api, agent: Agent, path: str) -> None:
    row = factories.propose(agent)
    hung_up: list[Callable[[], None]] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path.format(row.id),
        "query_string": f"wait=55{'' if 'revert' in path else '&after=9'}".encode(),
        "headers": [(b"authorization", sender.headers["Authorization"].encode())],
    }

    async def client() -> None:
        gone = asyncio.Event()
        hung_up.append(gone.set)

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            pass

        await sender.loop.application(scope, receive, send)

    serving = sender.loop.start(client())
    until_waiting(1)
    sender.loop.loop.call_soon_threadsafe(hung_up[0])
    serving.result(SOON)
    assert waiting.lobby.watches == {}


def test_a_database_that_does_not_answer_is_said_and_the_next_poll_is_served(
    sender: Api, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = factories.propose(agent)

    def down(*_: Any) -> Any:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(waiting, "changed_since", down)
        patch.setattr(waiting, "mark", down)
        problem(sender.get(f"/api/v1/decisions/{row.id}?wait={LONG}"), 503, "not-stored")
    assert sender.get(f"/api/v1/decisions/{row.id}?wait={LONG}").status_code == 200


# -- orders to undo


def test_an_order_wakes_its_agent(sender: Api, agent: Agent, manager: Person) -> None:
    row = factories.finish(factories.claim(factories.propose(agent, action=WIKI)))
    started = sender.start("GET", f"/api/v1/revert-orders?wait={LONG}")
    until_waiting(1)
    assert not started.done()
    factories.veto(row, manager)
    assert [order["id"] for order in told(started)["items"]] == [str(row.id)]


def test_so_does_the_end_of_a_lease_that_was_vetoed(sender: Api, agent: Agent, manager: Person, clock: Clock) -> None:
    row = factories.claim(factories.propose(agent, action=WIKI))
    factories.veto(row, manager)
    clock.advance(seconds=LEASE.total_seconds() - 0.3)
    started = sender.start("GET", f"/api/v1/revert-orders?wait={LONG}")
    until_waiting(1)
    assert not started.done()
    clock.advance(seconds=0.3)
    assert [order["state"] for order in told(started)["items"]] == ["revert_ordered"]
    assert Decision.objects.get().state == State.EXECUTING


def test_no_order_is_an_answer_too(sender: Api, agent: Agent) -> None:
    factories.propose(agent)
    assert sender.get("/api/v1/revert-orders?wait=1").json() == {"items": []}
