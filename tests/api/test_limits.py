"""How often an agent may ask: too often is refused before any work, and nothing that stops or undoes an act ever is."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from approvals.actions.expire import expire
from decisions.auth import limits
from decisions.auth.limits import WINDOW, Limit
from decisions.models import Agent, Decision, Person
from decisions.vocab import State
from tests import factories
from tests.api.conftest import Api, problem
from tests.approvals.asking import WIKI
from tests.conftest import Clock
from tests.contracts.tree import text

Writes = Callable[[], list[str]]


def default(name: str) -> int:
    """The value of a setting in the example of the environment, which lists defaults."""
    found = re.search(rf"^OVERSIGHT_{name}=(\d+)$", text(".env.example"), re.MULTILINE)
    assert found is not None
    return int(found[1])


class Time:
    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Time:
    """The default limits, and a clock for them that stands still."""
    held = Time()
    monkeypatch.setattr(limits, "time", held)
    reads = default("READS_PER_MINUTE")
    settings.REQUESTS_PER_MINUTE = {
        "propose": default("PROPOSALS_PER_MINUTE"),
        "command": default("COMMANDS_PER_MINUTE"),
        "read": reads,
        "orders": reads,
    }
    settings.OPEN_HOLDS = default("OPEN_HOLDS")
    limits.forget()
    return held


@pytest.fixture
def sender(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent)


def propose(api: Api, number: int = 0, **over: Any) -> httpx.Response:
    action = factories.action(parameters={"replicas": number}, **over)
    return api.post("/api/v1/proposals", factories.data(action=action), headers={"Idempotency-Key": uuid.uuid4().hex})


def test_twenty_at_once_and_one_a_second(time: Time, sender: Api, writes: Writes) -> None:
    answers = [propose(sender, number) for number in range(20)]
    assert {answer.status_code for answer in answers} == {201}
    assert answers[0].headers["ratelimit-policy"] == '"propose";q=20;w=20'
    assert [answer.headers["ratelimit"] for answer in answers[:2]] == ['"propose";r=19;t=1', '"propose";r=18;t=2']
    before = writes()
    refused = propose(sender, 20)
    assert problem(refused, 429, "rate-limited")["retryable"] is True
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("1", '"propose";r=0;t=20')
    assert writes() == before
    time.at += 0.9
    assert propose(sender, 20).status_code == 429
    time.at += 0.2
    assert propose(sender, 20).status_code == 201
    assert propose(sender, 21).status_code == 429
    time.at += 3600
    assert [propose(sender, 21 + number).status_code for number in range(21)] == [201] * 20 + [429]


def test_it_is_refused_before_its_body_is_read(time: Time, sender: Api) -> None:
    for _ in range(20):
        problem(sender.post("/api/v1/proposals", content=b"{", headers={"Idempotency-Key": "k"}), 415)
    problem(sender.post("/api/v1/proposals", content=b"x" * 70_000, headers={"Idempotency-Key": "k"}), 429)


def test_one_agent_takes_nothing_from_another_nor_one_of_its_keys_more(
    time: Time, api: Api, sender: Api, agent: Agent, organisation: factories.Register
) -> None:
    for number in range(21):
        propose(sender, number)
    assert propose(api.as_agent(agent), 22).status_code == 429
    assert propose(api.as_agent(organisation.agents["autoscaler"])).status_code == 201


@pytest.mark.parametrize(
    "path",
    ["/api/v1/decisions/{}", "/api/v1/decisions/{}?wait=0", "/api/v1/revert-orders", "/api/v1/timeline?after=0"],
)
def test_two_reads_a_second(time: Time, sender: Api, agent: Agent, path: str) -> None:
    row = factories.propose(agent)
    answers = [sender.get(path.format(row.id)) for _ in range(41)]
    assert [answer.status_code for answer in answers] == [200] * 40 + [429]
    assert answers[39].headers["ratelimit"].endswith(";r=0;t=20")
    assert (answers[40].headers["retry-after"], "ratelimit-policy" in answers[40].headers) == ("1", True)


def test_orders_to_revert_are_told_to_an_agent_that_has_read_too_much(time: Time, sender: Api, agent: Agent) -> None:
    row = factories.propose(agent)
    while sender.get(f"/api/v1/decisions/{row.id}?wait=0").status_code == 200:
        pass
    assert sender.get("/api/v1/revert-orders").status_code == 200


def test_claims_are_counted_and_what_ends_or_undoes_an_act_is_not(
    time: Time, sender: Api, api: Api, agent: Agent, manager: Person
) -> None:
    row = factories.claim(factories.propose(agent, action=WIKI))
    asked = {"claim_key": "c-2", "action_hash": row.action_hash, "executor": "test"}

    def command(path: str, body: Any) -> httpx.Response:
        return sender.post(path, body, headers={"Idempotency-Key": uuid.uuid4().hex})

    answers = [command(f"/api/v1/decisions/{row.id}/claim", asked).status_code for _ in range(41)]
    assert answers == [409] * 40 + [429]
    assert command(f"/api/v1/decisions/{row.id}/withdraw", {"reason": ""}).status_code == 429
    held = {"fencing": row.lease_seq}
    for _ in range(60):
        assert command(f"/api/v1/leases/{row.lease_id}/heartbeat", held).status_code == 200
    for _ in range(60):
        outcome = command(f"/api/v1/leases/{row.lease_id}/outcome", held | {"status": "succeeded"})
        assert outcome.status_code == 200
    factories.veto(row, manager)
    for _ in range(60):
        assert command(f"/api/v1/revert-orders/{row.id}/ack", held).status_code in (200, 409)
    assert command(f"/api/v1/revert-orders/{row.id}/outcome", held | {"status": "succeeded"}).status_code == 200


def test_people_are_never_counted(time: Time, api: Api, agent: Agent, responder: Person) -> None:
    person = api.as_person(responder)
    rows = [factories.propose(agent, action=factories.action(parameters={"replicas": n})) for n in range(45)]
    for row in rows:
        answer = person.command(f"/api/v1/decisions/{row.id}/verdicts", {"verdict": "veto", "reason": ""})
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers
    for _ in range(45):
        freeze = {"scope": {"kind": "service", "value": "wiki"}}
        assert person.command("/api/v1/freezes", freeze).status_code in (200, 201)


# -- how many may wait for people


def held(agent: Agent, count: int) -> list[Decision]:
    return [factories.propose(agent, action=factories.action(parameters={"replicas": n})) for n in range(count)]


def test_fifty_of_an_agent_wait_and_no_more(
    time: Time, sender: Api, api: Api, agent: Agent, organisation: factories.Register, manager: Person
) -> None:
    rows = held(agent, 50)
    refused = propose(sender, 50)
    assert problem(refused, 429, "too-many-open")["retry_after_s"] == 30
    assert refused.headers["retry-after"] == "30"
    assert propose(sender, service="wiki").status_code == 201, "nobody waits for what is permitted"
    assert propose(api.as_agent(organisation.agents["autoscaler"])).status_code == 201
    factories.veto(rows[0], manager)
    assert propose(sender, 50).status_code == 201
    problem(propose(sender, 51), 429, "too-many-open")


def test_events_propose_no_more_either(time: Time, sender: Api, agent: Agent, writes: Writes) -> None:
    held(agent, 48)
    before = writes()
    events = [factories.event("proposed", action=factories.action(parameters={"replicas": n})) for n in range(48, 51)]
    assert problem(sender.event(*events), 429, "too-many-open")["index"] == 2
    assert writes() == [*before, "attempt.refused"]
    assert sender.event(*events[:2]).status_code == 200
    assert sender.event(*events[:2]).json()["duplicates"] == 2, "what is there already is not one more"


def test_a_hold_whose_time_is_over_waits_for_nobody(time: Time, agent: Agent, clock: Clock) -> None:
    held(agent, 50)
    clock.advance(minutes=31)
    assert factories.propose(agent).state == State.PENDING
    assert expire() == 50


def test_buckets_do_not_pile_up(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_AGENTS", 5)
    greedy = uuid.uuid4()
    for _ in range(50):
        for _ in range(len(Limit)):
            limits.spend(uuid.uuid4(), Limit.READ, {})
        limits.spend(greedy, Limit.ORDERS, {})
        limits.spend(greedy, Limit.ORDERS, {})
        time.at += WINDOW / 30
    assert len(limits._buckets) < 35 * (len(Limit) + 1)
    assert limits._buckets[greedy, Limit.ORDERS].left < 10
