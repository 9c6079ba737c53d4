"""The live agents ask, wait, and act only when let. No test here opens a socket or waits for a clock."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples import live_agents
from examples.client import Client, RefusedError, UnreachableError
from examples.live_agents import Stage, ask_then_act, fresh, play, question
from examples.recordings import read_lines, read_mapping, recordings

Json = dict[str, Any]
RECORDED = recordings(read_lines(), read_mapping())
UNDO = {"kind": "rollback", "parameters": {"command": "kubectl rollout undo deployment/geo"}}


class Scripted(Client):
    """A client whose server says what the test wrote down, and remembers what it was sent."""

    sent: list[tuple[str, str, Json | None, dict[str, str]]]
    states: Iterator[tuple[int, str | Exception]]

    def __init__(self, states: list[str | Exception]) -> None:
        super().__init__("http://nowhere.invalid", "key")
        # The client is frozen, as an agent's should be; what this one remembers is set past that.
        object.__setattr__(self, "sent", [])
        object.__setattr__(self, "states", iter(list(enumerate(states, 1))))

    def call(self, method: str, path: str, body: Json | None = None, headers: dict[str, str] | None = None) -> Json:
        self.sent.append((method, path, body, headers or {}))
        if path == "/api/v1/events":
            return {"accepted": 1}
        version, state = next(self.states)
        if isinstance(state, Exception):
            raise state
        return {"id": "d-1", "state": state, "version": version, "level": "L2"}

    def events(self) -> list[Json]:
        return [body for _, path, body, _ in self.sent if path == "/api/v1/events" and body]


def ask(states: list[str | Exception]) -> tuple[Scripted, list[str]]:
    said: list[str] = []
    client = Scripted(states)
    ask_then_act(Stage(said.append), client, "stratus", fresh(RECORDED[2], "run", 0), UNDO)
    return client, said


def test_an_approved_action_is_reported_with_its_outcome() -> None:
    client, said = ask(["pending", "pending", "authorized"])
    (event,) = client.events()
    assert event["type"] == "oversight.decision.outcome.v1"
    assert event["data"]["outcome"] == RECORDED[2].event["data"]["outcome"]
    proposed = client.sent[0][2] or {}
    assert event["data"]["decision"] == proposed["decision"]
    assert event["data"]["action"] == proposed["action"]
    assert "allowed" in said[-1]


@pytest.mark.parametrize("end", ["vetoed", "expired", "denied", "withdrawn"])
def test_what_people_did_not_allow_is_not_done(end: str) -> None:
    client, said = ask(["window", end])
    assert client.events() == []
    assert "not done" in said[-1]


def test_it_asks_with_the_version_it_has_seen() -> None:
    client, _ = ask(["pending", "pending", "vetoed"])
    assert [path for method, path, _, _ in client.sent if method == "GET"] == [
        "/api/v1/decisions/d-1?wait=25&after=1",
        "/api/v1/decisions/d-1?wait=25&after=2",
    ]


def test_a_proposal_has_no_outcome_and_repeats_under_one_key() -> None:
    client, _ = ask([UnreachableError("gone", retry_after=0), "vetoed"])
    posts = [(body, headers["Idempotency-Key"]) for method, _, body, headers in client.sent if method == "POST"]
    assert len(posts) == 2
    assert posts[0] == posts[1]
    assert "outcome" not in (posts[0][0] or {})
    assert (posts[0][0] or {})["action"]["undo"] == UNDO


def test_a_refusal_ends_the_question_and_a_bad_key_ends_the_agents() -> None:
    client, said = ask([RefusedError(403, "scope")])
    assert client.events() == []
    assert "403 scope" in said[-1]
    stage = Stage(lambda _: None)
    ask_then_act(stage, Scripted([RefusedError(401, "key")]), "stratus", fresh(RECORDED[2], "run", 0), None)
    assert stage.ended.is_set()


def test_a_question_without_a_certain_undo_states_none() -> None:
    assert "undo" not in question(fresh(RECORDED[6], "run", 0), None)["action"]


def test_a_live_event_keeps_the_words_and_takes_new_names() -> None:
    for recording in RECORDED:
        event = fresh(recording, "run", 3)
        assert event["data"]["rationale"] == recording.event["data"]["rationale"]
        assert event["data"]["action"] == recording.event["data"]["action"]
        assert event["data"]["decision"] != recording.event["data"]["decision"]
        assert event["data"]["episode"].startswith("live-run-3-")
        assert "no time" not in event["data"]["trigger"].get("description", "")


def test_a_company_reports_and_asks_until_its_count() -> None:
    client = Scripted(["vetoed"] * 40)
    said: list[str] = []
    assert play(Stage(said.append), {"stratus": client}, rate=1e9, count=30, chance=random.Random(1)) == 30
    asked = [body for _, path, body, _ in client.sent if path == "/api/v1/proposals"]
    assert 3 <= len(asked) <= 12
    assert len(client.events()) == 30 - len(asked)


def test_it_says_so_when_no_agent_has_a_key() -> None:
    with pytest.raises(SystemExit, match="stratus"):
        play(Stage(lambda _: None), {"nobody": Scripted([])}, rate=1, count=1, chance=random.Random(1))


def test_a_missing_access_file_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make demo"):
        live_agents.main(["--access", str(tmp_path / "none.json")])


def test_an_address_that_is_not_the_web_is_refused(tmp_path: Path) -> None:
    access = tmp_path / "demo-access.json"
    access.write_text(json.dumps({"url": "file:///etc/passwd", "accounts": [], "agents": []}))
    with pytest.raises(SystemExit):
        live_agents.main(["--access", str(access)])
