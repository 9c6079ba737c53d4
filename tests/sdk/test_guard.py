"""A guarded function runs once, when it was granted. Whatever else happens it must not run."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oversight_sdk import Gate, call_id, errors
from oversight_sdk.errors import (
    AlreadyClaimed,
    ConfigError,
    GateUnavailable,
    IntegrityError,
    StillPending,
)
from tests.sdk.conftest import QUICK
from tests.sdk.fake import DROP, KEY, LOST, FakeGate, problem
from tests.sdk.scaling import Scaling

BUSY = problem(503, "unavailable")


def test_it_runs_what_was_granted_and_reports_it(fake: FakeGate, scaling: Scaling):
    assert scaling.call("checkout", replicas=4) == "checkout=4"
    assert scaling.runs == [("checkout", 4)]
    ((_, proposed),) = fake.calls("proposals")
    assert proposed["action"] == {
        "kind": "scale",
        "target": {"service": "checkout", "environment": "prod", "resource": "deploy/checkout"},
        "parameters": {"name": "checkout", "replicas": 4},
        "undo": {"kind": "scale", "parameters": {"replicas": 2}},
    }
    assert fake.outcomes() == ["succeeded"]
    assert fake.one()["state"] == "succeeded"


def test_defaults_are_part_of_what_is_granted(fake: FakeGate, scaling: Scaling):
    scaling.call("checkout")
    assert fake.one()["action"]["parameters"]["replicas"] == 3


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("denied", errors.Denied),
        ("vetoed", errors.Vetoed),
        ("expired", errors.Expired),
        ("withdrawn", errors.Withdrawn),
        ("closed", errors.Withdrawn),
        ("executing", AlreadyClaimed),
        ("succeeded", AlreadyClaimed),
        ("unknown", AlreadyClaimed),
        ("reverted", AlreadyClaimed),
    ],
)
def test_a_decision_that_cannot_be_claimed_is_not_run(
    fake: FakeGate, scaling: Scaling, state: str, kind: type[Exception]
):
    fake.rule = state
    with pytest.raises(kind) as refused:
        scaling.call("checkout")
    assert type(refused.value) is kind
    assert (scaling.runs, fake.calls("claim")) == ([], [])


@pytest.mark.parametrize("state", ["suggested", "pending", "window"])
def test_it_waits_for_people(fake: FakeGate, scaling: Scaling, state: str):
    fake.rule = state
    answering = threading.Timer(0.1, fake.decide, ["authorized"])
    answering.start()
    assert scaling.call("checkout") == "checkout=3"
    answering.join()


def test_a_veto_while_waiting_ends_the_wait(fake: FakeGate, scaling: Scaling):
    fake.rule = "pending"
    answering = threading.Timer(0.05, fake.decide, ["vetoed"])
    answering.start()
    with pytest.raises(errors.Vetoed):
        scaling.call("checkout")
    answering.join()
    assert scaling.runs == []


def test_it_does_not_wait_longer_than_it_was_told(fake: FakeGate, gate: Gate):
    fake.rule = "pending"
    scaling = Scaling(gate, wait=0.05)
    with pytest.raises(StillPending) as pending:
        scaling.call("checkout")
    assert pending.value.url == f"{fake.url}/decisions/{fake.one()['id']}/"
    assert (scaling.runs, fake.one()["state"]) == ([], "pending")


def test_a_window_that_is_over_is_claimed_when_the_gate_says_so(fake: FakeGate, scaling: Scaling):
    fake.rule = "window"
    fake.script("claim", problem(425, "window-open", retry_after_s=0), problem(409, "not-open"))
    fake.script("GET .*/decisions", lambda _, body: (200, {**body, "hold_until": "2020-01-01T00:00:00Z"}))
    opening = threading.Timer(0.1, fake.decide, ["authorized"])
    opening.start()
    scaling.call("checkout")
    opening.join()
    # A refusal that was answered is kept by the gate under its key: each further claim needs another.
    keys = [key for key, _ in fake.calls("claim")]
    assert len(set(keys)) == len(keys) >= 2
    assert len({body["claim_key"] for _, body in fake.calls("claim")}) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(403, "vetoed"), errors.Vetoed),
        (problem(410, "expired"), errors.Expired),
        (problem(412, "policy-changed"), errors.PolicyChanged),
        (problem(412, "hash-mismatch"), IntegrityError),
        (problem(423, "frozen"), errors.Frozen),
        (problem(409, "claimed"), AlreadyClaimed),
    ],
    ids=lambda value: value[1]["title"] if isinstance(value, tuple) else "",
)
def test_a_claim_that_is_refused_is_not_run(fake: FakeGate, scaling: Scaling, answer: Any, kind: type[Exception]):
    fake.script("claim", answer)
    with pytest.raises(kind):
        scaling.call("checkout")
    assert (scaling.runs, fake.outcomes()) == ([], [])


@pytest.mark.parametrize("call", ["jwks", "proposals", "GET .*/decisions", "claim"])
@pytest.mark.parametrize("failure", [DROP, BUSY, (200, b"<html>")], ids=["dropped", "503", "html"])
def test_without_an_answer_it_is_not_run(fake: FakeGate, gate: Gate, call: str, failure: Any):
    gate.point = replace(gate.point, patience=replace(QUICK, seconds=0.05))
    fake.rule = "pending" if "GET" in call else "authorized"
    fake.script(call, *[failure] * 500)
    scaling = Scaling(gate, wait=0.1)
    with pytest.raises(GateUnavailable):
        scaling.call("checkout")
    assert scaling.runs == []


def test_lost_answers_change_nothing(fake: FakeGate, scaling: Scaling):
    for call in ("jwks", "proposals", "claim", "outcome"):
        fake.script(call, LOST, BUSY)
    scaling.call("checkout")
    assert scaling.runs == [("checkout", 3)]
    assert len(fake.decisions) == len(fake.leases) == 1
    assert len({key for key, _ in fake.calls("outcome")}) == 1


def test_an_open_duplicate_is_waited_for(fake: FakeGate, gate: Gate):
    fake.rule = "pending"
    with pytest.raises(StillPending):
        Scaling(gate, wait=0.02).call("checkout")
    fake.decide("authorized")
    fake.script("proposals", problem(409, "duplicate-open", decision_id=fake.one()["id"]))
    assert Scaling(gate).call("checkout") == "checkout=3"


def test_the_same_call_is_never_run_twice(fake: FakeGate, scaling: Scaling):
    with call_id("run-7/step-2"):
        scaling.call("checkout")
        with pytest.raises(AlreadyClaimed):
            scaling.call("checkout")
    assert scaling.runs == [("checkout", 3)]
    assert len({key for key, _ in fake.calls("proposals")}) == len(fake.decisions) == 1


def test_a_run_that_died_after_its_claim_is_not_taken_over(fake: FakeGate, gate: Gate, scaling: Scaling):
    def dies() -> None:
        raise SystemExit

    scaling.body = dies
    gate.patience = replace(QUICK, seconds=0.05)
    fake.script("outcome", *[BUSY] * 100)
    with call_id("step"), pytest.raises(SystemExit):
        scaling.call("checkout")
    assert fake.one()["state"] == "executing"
    with call_id("step"), pytest.raises(AlreadyClaimed):
        scaling.call("checkout")
    assert len(scaling.runs) == 1


def test_of_two_runs_of_the_same_call_that_race_for_the_claim_one_runs(fake: FakeGate, scaling: Scaling):
    with call_id("step"):
        scaling.call("checkout")
        # As the second one saw it before the first had claimed.
        fake.script("proposals", lambda status, body: (status, {**body, "state": "authorized"}))
        with pytest.raises(AlreadyClaimed):
            scaling.call("checkout")
    assert (len(scaling.runs), len({body["claim_key"] for _, body in fake.calls("claim")})) == (1, 2)


def test_another_call_under_the_same_id_is_refused(fake: FakeGate, scaling: Scaling):
    with call_id("step"):
        scaling.call("checkout", 3)
        with pytest.raises(IntegrityError):
            scaling.call("checkout", 30)
    assert scaling.runs == [("checkout", 3)]


def test_a_function_with_a_context_keeps_it_out_of_the_action(fake: FakeGate, gate: Gate):
    class Cluster:
        @gate.guard(kind="restart", target=lambda a: {"service": a["name"]}, context=("self",))
        def restart(self, name: str, *rest: str, **more: int) -> tuple[Any, ...]:
            return self, name, rest, more

    cluster = Cluster()
    assert cluster.restart("a", "b", "c", d=1) == (cluster, "a", ("b", "c"), {"d": 1})
    assert fake.one()["action"]["parameters"] == {"name": "a", "rest": ["b", "c"], "more": {"d": 1}}


@pytest.mark.parametrize("value", [1.5, 1j, ("a",), {1: 2}, "\ud800"], ids=repr)
def test_an_argument_that_has_no_one_form_is_refused_before_anything_is_asked(
    fake: FakeGate, scaling: Scaling, value: Any
):
    with pytest.raises(ConfigError):
        scaling.call("checkout", value)
    assert (fake.seen, scaling.runs) == ([], [])


def test_what_cannot_be_guarded_is_refused_when_it_is_decorated(gate: Gate):
    with pytest.raises(TypeError):

        @gate.guard(kind="x", target=lambda _: {"service": "a"})
        def lazily() -> Any:
            yield 1

    with pytest.raises(TypeError):
        gate.guard(kind="x", target=lambda _: {"service": "a"}, context=("absent",))(lambda: None)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "Not A Kind"},
        {"target": lambda _: {"service": ""}},
        {"target": lambda _: {"service": "a", "cluster": "b"}},
        {"undo": lambda _: {"kind": "x"}},
        {"undo": lambda _: {"kind": "x", "parameters": 7}},
        {"name": lambda _: "with a space"},
    ],
)
def test_an_action_of_another_form_is_refused(fake: FakeGate, gate: Gate, options: Any):
    options = {"kind": "x", "target": lambda _: {"service": "a"}, **options}
    with pytest.raises(ConfigError):
        gate.guard(**options)(lambda: None)()
    assert fake.seen == []


def test_there_is_no_way_to_open_on_a_failure(gate: Gate):
    with pytest.raises(TypeError):
        gate.guard(kind="x", target=lambda _: {"service": "a"}, fail="open")  # type: ignore[call-arg]


def test_outside_a_run_there_is_no_checkpoint(gate: Gate):
    with pytest.raises(LookupError):
        gate.checkpoint()


def test_an_unwritable_memory_is_no_grant(fake: FakeGate, tmp_path: Path):
    (tmp_path / "file").touch()
    with Gate(fake.url, KEY, executor="p", state=tmp_path / "file" / "seen", patience=QUICK) as gate:
        scaling = Scaling(gate)
        with pytest.raises(ConfigError):
            scaling.call("checkout")
    assert (scaling.runs, fake.outcomes()) == ([], ["not_executed"])
