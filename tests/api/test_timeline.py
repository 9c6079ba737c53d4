"""The timeline over HTTP: by seq, with nothing skipped and nothing twice; and its bins."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from decisions import cosigned, feed, ledger
from decisions import queries as product_queries
from decisions.api import shapes
from decisions.models import Agent, Person
from decisions.vocab import BADGES, Scope
from tests import factories
from tests.api.conftest import Api, problem

PATH = "/api/v1/timeline"


@pytest.fixture
def reader(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent, Scope.READ)


def page(reader: Api, query: str) -> dict[str, Any]:
    answer = reader.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert msgspec.to_builtins(msgspec.convert(body, shapes.TimelinePage, strict=True)) == body
    return body


def test_after_is_resumed_by_next_then_by_seq(reader: Api, agent: Agent) -> None:
    start = ledger.size() - 1
    factories.send(agent, *(factories.event(decision=f"d-{number}") for number in range(25)))
    seen, after = [], start
    while True:
        body = page(reader, f"after={after}&limit=10")
        seen += [row["id"] for row in body["rows"]]
        if body["next"] is None:
            break
        after = body["next"]
    assert len(seen) == len(set(seen)) == 25
    assert body["seq"] == ledger.size() - 1
    assert page(reader, f"after={body['seq']}") == {"seq": body["seq"], "rows": [], "next": None}
    factories.send(agent, factories.event("outcome", decision="d-3"))
    again = page(reader, f"after={body['seq']}")
    assert [(row["version"], row["state"]) for row in again["rows"]] == [(2, "reported")]


def test_before_goes_back_to_the_first(reader: Api, agent: Agent) -> None:
    factories.send(agent, *(factories.event(time=f"2026-11-{1 + n % 20:02}T00:00:00Z") for n in range(45)))
    newest = page(reader, "limit=20")
    seen, body = list(newest["rows"]), newest
    while body["next"] is not None:
        body = page(reader, f"before={body['next']}&limit=20")
        seen += body["rows"]
    assert len({row["id"] for row in seen}) == len(seen) == 45
    assert [row["seq"] for row in seen] == sorted((row["seq"] for row in seen), reverse=True)
    assert page(reader, "before=0") == {"seq": ledger.size() - 1, "rows": [], "next": None}


def test_a_page_and_its_older_pages_have_no_hole(reader: Api, agent: Agent) -> None:
    """What the first paint holds and what `before` its oldest row gives are everything."""
    factories.send(
        agent, *(factories.event(decision=f"d-{n}", time=f"2026-11-{1 + n:02}T00:00:00Z") for n in range(20))
    )
    factories.send(agent, factories.event("outcome", decision="d-0"))
    first = feed.snapshot(5)["rows"]
    oldest = min(row["seq"] for row in first)
    older = page(reader, f"before={oldest}&limit=200")["rows"]
    assert len({row["id"] for row in [*first, *older]}) == 20


def test_an_entry_that_comes_between_two_reads_is_not_skipped(
    agent: Agent, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ledger.size() - 1
    rows_of = feed.rows_of
    told: list[Any] = []

    def late(*args: Any) -> Any:
        if not told:
            told.append(factories.send(agent, factories.event()))
        return rows_of(*args)

    monkeypatch.setattr(feed, "rows_of", late)
    found, reached, _ = feed.changed_after(start, 10)
    assert found == []
    assert [row["seq"] for row in feed.changed_after(reached, 10)[0]] == [start + 1]


BAD_QUERIES: list[Any] = [
    "after=x",
    "after=-2",
    "before=",
    "after=1&before=2",
    "limit=201",
    "limit=0",
    "since=1",
    "after=1&after=2",
]


def test_bad_queries(reader: Api) -> None:
    for query in BAD_QUERIES:
        problem(reader.get(f"{PATH}?{query}"), 400)


def bins(reader: Api, query: str) -> dict[str, Any]:
    answer = reader.get(f"{PATH}/bins?{query}")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) <= 40 * 1024
    body: dict[str, Any] = answer.json()
    assert msgspec.to_builtins(msgspec.convert(body, shapes.Bins, strict=True)) == body
    assert body["start"] % body["width"] == 0
    assert body["columns_in_window"] <= 480
    return body


def test_bins_count_each_badge(reader: Api, agent: Agent) -> None:
    factories.send(
        agent,
        factories.event(time="2026-11-22T03:00:10Z"),
        factories.event(time="2026-11-22T03:00:50Z"),
        factories.event(time="2026-11-22T03:00:55Z", outcome={"status": "failed"}),
        factories.event(time="2026-11-22T01:00:00Z"),
        factories.event(time="2026-11-21T23:00:00Z"),
    )
    body = bins(reader, "from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z&px=960")
    assert body["badges"] == [badge.slug for badge in BADGES]
    assert body["width"] == 5 * 60 * 1000
    place = {badge: index + 1 for index, badge in enumerate(body["badges"])}
    second, first = body["columns"]
    assert body["start"] + first[0] * body["width"] == 1000 * datetime(2026, 11, 22, 3, tzinfo=UTC).timestamp()
    assert (first[place["executed"]], first[place["failed"]]) == (2, 1)
    assert sum(second[1:]) == 1


def test_columns_do_not_move_when_the_window_does(reader: Api, agent: Agent) -> None:
    """A column counts whole, also at the edge of a window that begins inside it."""
    factories.send(agent, *(factories.event(time=f"2026-11-22T03:{n:02}:30Z") for n in range(45)))
    seen: dict[int, set[tuple[int, ...]]] = {}
    for offset in range(0, 600, 70):
        start = datetime(2026, 11, 22, 2, tzinfo=UTC) + timedelta(seconds=offset)
        ends = f"from={start:%Y-%m-%dT%H:%M:%SZ}&to={start + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}&px=200"
        body = bins(reader, ends)
        for column, *counts in body["columns"]:
            seen.setdefault(body["start"] + column * body["width"], set()).add(tuple(counts))
    assert seen
    assert all(len(counts) == 1 for counts in seen.values())


def test_a_hold_that_is_over_counts_as_expired(reader: Api, agent: Agent, clock: Any) -> None:
    factories.propose(agent)
    clock.advance(hours=1)
    body = bins(reader, "")
    assert [sum(column[1:]) for column in body["columns"]] == [1]
    assert body["columns"][0][1 + body["badges"].index("expired")] == 1


def test_the_widest_and_the_narrowest_window(reader: Api, agent: Agent) -> None:
    factories.send(agent, factories.event(time="2026-11-22T03:00:10Z"))
    assert bins(reader, "from=2026-11-22T03:00:00Z&to=2026-11-22T03:00:01Z&px=10000")["width"] == 1000
    assert bins(reader, "from=2000-01-01T00:00:00Z&to=2030-01-01T00:00:00Z&px=1000")["columns"]
    full = [[column, *([99_999] * len(BADGES))] for column in range(480)]
    assert len(json.dumps({"columns": full})) < 40 * 1024


def test_lanes_count_each_badge(reader: Api, agent: Agent) -> None:
    factories.send(agent, factories.event(time="2026-11-22T03:00:10Z", outcome={"status": "failed"}))
    for query in ("", "by=agent", "from=2026-11-22T00:00:00Z&to=2026-11-22T06:00:00Z&px=50"):
        answer = reader.get(f"{PATH}/lanes?{query}")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert msgspec.to_builtins(msgspec.convert(body, shapes.Lanes, strict=True)) == body
        [lane] = body["lanes"]
        assert lane["name"] == ("remediator" if query == "by=agent" else "search")
        assert body["totals"]["failed"] == 1


BAD_WINDOWS: list[Any] = [
    "px=49",
    "px=10001",
    "from=2026-11-22",
    "from=2026-11-22T00:00:00Z&to=2026-11-22T00:00:00Z",
    "from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z",
    "from=1969-01-01T00:00:00Z&to=2026-11-22T00:00:00Z",
    "from=1970-01-01T00:00:00Z&to=2900-11-22T00:00:00Z&px=50",
    "from=0001-01-01T00:00:00%2B14:00",
    "to=9999-12-31T23:59:59-14:00",
    "to=0001-01-01T00:00:00Z",
    "width=1",
]


def test_bad_windows(reader: Api) -> None:
    for query in BAD_WINDOWS:
        problem(reader.get(f"{PATH}/bins?{query}"), 400)
        problem(reader.get(f"{PATH}/lanes?{query}"), 400)
    for query in ("by=", "by=region", "by=agent&by=agent"):
        problem(reader.get(f"{PATH}/lanes?{query}"), 400)


def test_a_person_reads_the_timeline(api: Api, agent: Agent, viewer: Person) -> None:
    factories.send(agent, factories.event())
    assert len(page(api.as_person(viewer), "after=-1")["rows"]) == 1


def test_a_checkpoint_is_served_as_it_was_published(api: Api, agent: Agent, auditor: Person) -> None:
    browser = api.as_person(auditor)
    problem(browser.get("/ledger/checkpoint"), 404)
    cosigned.keep_checkpoint(3, "oversight.example/log\n3\nAAAA\n\n— log sig\n", datetime.now(UTC))
    answer = browser.get("/ledger/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    stored = product_queries.last_checkpoint()
    assert stored is not None
    assert answer.text == stored.note
