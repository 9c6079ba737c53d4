"""The live agents ask, wait, and act only when let. No test here opens a socket or waits for a clock."""

import contextlib
import json
import random
from pathlib import Path
from typing import Any, cast

import pytest

from examples import live_agents
from examples.client import Client
from examples.live_agents import Stage, ask_then_act, fresh, play, wanted
from examples.recordings import read_lines, read_mapping, recordings, undo_of
from oversight_sdk import (
    Denied,
    Expired,
    Frozen,
    Gate,
    GateError,
    GateStop,
    GateUnavailable,
    StillPending,
    Vetoed,
    Wanted,
    Withdrawn,
)

Json = dict[str, Any]
RECORDED = recordings(read_lines(), read_mapping())
UNDO = {"kind": "rollback", "parameters": {"command": "kubectl rollout undo deployment/geo"}}


class Scripted(Client):
    """A client that remembers what it was sent."""

    sent: list[Json]

    def __init__(self) -> None:
        super().__init__("http://nowhere.invalid", "key")
        # The client is frozen, as an agent's should be; what this one remembers is set past that.
        object.__setattr__(self, "sent", [])

    def call(self, method: str, path: str, body: Json | None = None, headers: dict[str, str] | None = None) -> Json:
        self.sent.append(body or {})
        return {"accepted": 1}


class ScriptedRun:
    """A lease that is stopped at its `stop`th checkpoint; 0 for never."""

    def __init__(self, stop: int) -> None:
        self.left = stop

    def start(self) -> None:
        self.checkpoint()

    def checkpoint(self) -> None:
        self.left -= 1
        if not self.left:
            raise GateStop("vetoed", decision_id="d-1")


class ScriptedGate:
    """A gate that answers as the test wrote down, and remembers what it was asked and told."""

    def __init__(self, answer: GateError | None = None, stop: int = 0) -> None:
        self.answer, self.run = answer, ScriptedRun(stop)
        self.asked: list[Wanted] = []
        self.told: list[tuple[str, str]] = []

    def begin(self, wanted: Wanted, *, watch: Any) -> ScriptedRun:
        self.asked.append(wanted)
        if self.answer is not None:
            raise self.answer
        return self.run

    def beating(self, run: ScriptedRun) -> Any:
        return contextlib.nullcontext()

    def finish(self, run: ScriptedRun, status: str, detail: str) -> None:
        self.told.append((status, detail))


def ask(gate: ScriptedGate) -> list[str]:
    said: list[str] = []
    ask_then_act(Stage(said.append), cast("Gate", gate), "stratus", fresh(RECORDED[2], "run", 0), UNDO, seconds=0.01)
    return said


def test_what_was_granted_is_done_and_its_outcome_told() -> None:
    gate = ScriptedGate()
    said = ask(gate)
    recorded = RECORDED[2].event["data"]
    status = {"no_change": "succeeded"}.get(recorded["outcome"]["status"], recorded["outcome"]["status"])
    assert gate.told == [(status, recorded["outcome"].get("detail", ""))]
    [wanted] = gate.asked
    assert (wanted.kind, wanted.parameters) == (recorded["action"]["kind"], recorded["action"]["parameters"])
    assert wanted.undo == UNDO
    assert wanted.account["rationale"] == recorded["rationale"]
    assert "outcome" not in wanted.account
    assert "acting" in said[-1]


@pytest.mark.parametrize("answer", [Vetoed, Denied, Expired, Withdrawn, Frozen, StillPending, GateUnavailable])
def test_what_was_not_granted_is_not_done(answer: type[GateError]) -> None:
    gate = ScriptedGate(answer("no"))
    assert "not done" in ask(gate)[-1]
    assert gate.told == []


@pytest.mark.parametrize("stop", [1, 2])
def test_a_veto_on_the_way_ends_the_process(stop: int) -> None:
    gate = ScriptedGate(stop=stop)
    assert "stopped" in ask(gate)[-1]
    assert gate.told == [("partial", "Stopped on the way.")]


def test_every_recorded_action_can_be_asked_for() -> None:
    for line, recording in zip(read_lines(), RECORDED, strict=True):
        made = wanted(fresh(recording, "run", 0), undo_of(line))
        assert made.kind == recording.event["data"]["action"]["kind"]


def test_a_live_event_keeps_the_words_and_takes_new_names() -> None:
    for recording in RECORDED:
        event = fresh(recording, "run", 3)
        assert event["data"]["rationale"] == recording.event["data"]["rationale"]
        assert event["data"]["action"] == recording.event["data"]["action"]
        assert event["data"]["decision"] != recording.event["data"]["decision"]
        assert event["data"]["episode"].startswith("live-run-3-")
        assert "no time" not in event["data"]["trigger"].get("description", "")


def test_a_company_asks_and_reports_until_its_count() -> None:
    client, gate = Scripted(), ScriptedGate(Vetoed("no"))
    gates = {"stratus": cast("Gate", gate)}
    stage = Stage(lambda _: None)
    assert play(stage, {"stratus": client}, gates, rate=1e9, count=30, chance=random.Random(1)) == 30
    assert 3 <= len(gate.asked) <= 20
    assert len(client.sent) == 30 - len(gate.asked)


def test_it_says_so_when_no_agent_has_a_key() -> None:
    with pytest.raises(SystemExit, match="stratus"):
        play(Stage(lambda _: None), {"nobody": Scripted()}, {}, rate=1, count=1, chance=random.Random(1))


def test_a_missing_access_file_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make demo"):
        live_agents.main(["--access", str(tmp_path / "none.json")])


def test_an_address_that_is_not_the_web_is_refused(tmp_path: Path) -> None:
    access = tmp_path / "demo-access.json"
    access.write_text(json.dumps({"url": "file:///etc/passwd", "accounts": [], "agents": []}))
    with pytest.raises(SystemExit):
        live_agents.main(["--access", str(access)])
