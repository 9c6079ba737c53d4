"""The guard around coroutine functions keeps the same rules. It must not block the loop while people think."""

import asyncio
import threading
from typing import Any

import pytest

from oversight_sdk import Gate, errors
from oversight_sdk.errors import GateStop, OutcomeUnknown
from tests.sdk.fake import DROP, LOST, FakeGate, problem


class Restarting:
    def __init__(self, gate: Gate) -> None:
        self.runs: list[str] = []
        self.body: Any = lambda: asyncio.sleep(0)

        @gate.guard(kind="restart", target=lambda a: {"service": a["name"]})
        async def restart(name: str) -> str:
            self.runs.append(name)
            await self.body()
            return name

        self.call = restart


@pytest.fixture
def restarting(gate: Gate) -> Restarting:
    return Restarting(gate)


def test_it_runs_what_was_granted_and_reports_it(fake: FakeGate, restarting: Restarting):
    for call in ("proposals", "claim", "outcome"):
        fake.script(call, LOST, DROP)
    assert asyncio.run(restarting.call("checkout")) == "checkout"
    assert (restarting.runs, fake.outcomes()[-1]) == (["checkout"], "succeeded")
    assert len(fake.leases) == 1


def test_the_loop_goes_on_while_people_think(fake: FakeGate, restarting: Restarting):
    async def both() -> int:
        ticks = 0
        waiting = asyncio.create_task(restarting.call("checkout"))
        while not fake.calls("GET .*/decisions"):
            await asyncio.sleep(0.01)
            ticks += 1
        threading.Timer(0.05, fake.decide, ["authorized"]).start()
        await waiting
        return ticks

    fake.rule = "pending"
    assert asyncio.run(both()) > 0


def test_two_calls_at_once_each_know_their_own_run(fake: FakeGate, gate: Gate, restarting: Restarting):
    names = []

    async def body() -> None:
        await asyncio.sleep(0.02)
        names.append(gate.current().parameters["name"])

    async def both() -> None:
        await asyncio.gather(restarting.call("a"), restarting.call("b"))

    restarting.body = body
    asyncio.run(both())
    assert sorted(names) == sorted(restarting.runs) == ["a", "b"]


def test_a_veto_is_not_run(fake: FakeGate, restarting: Restarting):
    fake.script("claim", problem(403, "vetoed"))
    with pytest.raises(errors.Vetoed):
        asyncio.run(restarting.call("checkout"))
    assert restarting.runs == []


def test_a_stop_while_it_runs_is_raised_at_the_next_checkpoint(fake: FakeGate, gate: Gate, restarting: Restarting):
    async def body() -> None:
        for _ in range(500):
            await asyncio.sleep(0.005)
            gate.checkpoint()

    fake.heartbeat_s = 0.01
    fake.beat = {"continue": False, "stop_reason": "frozen"}
    restarting.body = body
    with pytest.raises(GateStop):
        asyncio.run(restarting.call("checkout"))
    assert fake.outcomes() == ["unknown"]


def test_a_cancelled_call_is_reported_as_unknown(fake: FakeGate, restarting: Restarting):
    async def cancelled() -> None:
        began = asyncio.Event()

        async def body() -> None:
            began.set()
            await asyncio.sleep(10)

        restarting.body = body
        task = asyncio.create_task(restarting.call("checkout"))
        await began.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert fake.outcomes() == ["unknown"]


def test_an_outcome_that_is_late_is_unknown(fake: FakeGate, restarting: Restarting):
    fake.script("outcome", lambda _, body: (202, body))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(restarting.call("checkout"))
