"""A granted call while it runs: stops, lost leases, outcomes. A run that lost its lease must not claim success."""

import time
from dataclasses import replace
from typing import Any

import pytest

from oversight_sdk import Gate, NotExecuted
from oversight_sdk.errors import (
    GateStop,
    OutcomeUnknown,
)
from tests.sdk.conftest import QUICK
from tests.sdk.fake import DROP, FakeGate, problem
from tests.sdk.scaling import Scaling

BUSY = problem(503, "unavailable")


@pytest.mark.parametrize(
    ("error", "classify", "status"),
    [
        (NotExecuted("the cluster was not reached"), None, "not_executed"),
        (ValueError("secret"), None, "unknown"),
        (KeyboardInterrupt(), None, "unknown"),
        (ValueError("secret"), lambda _: "failed", "failed"),
        (ValueError("secret"), lambda _: "partial", "partial"),
        (ValueError("secret"), lambda _: "splendid", "unknown"),
        (ValueError("secret"), lambda _: "succeeded", "unknown"),
        (ValueError("secret"), lambda _: 1 / 0, "unknown"),
    ],
)
def test_an_exception_is_reported_and_raised_again(
    fake: FakeGate, gate: Gate, error: BaseException, classify: Any, status: str
):
    def fail() -> None:
        raise error

    scaling = Scaling(gate, classify=classify)
    scaling.body = fail
    with pytest.raises(type(error)) as raised:
        scaling.call("checkout")
    assert raised.value is error
    ((_, said),) = fake.calls("outcome")
    assert said["status"] == status
    assert "secret" not in str(said)


def test_what_was_observed_is_in_the_outcome(fake: FakeGate, gate: Gate, scaling: Scaling):
    scaling.body = lambda: gate.observe(before={"ready": 2}, after={"ready": 3.5})
    scaling.call("checkout")
    assert fake.calls("outcome")[0][1]["observed"] == {"before": {"ready": 2}, "after": {"ready": 3.5}}


def until_stopped(gate: Gate) -> None:
    for _ in range(500):
        time.sleep(0.005)
        gate.checkpoint()


@pytest.mark.parametrize("reason", ["vetoed", "frozen"])
def test_a_stop_while_it_runs_is_raised_at_the_next_checkpoint(
    fake: FakeGate, gate: Gate, scaling: Scaling, reason: str
):
    fake.heartbeat_s = 0.01
    fake.beat = {"continue": False, "stop_reason": reason}
    scaling.body = lambda: until_stopped(gate)
    with pytest.raises(GateStop) as stop:
        scaling.call("checkout")
    assert (stop.value.reason, fake.outcomes()) == (reason, ["unknown"])


def test_a_stop_that_the_function_swallows_is_raised_again(fake: FakeGate, gate: Gate, scaling: Scaling):
    def stubborn() -> None:
        for _ in range(2):
            with pytest.raises(GateStop):
                until_stopped(gate)

    fake.heartbeat_s = 0.01
    fake.beat = {"continue": False, "stop_reason": "vetoed"}
    scaling.body = stubborn
    assert scaling.call("checkout") == "checkout=3"


def test_a_lease_that_the_gate_ended_stops_the_run(fake: FakeGate, gate: Gate, scaling: Scaling):
    fake.heartbeat_s = 0.01
    fake.script("heartbeat", problem(410, "lease-over"))
    scaling.body = lambda: until_stopped(gate)
    with pytest.raises(GateStop) as stop:
        scaling.call("checkout")
    assert (stop.value.reason, fake.outcomes()) == ("lease-lost", ["unknown"])


def test_beats_that_are_not_answered_stop_the_run_when_the_lease_is_over(fake: FakeGate, gate: Gate, scaling: Scaling):
    def runs_on() -> None:
        while len(fake.calls("heartbeat")) < 3:
            time.sleep(0.005)
        gate.checkpoint()
        run = gate.current()
        clock = run._clock
        run._clock = lambda: clock() + 90
        while not run.stop_reason:
            time.sleep(0.005)
        gate.checkpoint()

    fake.heartbeat_s = 0.01
    fake.script("heartbeat", *[BUSY, DROP] * 500)
    scaling.body = runs_on
    with pytest.raises(GateStop) as stop:
        scaling.call("checkout")
    assert stop.value.reason == "lease-lost"
    # One beat is repeated under its key until it is answered.
    assert len({key for key, _ in fake.calls("heartbeat")}) == 1


def test_a_zombie_finds_out_at_its_first_checkpoint(fake: FakeGate, gate: Gate, scaling: Scaling):
    """The whole process was stopped past the end of the lease: no heartbeat has noticed anything."""

    def sleeps() -> None:
        run = gate.current()
        clock = run._clock
        run._clock = lambda: clock() + 90
        gate.checkpoint()

    scaling.body = sleeps
    with pytest.raises(GateStop) as stop:
        scaling.call("checkout")
    assert (stop.value.reason, fake.outcomes()) == ("lease-lost", ["unknown"])


def test_a_zombie_without_checkpoints_does_not_claim_success(fake: FakeGate, gate: Gate, scaling: Scaling):
    def sleeps() -> None:
        run = gate.current()
        clock = run._clock
        run._clock = lambda: clock() + 90

    scaling.body = sleeps
    with pytest.raises(OutcomeUnknown) as unknown:
        scaling.call("checkout")
    assert (unknown.value.result, fake.outcomes()) == ("checkout=3", ["unknown"])


def test_a_lease_that_ended_before_the_run_is_not_run(fake: FakeGate, scaling: Scaling):
    fake.lease_for = -1
    with pytest.raises(GateStop):
        scaling.call("checkout")
    assert (scaling.runs, fake.outcomes()) == ([], ["not_executed"])


def test_late_evidence_is_an_unknown_outcome(fake: FakeGate, scaling: Scaling):
    fake.script("outcome", lambda _, body: (202, body))
    with pytest.raises(OutcomeUnknown):
        scaling.call("checkout")


@pytest.mark.parametrize("answers", [[BUSY] * 500, [problem(409, "other-outcome")]], ids=["silent", "other"])
def test_an_outcome_that_is_not_on_record_is_unknown(fake: FakeGate, gate: Gate, scaling: Scaling, answers: list[Any]):
    gate.patience = replace(QUICK, seconds=0.05)
    fake.script("outcome", *answers)
    with pytest.raises(OutcomeUnknown) as unknown:
        scaling.call("checkout")
    assert unknown.value.result == "checkout=3"
    assert len(scaling.runs) == 1
