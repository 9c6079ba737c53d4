"""What a person puts off in the sign-off queue: set aside, taken back, sent back with a question. It is owed all the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from approvals.actions.comment import comment
from approvals.models import Comment
from approvals.views import desk
from decisions import ledger
from decisions.models import Agent, Decision, Person
from decisions.vocab import Kind
from tests import factories
from tests.approvals.asking import all_owe, owing
from tests.conftest import Clock
from tests.pages.test_sign_off_queue import QUEUE, Browser, ids, listed, put_off, said, sign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_owe(organisation: factories.Register) -> None:
    all_owe()


@pytest.fixture
def rows(agent: Agent) -> list[Decision]:
    return [owing(agent) for _ in range(3)]


@pytest.fixture
def browser(client_for: Browser, manager: Person) -> Client:
    return client_for(manager)


def test_what_is_set_aside_is_out_of_sight_and_owed_all_the_same(
    browser: Client, client_for: Browser, second_manager: Person, rows: list[Decision], clock: Clock
) -> None:
    size = ledger.size()
    page = put_off(browser, rows[0], "aside", until="1h")
    assert "still owed" in said(page)
    assert (listed(browser), ledger.size()) == (ids(*rows[1:]), size)
    page = browser.get(QUEUE)
    assert (page.context["counts"]["owed"], page.context["aside_count"]) == (3, 1)
    assert 'href="/sign-off/?aside=1">1 set aside</a>' in page.content.decode()
    assert [entry["badge"] for entry in page.context["nav"] if entry["label"] == "Sign-off"] == [3]
    assert listed(browser, "/sign-off/?aside=1") == ids(rows[0])
    assert listed(client_for(second_manager)) == ids(*rows), "it is nobody else's view"
    clock.advance(minutes=60)
    assert listed(browser) == ids(*rows)


def test_it_can_be_taken_back(browser: Client, rows: list[Decision]) -> None:
    put_off(browser, rows[0], "aside", until="24h")
    assert "Take it back" in browser.get("/sign-off/?aside=1").content.decode()
    put_off(browser, rows[0], "back")
    assert listed(browser) == ids(*rows)
    put_off(browser, rows[0], "aside", until="4h")
    sign(browser, rows[0], "/sign-off/?aside=1")
    assert browser.get(QUEUE).context["aside_count"] == 0, "what is signed is set aside no more"


def test_all_set_aside_is_not_all_done(browser: Client, rows: list[Decision]) -> None:
    for row in rows:
        put_off(browser, row, "aside", until="4h")
    text = browser.get(QUEUE).content.decode()
    assert "You have set 3 aside." in text
    assert "has one" not in text


@pytest.mark.parametrize("until", ["", "25h", "week", "1h\0"])
def test_no_other_time_is_taken(browser: Client, rows: list[Decision], until: str) -> None:
    put_off(browser, rows[0], "aside", until=until)
    assert listed(browser) == ids(*rows)


@override_settings(ZONE="Europe/Berlin")
@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-22T07:59:00", "2026-11-22T08:00:00"),
        ("2026-11-22T08:00:00", "2026-11-23T08:00:00"),
        ("2026-11-22T22:47:00", "2026-11-23T08:00:00"),
        ("2026-10-24T08:00:00", "2026-10-25T08:00:00"),
        ("2026-10-24T07:30:00", "2026-10-25T07:30:00"),
    ],
)
def test_the_next_morning_is_by_the_organisations_clock_and_a_day_away_at_most(now: str, then: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert desk.morning(moment) == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_only_so_many_are_kept(browser: Client, rf: Any, rows: list[Decision], clock: Clock) -> None:
    request = rf.get(QUEUE)
    request.session = browser.session
    for seq in range(desk.MOST + 5):
        desk.set_aside(request, seq, clock.at + timedelta(hours=1))
    kept = request.session[desk.ASIDE]
    assert (len(kept), next(iter(kept))) == (desk.MOST, "5")
    desk.choose(request, list(range(500)))
    assert len(request.session[desk.CHOSEN]) == desk.MOST


def test_a_question_waits_until_somebody_else_answers(
    browser: Client, rows: list[Decision], manager: Person, responder: Person
) -> None:
    page = put_off(browser, rows[0], "ask", question="Who asked for this?")
    assert "recorded as a comment" in said(page)
    assert [one.text for one in Comment.objects.all()] == ["Who asked for this?"]
    last, _, _ = ledger.entry(ledger.size() - 1) or (None, b"", b"")
    assert last is not None
    assert last.kind == Kind.COMMENT_MADE
    assert listed(browser) == ids(*rows[1:])
    comment(rows[0].id, text="I mean the second restart.", actor=manager.id)
    assert listed(browser) == ids(*rows[1:]), "who asks does not answer"
    comment(rows[1].id, text="Of another.", actor=responder.id)
    assert listed(browser) == ids(*rows[1:])
    comment(rows[0].id, text="I did, by phone.", actor=responder.id)
    page = browser.get(QUEUE)
    assert [row["id"] for row in page.context["items"]] == ids(*rows)
    assert page.content.decode().count("<b>Answered</b>") == 1
    assert page.context["aside_count"] == 0


def test_a_question_that_is_sent_twice_is_asked_once(browser: Client, rows: list[Decision]) -> None:
    page = browser.get(f"{QUEUE}?selected={rows[0].id}")
    key = str(page.context["selected"]["key"])
    assert page.content.decode().count(f'name="key" value="{key}"') >= 2, "the question and the comment carry it"
    first, second = (put_off(browser, rows[0], "ask", question="Who asked for this?", key=key) for _ in range(2))
    assert said(first) == said(second)
    assert first.redirect_chain == second.redirect_chain
    assert Comment.objects.count() == 1
    put_off(browser, rows[0], "ask", question="And why?", key=key)
    assert Comment.objects.count() == 2, "other words are another question"


def test_a_question_that_nobody_answers_comes_back_after_a_day(
    browser: Client, rows: list[Decision], clock: Clock
) -> None:
    put_off(browser, rows[0], "ask", question="Who asked for this?")
    clock.advance(hours=23, minutes=59)
    assert ids(rows[0])[0] not in listed(browser)
    clock.advance(minutes=1)
    page = browser.get(QUEUE)
    assert ids(rows[0])[0] in [row["id"] for row in page.context["items"]]
    assert "<b>Answered</b>" not in page.content.decode()


@pytest.mark.parametrize("question", ["", "  ", "x" * 4001])
def test_no_question_is_none(browser: Client, rows: list[Decision], question: str) -> None:
    put_off(browser, rows[0], "ask", question=question)
    assert not Comment.objects.exists()
    assert listed(browser) == ids(*rows)


@pytest.mark.parametrize("how", ["aside", "back", "ask"])
def test_what_is_not_there_is_not_put_off(browser: Client, rows: list[Decision], how: str) -> None:
    answer = browser.post(f"/sign-off/{'0' * 8}-0000-7000-8000-{'0' * 12}/{how}/", {"until": "1h", "question": "x"})
    assert answer.status_code == 404
    assert browser.get(f"/sign-off/{rows[0].id}/{how}/").status_code == 405


def test_a_viewer_asks_nothing(client_for: Browser, viewer: Person, rows: list[Decision]) -> None:
    page = put_off(client_for(viewer), rows[0], "ask", question="Who?")
    assert not Comment.objects.exists()
    assert "takes one of these roles" in said(page)


def test_what_is_put_off_costs_a_fixed_number_of_queries(browser: Client, agent: Agent) -> None:
    def counted(rows: list[Decision]) -> int:
        for row in rows:
            put_off(browser, row, "ask", question="Why?")
        browser.get(QUEUE)
        with CaptureQueriesContext(connection) as asked:
            browser.get(QUEUE)
        return len(asked)

    many = [owing(agent) for _ in range(18)]
    assert counted(many[:2]) == counted(many[2:12])
