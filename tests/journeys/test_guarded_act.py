"""An act guarded by the client against the real server: it runs when people let it, with what they saw, and not otherwise."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.db import connection

from approvals.actions.set_freeze import set_freeze
from decisions.models import Decision, Person
from decisions.vocab import FreezeMode, FreezeScope, State
from oversight.asgi import application
from oversight_sdk import Denied, Expired, Frozen, Gate, GateStop, Reverts, Vetoed
from tests import factories
from tests.conftest import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def served(settings: Any, data_dir: Path) -> Iterator[str]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    settings.PUBLIC_URL = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield settings.PUBLIC_URL
    server.should_exit = True
    thread.join()


@pytest.fixture
def gate(served: str, agent_client: factories.AgentClient, data_dir: Path) -> Iterator[Gate]:
    with Gate(served, agent_client.key, executor="runner-1", state=data_dir / "seen", wait=20) as made:
        yield made


Scale = Callable[[int], None]


def guarded(gate: Gate, done: list[int], service: str = "search", during: Callable[[], None] = lambda: None) -> Scale:
    @gate.guard(
        kind="scale",
        target=lambda _: {"service": service, "environment": "prod"},
        undo=lambda _: {"kind": "scale", "parameters": {"replicas": 2}},
    )
    def scale(replicas: int) -> None:
        during()
        gate.checkpoint()
        done.append(replicas)

    return scale


def when_asked(answer: Callable[[Decision], object]) -> threading.Thread:
    """Answers the first proposal that appears."""

    def wait() -> None:
        try:
            for _ in range(400):
                row = Decision.objects.filter(proposed=True, state=State.PENDING).first()
                if row is not None:
                    answer(row)
                    return
                time.sleep(0.02)
        finally:
            connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.fixture
def real_time(organisation: factories.Register, clock: Clock) -> None:
    """Tokens are judged by the client's own clock."""
    clock.set(datetime.now(UTC))


@pytest.mark.usefixtures("real_time")
def test_what_a_person_approved_runs_and_is_told(gate: Gate, manager: Person) -> None:
    done: list[int] = []
    people = when_asked(lambda row: factories.approve(row, manager))
    guarded(gate, done)(3)
    people.join()
    row = Decision.objects.get()
    assert (done, row.state, row.level_used, row.executor) == ([3], State.SUCCEEDED, "L2", "runner-1")


@pytest.mark.usefixtures("real_time")
def test_what_a_person_vetoed_does_not_run(gate: Gate, responder: Person) -> None:
    done: list[int] = []
    people = when_asked(lambda row: factories.veto(row, responder))
    with pytest.raises(Vetoed):
        guarded(gate, done)(3)
    people.join()
    assert (done, Decision.objects.get().state) == ([], State.VETOED)


@pytest.mark.usefixtures("real_time")
def test_what_the_policy_lets_it_do_alone_runs_at_once(gate: Gate) -> None:
    done: list[int] = []
    guarded(gate, done, "wiki")(3)
    assert (done, Decision.objects.get().basis) == ([3], "autonomy")


@pytest.mark.usefixtures("real_time")
def test_after_a_stop_nothing_runs(gate: Gate, responder: Person) -> None:
    set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=responder.id)
    done: list[int] = []
    with pytest.raises((Frozen, Denied, Expired)):
        guarded(gate, done, "wiki")(3)
    assert done == []
    assert not Decision.objects.exists()


@pytest.mark.usefixtures("real_time")
def test_what_people_vetoed_after_the_act_is_undone_by_its_agent_and_confirmed_by_a_person(
    gate: Gate, responder: Person
) -> None:
    done: list[int] = []
    guarded(gate, done, "wiki")(3)
    factories.veto(Decision.objects.get(), responder)
    undone: list[Any] = []
    reverts = Reverts(gate.client, wait=1)
    reverts.handler("scale")(lambda parameters, order: undone.append((parameters, order.fencing)))
    assert reverts.once() == 1
    row = Decision.objects.get()
    assert (undone, row.state) == ([({"replicas": 2}, row.lease_seq)], State.REVIEW)
    assert reverts.once() == 0


@pytest.mark.usefixtures("real_time")
def test_a_veto_while_it_runs_stops_it_at_the_next_look(gate: Gate, responder: Person) -> None:
    done: list[int] = []

    def during() -> None:
        row = Decision.objects.get()
        factories.veto(row, responder)
        # The heartbeat says so at the latest when it is due; here the function asks by itself.
        gate.current().stop("vetoed")

    with pytest.raises(GateStop):
        guarded(gate, done, "wiki", during)(3)
    assert (done, Decision.objects.get().state) == ([], State.REVERT_ORDERED)
