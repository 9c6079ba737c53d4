"""Lists look through a bounded number of decisions at a time, and leave none out."""

from datetime import timedelta
from itertools import combinations, pairwise
from typing import Any

import pytest

from decisions import clock as product_clock
from decisions import lists, spans
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.conftest import Clock

SINGLE = (
    {"service": "search"},
    {"service": "geo"},
    {"service": "none"},
    {"agent": "remediator"},
    {"agent": "nobody"},
    {"kind": "restart"},
    {"environment": "staging"},
    {"state": "reported"},
    {"state": "failed,succeeded"},
    {"state": "expired"},
    {"state": "pending,vetoed,authorized"},
    {"tier": "1"},
    {"level": "L4"},
    {"sign_off": "required"},
    {"outcome": "failed,partial"},
    {"proposed": "true"},
    {"beyond": "true"},
    {"q": "scale"},
    {"q": "xylophone"},
    {"from": "2026-10-03T00:00:00Z"},
    {"to": "2026-10-03T00:00:00Z"},
    {"from": "2026-10-02T00:00:00Z", "to": "2026-10-04T00:00:00Z"},
)
PAIRS = [{**one, **other} for one, other in combinations(SINGLE, 2)][::5]
KINDS = ("scale", "restart", "rollback")


@pytest.fixture(autouse=True)
def looks_little(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LOOK", 5), ("FILE_LOOK", 7)):
        monkeypatch.setattr(lists, name, value)


def _ended(number: int) -> dict[str, Any]:
    return {"outcome": {"status": ("failed", "succeeded")[number % 2]}} if number % 3 else {}


@pytest.fixture
def stored(agent: Agent, manager: Person) -> int:
    """Decisions of every sort, some of them told late; returns how many."""
    told = [
        factories.event(
            decision=f"d-{number}",
            time=f"2026-10-0{1 + number * 7 % 5}T00:00:00Z",
            action=factories.action(
                kind=KINDS[number % 3],
                service=("search", "geo")[number % 7 == 0],
                environment=("prod", "staging")[number % 4 == 1],
            ),
            **_ended(number),
        )
        for number in range(15)
    ]
    factories.send(agent, *told)
    for number in range(4):
        row = factories.propose(agent, decision=f"p-{number}", action=factories.action(parameters={"replicas": number}))
        if number % 2:
            factories.approve(row, manager)
    return Decision.rows.count()


def every(asked: lists.Asked, limit: int) -> list[int]:
    """The seqs of all pages, one after another."""
    found, cursor = [], ""
    for _ in range(200):
        page = lists.page(asked, cursor, str(limit))
        assert len(page.rows) <= limit
        found += [row.seq for row in page.rows]
        if page.next_cursor is None:
            return found
        assert not cursor or int(page.next_cursor) < int(cursor)
        cursor = page.next_cursor
    raise AssertionError("the pages do not end")


def test_pages_hold_all_that_is_asked_for_in_order(stored: int) -> None:
    now = product_clock.now()
    for place, given in enumerate((*PAIRS, *SINGLE, {})):
        asked = lists.asked_for(given, now)
        found = every(asked, (1, 3, 200)[place % 3])
        assert found == [row.seq for row in asked.rows], given
        assert all(newer > older for newer, older in pairwise(found))


def test_after_the_deadlines_too(stored: int) -> None:
    later = product_clock.now() + timedelta(days=2)
    for state in ("expired", "closed", "unknown", "revert_ordered", "authorized"):
        asked = lists.asked_for({"state": state}, later)
        assert every(asked, 3) == [row.seq for row in asked.rows]
    assert every(lists.asked_for({"state": "expired"}, later), 3)


def test_a_page_that_found_nothing_goes_on(stored: int) -> None:
    asked = lists.asked_for({"q": "d-0 scale"}, product_clock.now())
    first = lists.page(asked, "", "10")
    assert first.rows == []
    assert first.next_cursor is not None
    assert len(every(asked, 10)) == 1


@pytest.mark.parametrize("given", [{"kind": "restart"}, *SINGLE[-3:]])
def test_exports_hold_the_same(stored: int, given: dict[str, str]) -> None:
    asked = lists.asked_for(given, product_clock.now())
    found = [row.seq for part in lists.pages(asked, 3) for row in part]
    assert found == [row.seq for row in asked.rows]


def test_a_span_begins_where_it_lies_and_ends_there(clock: Clock, agent: Agent) -> None:
    start = clock.at
    for number in range(40):
        clock.advance(minutes=30)
        # One in five is told long after it was done.
        done = clock.at - timedelta(hours=8 if number % 5 == 4 else 0)
        factories.send(agent, factories.event(decision=f"d-{number}", time=done.isoformat()))
    given = {"from": (start + timedelta(hours=5)).isoformat(), "to": (start + timedelta(hours=10)).isoformat()}
    asked, cursor, found = lists.asked_for(given, clock.at), "", []
    while True:
        page = lists.page(asked, cursor, "2")
        assert page.rows
        found += [row.seq for row in page.rows]
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert found == [row.seq for row in asked.rows]
    assert len(found) == 10


def test_where_many_were_told_aside_a_span_is_gone_through_from_the_newest(
    stored: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "MOST_ASIDE", 3)
    for given in SINGLE[-3:]:
        asked = lists.asked_for(given, product_clock.now())
        assert asked.span is not None
        assert asked.span.parts is None
        assert every(asked, 3) == [row.seq for row in asked.rows]
