"""Undo orders are taken, run once and reported. An order must not be lost, nor run a second time by guessing."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import pytest

from oversight_sdk import Client, Reverts
from oversight_sdk.errors import BadKey, GateUnavailable
from tests.sdk.conftest import QUICK
from tests.sdk.fake import KEY, LOST, FakeGate, problem

UNDO = {"kind": "scale", "parameters": {"replicas": 2}}


def order(**over: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "decision_id": str(uuid4()),
        "state": "revert_ordered",
        "fencing": 7,
        "ordered_at": "2026-11-22T03:47:00Z",
        "action": {"kind": "scale", "undo": UNDO},
        "undo": UNDO,
        **over,
    }


@dataclass
class Loop:
    reverts: Reverts
    now: list[float]
    ran: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def loop(fake: FakeGate) -> Iterator[Loop]:
    now = [0.0]
    with Client(fake.url, KEY, patience=replace(QUICK, seconds=0.1)) as client:
        made = Loop(Reverts(client, wait=0, pause=0.01, clock=lambda: now[0]), now)

        @made.reverts.handler("scale")
        def undo(parameters: dict[str, Any], _order: Any) -> None:
            made.ran.append(parameters)
            if parameters.get("replicas") == 0:
                raise ValueError("secret")

        yield made


def said(fake: FakeGate) -> list[tuple[str, str]]:
    return [(body["status"], body.get("detail", "")) for _, body in fake.calls("revert-orders/.*/outcome")]


def test_an_order_is_acknowledged_run_and_reported(fake: FakeGate, loop: Loop):
    fake.orders = [order(), order()]
    assert loop.reverts.once() == 2
    assert loop.ran == [{"replicas": 2}] * 2
    assert said(fake) == [("succeeded", "")] * 2
    assert [path.rpartition("/")[2] for method, path, *_ in fake.seen if method == "POST"] == ["ack", "outcome"] * 2
    assert all(body["fencing"] == 7 for _, body in fake.calls("POST"))


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"undo": None}, "no undo"),
        ({"undo": {"kind": "other", "parameters": {}}, "action": {"undo": {"kind": "other", "parameters": {}}}}, "no handler"),
        ({"undo": {"kind": "scale", "parameters": {"replicas": 500}}}, "not the one that was granted"),
        ({"undo": {"kind": "scale", "parameters": {"replicas": 0}}, "action": {"undo": {"kind": "scale", "parameters": {"replicas": 0}}}}, "ValueError"),
    ],
)  # fmt: skip
def test_what_cannot_be_undone_is_reported_as_failed(fake: FakeGate, loop: Loop, over: Any, why: str):
    fake.orders = [order(**over)]
    loop.reverts.once()
    ((status, detail),) = said(fake)
    assert status == "failed"
    assert why in detail
    assert "secret" not in detail


def test_an_order_that_another_has_taken_is_left_alone(fake: FakeGate, loop: Loop):
    fake.orders = [order()]
    fake.script("ack", problem(409, "not-open"))
    loop.reverts.once()
    assert (loop.ran, said(fake)) == ([], [])


def test_an_order_that_was_begun_is_not_run_again_and_people_are_told_in_the_end(fake: FakeGate, loop: Loop):
    fake.orders = [order(state="reverting")]
    loop.reverts.once()
    assert said(fake) == []
    loop.now[0] = 301
    loop.reverts.once()
    assert loop.ran == []
    assert said(fake)[0][0] == "failed"


def test_a_handler_that_may_run_twice_takes_over_what_was_begun(fake: FakeGate, loop: Loop):
    again = []
    loop.reverts.handler("restart", repeatable=True)(lambda parameters, _: again.append(parameters))
    undo = {"kind": "restart", "parameters": {}}
    fake.orders = [order(state="reverting", undo=undo, action={"undo": undo})]
    loop.reverts.once()
    assert (again, said(fake)) == ([{}], [("succeeded", "")])


def test_a_report_that_is_lost_is_repeated_and_the_undo_is_not(fake: FakeGate, loop: Loop):
    fake.orders = [order()]
    fake.script("outcome", *[problem(503, "unavailable")] * 40)
    assert loop.reverts.once() == 0
    assert loop.ran == [{"replicas": 2}]
    fake._scripts.clear()
    loop.reverts.run(rounds=2)
    assert loop.ran == [{"replicas": 2}]
    assert fake.orders == []


def test_a_silent_gate_does_not_end_the_loop(fake: FakeGate, loop: Loop):
    fake.orders = [order()]
    fake.script("GET .*/revert-orders", *[problem(503, "unavailable")] * 20)
    with pytest.raises(GateUnavailable):
        loop.reverts.once()
    fake._scripts.clear()
    fake.script("GET .*/revert-orders", LOST)
    loop.reverts.run(rounds=3)
    assert loop.ran == [{"replicas": 2}]


def test_a_key_that_is_refused_ends_it_loudly(fake: FakeGate, loop: Loop):
    fake.script("GET .*/revert-orders", problem(401, "unauthorized"))
    with pytest.raises(BadKey):
        loop.reverts.run()


def test_it_can_be_stopped(fake: FakeGate, loop: Loop):
    thread = threading.Thread(target=loop.reverts.run)
    thread.start()
    loop.reverts.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_a_kind_has_one_handler(loop: Loop):
    with pytest.raises(ValueError, match="has a handler"):
        loop.reverts.handler("scale")(lambda _parameters, _order: None)
