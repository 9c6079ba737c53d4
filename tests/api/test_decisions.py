"""The list of decisions, its exports, and one decision: filters, pages, redaction."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from decisions import clock as product_clock
from decisions.envelope import timestamp
from decisions.models import Agent, Person
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api, problem

PATH = "/api/v1/decisions"


@pytest.fixture
def told(api: Api, agent: Agent) -> list[str]:
    """Names of decisions, oldest first: three reports and one that waits."""
    factories.send(
        agent,
        factories.event(
            decision="a", time="2026-10-01T00:00:00Z", action=factories.action(service="geo"), episode="e-1"
        ),
        factories.event(decision="b", action=factories.action(kind="restart"), outcome={"status": "failed"}),
        factories.event(decision="=cmd|' /C calc'!A0", action=factories.action(environment="staging")),
    )
    factories.propose(agent, decision="w")
    return ["a", "b", "=cmd|' /C calc'!A0", "w"]


@pytest.fixture
def reader(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent, Scope.READ)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["agent_ref"] for item in answer.json()["items"]]


def test_newest_first(reader: Api, told: list[str]) -> None:
    assert names(reader.get(PATH)) == told[::-1]


FILTERS: list[Any] = [
    ("service=geo", "a"),
    ("kind=restart", "b"),
    ("episode=e-1", "a"),
    ("state=pending,failed", "wb"),
    ("state=expired", ""),
    ("tier=2", "a"),
    ("tier=1,2&environment=prod", "wba"),
    ("agent=autoscaler", ""),
    ("agent=remediator&level=L4&beyond=true", "a"),
    ("risk=high&ruled=L2", "w"),
    ("sign_off=required", "ba"),
    ("outcome=failed,partial", "b"),
    ("outcome=succeeded", ""),
    ("basis=autonomy,quorum", ""),
    ("proposed=true", "w"),
    ("proposed=false&tier=1,2", "ba"),
    ("replayed=true", ""),
    ("to=2026-10-02T00:00:00Z", "a"),
    ("q=rest", "b"),
    ("q=roll+geo", ""),
    ("q=scale+geo", "a"),
]


def test_filters(reader: Api, told: list[str]) -> None:
    for query, found in FILTERS:
        assert "".join(name for name in names(reader.get(f"{PATH}?{query}")) if len(name) == 1) == found


def test_an_agent_is_found_by_its_id_too(reader: Api, agent: Agent, told: list[str]) -> None:
    assert names(reader.get(f"{PATH}?agent={agent.id}")) == told[::-1]
    assert names(reader.get(f"{PATH}?agent=00000000-0000-7000-8000-000000000000")) == []
    assert names(reader.get(f"{PATH}?agent=%00")) == []


BAD_QUERIES: list[Any] = [
    "colour=red",
    "tier=4",
    "tier=0&tier=1",
    "state=asleep",
    "beyond=yes",
    "proposed=1",
    "outcome=fine",
    "basis=",
    "from=yesterday",
    "from=2026-10-01T00:00:00",
    "from=0001-01-01T00:00:00%2B14:00",
    "q=%00",
    "q=" + "x" * 201,
    "service=%00",
    "limit=0",
    "limit=201",
    "limit=x",
    "cursor=-1",
    "cursor=9" * 3,
    "cursor=" + "9" * 20,
]


def test_bad_queries(reader: Api, told: list[str]) -> None:
    for query in BAD_QUERIES:
        problem(reader.get(f"{PATH}?{query}"), 400)


def test_pages_have_no_hole_and_nothing_twice(reader: Api, agent: Agent, told: list[str]) -> None:
    factories.send(agent, *(factories.event() for _ in range(20)))
    every = names(reader.get(f"{PATH}?limit=200"))
    found: list[str] = []
    path = f"{PATH}?limit=7"
    while True:
        answer = reader.get(path)
        found += names(answer)
        factories.send(agent, factories.event())
        if answer.json()["next"] is None:
            break
        path = f"{PATH}?limit=7&cursor={answer.json()['next']}"
    assert found == every


def test_a_list_has_no_words_of_the_agent(reader: Api, told: list[str]) -> None:
    assert all({"account", "action"} & set(item) == set() for item in reader.get(PATH).json()["items"])


def test_a_deadline_that_has_passed_is_in_list_and_export(reader: Api, told: list[str]) -> None:
    later = product_clock.now() + timedelta(minutes=31)
    product_clock.use(lambda: later)
    assert names(reader.get(f"{PATH}?state=expired")) == ["w"]
    assert [row["agent_ref"] for row in rows(reader.get(f"{PATH}.csv?state=expired"))] == ["w"]


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_csv_has_every_row_and_no_formula(reader: Api, told: list[str]) -> None:
    answer = reader.get(f"{PATH}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="decisions-')
    found = rows(answer)
    assert [row["agent_ref"] for row in found] == ["w", "'=cmd|' /C calc'!A0", "b", "a"]
    assert json.loads(found[0]["parameters"]) == {"replicas": 3}
    assert found[0]["rationale"] == "p99 is over its limit"
    assert not [cell for row in found for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_json_lines_have_every_row_whole(reader: Api, told: list[str]) -> None:
    found = [json.loads(line) for line in reader.get(f"{PATH}.jsonl?kind=scale").text.splitlines()]
    assert [item["agent_ref"] for item in found] == ["w", told[2], "a"]
    assert found[0]["account"]["confidence"] == 0.9


def test_an_export_is_more_than_one_page(reader: Api, agent: Agent) -> None:
    for _ in range(3):
        factories.send(agent, *(factories.event() for _ in range(400)))
    assert len(reader.get(f"{PATH}.jsonl").text.splitlines()) == 1200
    assert reader.get(f"{PATH}.csv").text.count("\r\n") == 1201


def test_an_empty_export(reader: Api, api: Api) -> None:
    assert reader.get(f"{PATH}.jsonl").text == ""
    assert len(reader.get(f"{PATH}.csv").text.splitlines()) == 1


def test_an_export_refuses_before_it_begins(reader: Api) -> None:
    problem(reader.get(f"{PATH}.csv?tier=9"), 400)
    problem(reader.get(f"{PATH}.jsonl?cursor=1"), 400, "unknown-filter")


def test_people_who_may_not_read_the_account_export_without_it(
    api: Api, told: list[str], viewer: Person, admin: Person
) -> None:
    for person in (viewer, admin):
        browser = api.as_person(person)
        assert "p99" not in browser.get(f"{PATH}.jsonl").text
        assert {row["parameters"] + row["rationale"] for row in rows(browser.get(f"{PATH}.csv"))} == {""}


def test_one_decision_with_its_history(api: Api, agent: Agent, manager: Person, auditor: Person) -> None:
    row = factories.propose(agent, decision="p")
    factories.approve(row, manager, reason="Needed for the sale.")
    answer = api.as_person(auditor).get(f"{PATH}/{row.id}")
    body = answer.json()
    assert answer.headers["etag"].removeprefix("W/") == f'"v{body["version"]}"'
    assert [past["kind"] for past in body["history"]] == ["action.proposed", "decision.held", "verdict.given"]
    assert [past["state"] for past in body["history"]] == ["pending", "pending", "authorized"]
    assert (body["verdicts"][0]["person"], body["verdicts"][0]["reason"]) == (str(manager.id), "Needed for the sale.")
    assert body["sign_offs"] == []
    assert body["account"]["rationale"] == "p99 is over its limit"
    assert body["received_at"] == timestamp(row.received_at)
    seen = api.as_person(auditor).get(f"{PATH}/{row.id}", headers={"If-None-Match": answer.headers["etag"]})
    assert (seen.status_code, seen.content) == (304, b"")


def test_a_viewer_reads_one_decision_without_the_agents_words(api: Api, agent: Agent, viewer: Person) -> None:
    row = factories.propose(agent)
    body = api.as_person(viewer).get(f"{PATH}/{row.id}").json()
    assert {"account", "action"} & set(body) == set()
    assert "p99" not in str(body)


def test_compression_leaves_the_etag_usable(api: Api, agent: Agent, manager: Person) -> None:
    row = factories.propose(agent)
    browser = api.as_person(manager)
    answer = browser.get(f"{PATH}/{row.id}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["etag"].startswith("W/")
    assert browser.get(f"{PATH}/{row.id}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
