"""Proposals and the long poll: an agent asks, waits, and learns of its own decisions alone."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from decisions.envelope import uuid7
from decisions.models import Agent, Decision, Person
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api, problem

Writes = Callable[[], list[str]]
PATH = "/api/v1/proposals"


def propose(api: Api, key: str = "", **over: Any) -> httpx.Response:
    return api.post(PATH, factories.data(**over), headers={"Idempotency-Key": key or uuid.uuid4().hex})


@pytest.fixture
def sender(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent, Scope.PROPOSE)


def test_a_proposal_is_held(sender: Api, writes: Writes) -> None:
    answer = propose(sender, decision="p-1")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["state"], body["level_ruled"], body["requirements"]) == (
        "pending",
        "L2",
        [{"group": "approvers", "n": 1}],
    )
    assert body["hold_until"] is not None
    assert body["action"]["parameters"] == {"replicas": 3}
    assert writes() == ["action.proposed", "decision.held"]


def test_the_same_key_gets_the_decision_as_it_is_now(
    sender: Api, agent: Agent, manager: Person, writes: Writes
) -> None:
    first = propose(sender, "k-1", decision="p-1")
    factories.approve(factories.decision(agent, "p-1"), manager)
    again = propose(sender, "k-1", decision="p-1")
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (200, first.json()["id"], "authorized")
    assert writes() == ["action.proposed", "decision.held", "verdict.given"]


def test_the_same_key_for_another_body(sender: Api, writes: Writes) -> None:
    propose(sender, "k-1", decision="p-1")
    problem(
        propose(sender, "k-1", decision="p-2", action=factories.action(kind="restart")), 422, "idempotency-mismatch"
    )
    assert writes() == ["action.proposed", "decision.held"]


def test_the_same_action_twice_is_one_open_decision(sender: Api, writes: Writes) -> None:
    first = propose(sender, decision="p-1").json()
    body = problem(propose(sender, decision="p-2"), 409, "duplicate-open")
    assert body["decision_id"] == first["id"]
    assert writes() == ["action.proposed", "decision.held", "attempt.refused"]


def test_a_name_stands_for_one_action(sender: Api, writes: Writes) -> None:
    propose(sender, decision="p-1")
    weaker = factories.action(service="wiki")
    problem(propose(sender, decision="p-1", action=weaker), 409, "another-action")
    assert writes() == ["action.proposed", "decision.held", "attempt.refused"]


def test_an_event_proposes_the_same_way(api: Api, agent: Agent) -> None:
    api.as_agent(agent, Scope.PROPOSE).event(factories.event("proposed", decision="p-1"))
    assert factories.decision(agent, "p-1").state == "pending"


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "caf\xe9", "tab\there"])
def test_a_key_is_needed(sender: Api, writes: Writes, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")} if key else {}
    problem(sender.post(PATH, factories.data(), headers=headers), 400, "idempotency-key")
    assert writes() == []


def test_large_and_other_bodies(sender: Api, writes: Writes) -> None:
    key = {"Idempotency-Key": "k"}
    problem(sender.post(PATH, factories.data(rationale="x" * 64 * 1024), headers=key), 413, "too-large")
    problem(sender.post(PATH, content=b"a=1", headers=key | {"Content-Type": "text/plain"}), 415)
    problem(sender.post(PATH, factories.data(outcome={"status": "succeeded"}), headers=key), 400, "bad-event")
    problem(sender.post(PATH, {"decision": "d"}, headers=key), 400, "bad-event")
    assert writes() == []


def test_the_poll_answers_when_the_verdict_comes(sender: Api, agent: Agent, manager: Person) -> None:
    body = propose(sender, decision="p-1").json()
    waiting = sender.start("GET", f"/api/v1/decisions/{body['id']}?wait=20&after={body['version']}")
    time.sleep(0.2)
    assert not waiting.done()
    began = time.monotonic()
    factories.veto(factories.decision(agent, "p-1"), manager)
    answer = waiting.result(5)
    assert (answer.status_code, answer.json()["state"]) == (200, "vetoed")
    assert time.monotonic() - began < 1


def test_the_poll_answers_at_once_or_at_the_end(sender: Api) -> None:
    body = propose(sender).json()
    path = f"/api/v1/decisions/{body['id']}"
    assert sender.get(f"{path}?wait=20&after={body['version'] - 1}").json()["version"] == body["version"]
    assert sender.get(f"{path}?wait=20").json()["version"] == body["version"]
    began = time.monotonic()
    assert sender.get(f"{path}?wait=1&after={body['version']}").json()["version"] == body["version"]
    assert 0.9 < time.monotonic() - began < 3


BAD_POLLS: list[Any] = [
    "wait=",
    "wait=56",
    "wait=-1",
    "wait=1.5",
    "wait=1&wait=2",
    "wait=1&after=x",
    "wait=1&tier=0",
    "await=1",
]


def test_bad_polls(sender: Api) -> None:
    path = f"/api/v1/decisions/{propose(sender).json()['id']}"
    for query in BAD_POLLS:
        problem(sender.get(f"{path}?{query}"), 400)


@pytest.mark.parametrize("suffix", ["", "?wait=0"])
def test_an_agent_reads_its_own_decisions_alone(
    api: Api, sender: Api, organisation: factories.Register, suffix: str
) -> None:
    path = f"/api/v1/decisions/{propose(sender).json()['id']}{suffix}"
    assert sender.get(path).status_code == 200
    problem(api.as_agent(organisation.agents["autoscaler"]).get(path), 404, "not-found")
    problem(sender.get(f"/api/v1/decisions/{uuid7()}{suffix}"), 404, "not-found")
    problem(sender.get(f"/api/v1/decisions/{'-' * 36}{suffix}"), 404, "not-found")
    problem(api.get(path), 401, "unauthorized")


def test_people_poll_too_and_viewers_without_the_agents_words(
    api: Api, sender: Api, responder: Person, viewer: Person, outsider: Person
) -> None:
    path = f"/api/v1/decisions/{propose(sender).json()['id']}?wait=0"
    assert "account" in api.as_person(responder).get(path).json()
    redacted = api.as_person(viewer).get(path).json()
    assert {"account", "action"} & set(redacted) == set()
    assert "p99" not in str(redacted)
    problem(api.as_person(outsider).get(path), 401)


def test_methods_that_are_not_there(sender: Api) -> None:
    answer = sender.get(PATH)
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_a_deadline_that_passes_shows_without_an_entry(sender: Api, agent: Agent, clock: Any) -> None:
    body = propose(sender, decision="p-1").json()
    clock.advance(minutes=31)
    answer = sender.get(f"/api/v1/decisions/{body['id']}?wait=0").json()
    assert (answer["state"], answer["hold_until"]) == ("expired", None)
    assert Decision.objects.get(id=body["id"]).state == "pending"
