"""Register, policy, alarms and problem types, as the API gives them."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from approvals.api import policy_shapes, shapes
from approvals.models import PolicyVersion
from decisions.models import Agent, Alarm, Decision, Person
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api, problem

Writes = Callable[[], list[str]]


def conforms(body: Any, shape: Any) -> Any:
    assert msgspec.to_builtins(msgspec.convert(body, shape, strict=True)) == body
    return body


@pytest.fixture
def reader(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent, Scope.READ)


def test_services_and_who_answers(reader: Api, organisation: factories.Register) -> None:
    body = conforms(reader.get("/api/v1/services").json(), shapes.ServicePage)
    found = {item["slug"]: item for item in body["items"]}
    assert found["checkout"]["accountable"] == str(organisation.people["marta"].id)
    assert (found["orphan"]["owner"], found["orphan"]["accountable"]) == (None, None)
    assert (found["geo"]["tier"], found["geo"]["cost_per_minute"]) == (2, "120.00")


def test_agents_and_groups(reader: Api, organisation: factories.Register) -> None:
    agents = conforms(reader.get("/api/v1/agents").json(), shapes.AgentPage)["items"]
    assert [(item["slug"], item["owner"]) for item in agents] == [
        ("autoscaler", str(organisation.people["marta"].id)),
        ("remediator", str(organisation.people["tomasz"].id)),
    ]
    groups = conforms(reader.get("/api/v1/groups").json(), shapes.GroupPage)["items"]
    assert (groups[0]["slug"], len(groups[0]["members"])) == ("approvers", 4)
    assert "digest" not in str(agents)


def test_lists_are_paged(reader: Api) -> None:
    slugs, path = [], "/api/v1/services?limit=2"
    while True:
        body = reader.get(path).json()
        slugs += [item["slug"] for item in body["items"]]
        if body["next"] is None:
            break
        path = f"/api/v1/services?limit=2&cursor={body['next']}"
    assert slugs == ["checkout", "geo", "orphan", "search", "wiki"]


BAD_QUERIES: list[Any] = ["limit=0", "limit=1000", "cursor=%00", "cursor=" + "x" * 300, "tier=0"]


def test_bad_queries(reader: Api) -> None:
    for query in BAD_QUERIES:
        for path in ("services", "agents", "groups"):
            problem(reader.get(f"/api/v1/{path}?{query}"), 400)


def test_the_policy_in_force(reader: Api) -> None:
    body = conforms(reader.get("/api/v1/policy").json(), policy_shapes.Policy)
    assert (body["version"], body["document"]["name"]) == (1, "Example policy")
    assert body["sha256"] == PolicyVersion.objects.get().sha256


@pytest.mark.parametrize(
    ("over", "level", "state"),
    [
        ({}, "L2", "pending"),
        ({"service": "checkout"}, "L2", "pending"),
        ({"service": "geo"}, "L3", "window"),
        ({"service": "wiki"}, "L4", "authorized"),
        ({"service": "wiki", "kind": "delete"}, "L2", "pending"),
        ({"environment": "staging"}, "L4", "authorized"),
        ({"service": "nobody-knows"}, "L2", "pending"),
    ],
)
def test_an_action_is_ruled_without_being_proposed(
    api: Api, manager: Person, writes: Writes, over: dict[str, Any], level: str, state: str
) -> None:
    answer = api.as_person(manager).post("/api/v1/policy/evaluate", {"action": factories.action(**over)})
    body = conforms(answer.json(), shapes.Ruling)
    assert (body["level"], body["state"]) == (level, state)
    assert body["rule"]
    assert writes() == []
    assert Decision.objects.count() == 0


def test_the_ruling_is_that_of_the_proposal(api: Api, agent: Agent) -> None:
    asking = api.as_agent(agent, Scope.PROPOSE)
    ruled = asking.post("/api/v1/policy/evaluate", {"action": factories.action()}).json()
    row = factories.propose(agent)
    assert (ruled["level"], ruled["rule"], ruled["action_hash"], ruled["risk"]) == (
        row.level_ruled,
        row.rule,
        row.action_hash,
        row.risk,
    )


def test_whom_the_ruling_is_for(api: Api, agent: Agent, manager: Person) -> None:
    body = {"action": factories.action(), "agent": "remediator"}
    problem(api.as_agent(agent).post("/api/v1/policy/evaluate", body), 403, "scope")
    assert api.as_person(manager).post("/api/v1/policy/evaluate", body).status_code == 200
    problem(api.as_person(manager).post("/api/v1/policy/evaluate", body | {"agent": "nobody"}), 404, "not-found")
    wrong = {"action": factories.action(service="e\u0301")}
    problem(api.as_person(manager).post("/api/v1/policy/evaluate", wrong), 400, "not-normal")


@pytest.fixture
def alarm(api: Api, agent: Agent) -> Alarm:
    factories.send(agent, factories.event(action=factories.action(service="orphan")))
    return Alarm.objects.get()


def test_an_alarm_is_acknowledged_and_cleared(api: Api, alarm: Alarm, responder: Person, writes: Writes) -> None:
    browser = api.as_person(responder)
    listed = conforms(browser.get("/api/v1/alarms?state=open").json(), shapes.AlarmPage)
    assert [(item["seq"], item["kind"]) for item in listed["items"]] == [(alarm.seq, "nobody_accountable")]
    path = f"/api/v1/alarms/{alarm.seq}"
    body = conforms(browser.post(f"{path}/acknowledge", {}).json(), shapes.Alarm)
    assert (body["state"], body["acknowledged_by"]) == ("acknowledged", str(responder.id))
    problem(browser.post(f"{path}/acknowledge", {}), 409, "not-open")
    assert browser.post(f"{path}/clear", {}).json()["state"] == "cleared"
    problem(browser.post(f"{path}/clear", {}), 409, "not-open")
    assert browser.get("/api/v1/alarms?state=open").json()["items"] == []
    assert writes() == ["alarm.acknowledged", "attempt.refused", "alarm.cleared", "attempt.refused"]


def test_alarms_that_are_none(api: Api, responder: Person) -> None:
    browser = api.as_person(responder)
    problem(browser.post("/api/v1/alarms/999/clear", {}), 404, "not-found")
    problem(browser.post(f"/api/v1/alarms/{'9' * 40}/clear", {}), 404, "not-found")
    for query in ("state=loud", "cursor=x", "limit=0", "kind=x"):
        problem(browser.get(f"/api/v1/alarms?{query}"), 400)


def test_a_problem_type_is_explained_to_anybody(api: Api) -> None:
    answer = api.get("/problems/stale-view")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["type"], body["statuses"]) == ("/problems/stale-view", [412])
    assert body["meaning"]
