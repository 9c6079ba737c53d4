"""The sign-off queue as a work queue: the next opens by itself, several at once, put off and asked, corrected afterwards."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from approvals.models import SignOffRecord
from approvals.periods import Period
from approvals.reports.collect import facts_of
from approvals.views import desk
from decisions import ledger
from decisions.models import Agent, Decision, Person
from decisions.vocab import SignOff
from tests import factories
from tests.approvals.asking import again, all_owe, owing
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]
QUEUE = "/sign-off/"
WORDS = {"judgement": "accept", "effect": "helped", "reason": "Read it, and it was right."}
MANY = {"all_effect": "helped", "all_reason": "Routine, and seen on the graph."}


@pytest.fixture(autouse=True)
def _all_owe(organisation: factories.Register) -> None:
    all_owe()


@pytest.fixture
def rows(agent: Agent) -> list[Decision]:
    """Three of low risk that are alike, oldest debt first."""
    return [owing(agent) for _ in range(3)]


@pytest.fixture
def browser(client_for: Browser, manager: Person) -> Client:
    return client_for(manager)


def listed(client: Client, path: str = QUEUE) -> list[str]:
    return [row["id"] for row in client.get(path).context["items"]]


def ids(*rows: Decision) -> list[str]:
    return [str(row.id) for row in rows]


def next_url(page: Any) -> str:
    found = re.search(r'name="next" value="([^"]*)"', page.content.decode())
    assert found
    return unescape(found[1])


def sign(client: Client, row: Decision, path: str = QUEUE, **over: str) -> Any:
    """Judge `row` by the form of the queue that is shown at `path`."""
    page = client.get(path, {"selected": str(row.id)}) if "?" not in path else client.get(f"{path}&selected={row.id}")
    fields = WORDS | {"version": str(again(row).version), "next": next_url(page)} | over
    return client.post(f"/decisions/{row.id}/sign-off", fields)


def tick(client: Client, *rows: Decision, path: str = "/sign-off/accept/", **over: str) -> Any:
    chosen = [f"{row.id}:{row.version}" for row in rows]
    return client.post(path, MANY | {"chosen": chosen} | over, follow=True)


def put_off(client: Client, row: Decision, how: str, **fields: str) -> Any:
    return client.post(f"/sign-off/{row.id}/{how}/", fields, follow=True)


def said(page: Any) -> str:
    return " ".join(str(message) for message in page.context["messages"])


def test_the_one_after_it_opens_with_the_same_filters(browser: Client, rows: list[Decision]) -> None:
    answer = sign(browser, rows[1], "/sign-off/?service=wiki&mine=1")
    assert answer.headers["Location"] == f"/sign-off/?service=wiki&mine=1&selected={rows[2].id}#dec-h"
    page = browser.get(answer.headers["Location"])
    assert page.context["selected"]["d"].id == rows[2].id
    text = page.content.decode()
    assert "Your sign-off is recorded." in text
    assert f'<a href="/decisions/{rows[1].id}/">' in text
    assert f'<a href="/decisions/{rows[1].id}/?correct=1#dec-sign">Correct it</a>' in text


def test_after_the_last_of_the_list_the_first_that_was_left_out(browser: Client, rows: list[Decision]) -> None:
    assert f"selected={rows[0].id}" in sign(browser, rows[2]).headers["Location"]


def test_after_the_very_last_there_is_nothing(browser: Client, rows: list[Decision]) -> None:
    for row in rows[:2]:
        sign(browser, row)
    answer = sign(browser, rows[2])
    assert answer.headers["Location"] == "/sign-off/#dec-h"
    text = browser.get("/sign-off/").content.decode()
    assert "Nothing to sign off here" in text
    assert "Your sign-off is recorded." in text


def test_a_crowd_and_its_filters_are_kept(browser: Client, agent: Agent) -> None:
    for episode in ("inc-1", "inc-2"):
        for number in range(12):
            act = factories.action(service="wiki" if number % 2 else "geo", resource=f"{episode}/{number}")
            outcome = {"status": "succeeded"}
            factories.send(agent, factories.event(episode=episode, action=act, outcome=outcome))
    [line, _] = browser.get(QUEUE).context["alike"]
    inside = browser.get(f"{QUEUE}?{line['query']}")
    first = Decision.objects.get(id=inside.context["items"][0]["id"])
    answer = sign(browser, first, f"{QUEUE}?{line['query']}")
    assert line["query"] in answer.headers["Location"]
    assert len(listed(browser, answer.headers["Location"])) == 11
    for number in range(12, 40):
        act = factories.action(service="wiki", resource=f"inc-1/{number}")
        factories.send(agent, factories.event(episode="inc-1", action=act, outcome={"status": "succeeded"}))
    page = browser.get(f"{QUEUE}?service=wiki")
    line = next(one for one in page.context["alike"] if one["episode"] == "inc-1")
    href = unescape(re.findall(r'<li class="crowd">\s*<a href="([^"]*)"', page.content.decode())[0])
    assert "service=wiki" in href
    counts = {one["count"] for one in page.context["alike"]}
    assert len(listed(browser, f"{QUEUE}{href}")) in counts, "what is counted under a filter is opened under it"


def test_who_goes_elsewhere_is_led_to_no_other_site(browser: Client, rows: list[Decision]) -> None:
    for address in ("https://example.org/", "//example.org/x"):
        answer = put_off(browser, rows[0], "aside", until="1h", next=address)
        assert [where for where, _ in answer.redirect_chain] == ["/sign-off/#dec-h"]


@pytest.mark.parametrize("who", ["marta", "david"])
def test_a_correction_counts_everywhere_and_both_stay(
    browser: Client,
    client_for: Browser,
    organisation: factories.Register,
    rows: list[Decision],
    clock: Clock,
    who: str,
) -> None:
    row = rows[0]
    sign(browser, row)
    client = browser if who == "marta" else client_for(organisation.people[who])
    assert '<details class="capped" open>' in client.get(f"/decisions/{row.id}/?correct=1").content.decode()
    fields = {"judgement": "refuse", "effect": "harmed", "cause": "agent_error", "reason": "It was the wrong service."}
    answer = client.post(f"/decisions/{row.id}/sign-off", fields | {"version": str(again(row).version)}, follow=True)
    assert "Your sign-off is recorded." in answer.content.decode()
    row = again(row)
    assert (row.sign_off, row.effect, row.cause) == (SignOff.REFUSED, "harmed", "agent_error")
    kept = list(SignOffRecord.objects.filter(decision_seq=row.seq).order_by("seq").values_list("judgement", flat=True))
    assert kept == ["accept", "refuse"]
    assert listed(client) == ids(*rows[1:])
    found = client.get("/api/v1/decisions", {"sign_off": "refused"}).json()["items"]
    assert [one["id"] for one in found] == ids(row)
    assert client.get("/api/v1/decisions", {"sign_off": "accepted"}).json()["items"] == []
    facts = facts_of("Example", Period.read("2026-11"), now=clock.at, grouped=False).decisions
    [fact] = [fact for fact in facts if fact.effect]
    judged_by = organisation.people[who].name
    assert (fact.id, fact.sign_off, fact.effect, fact.cause) == (str(row.id), "refused", "harmed", "agent_error")
    assert fact.signed_off_by == judged_by


def test_the_last_that_was_signed_is_a_link_in_this_session_alone(
    browser: Client, client_for: Browser, second_manager: Person, rows: list[Decision]
) -> None:
    assert "data-correct" not in browser.get(QUEUE).content.decode()
    for row in rows[:2]:
        sign(browser, row)
    found = re.findall(r'href="([^"]*)"\s+data-correct', browser.get(QUEUE).content.decode())
    assert found == [f"/decisions/{rows[1].id}/?correct=1#dec-sign"]
    assert "data-correct" not in client_for(second_manager).get(QUEUE).content.decode()


def test_those_ticked_are_accepted_and_exactly_that_is_told(
    browser: Client, client_for: Browser, manager: Person, second_manager: Person, rows: list[Decision]
) -> None:
    sign(client_for(second_manager), rows[1])
    page = tick(browser, *rows, path="/sign-off/accept/?service=wiki")
    assert said(page) == f"2 signed, 1 had changed: {rows[1].title}."
    assert page.redirect_chain[0][0] == "/sign-off/?service=wiki#dec-h"
    assert [again(row).sign_off for row in rows] == [SignOff.ACCEPTED] * 3
    by = SignOffRecord.objects.order_by("seq").values_list("person_id", flat=True)
    assert list(by) == [second_manager.id, manager.id, manager.id]


def test_only_what_was_asked_for_was_opened(browser: Client, agent: Agent) -> None:
    high, other = owing(agent, service="search"), owing(agent, service="search")
    browser.get(QUEUE)
    assert desk.OPENED not in browser.session, "the first is drawn unasked, and on a phone not at all"
    assert "must be opened first" in said(tick(browser, high))
    browser.get(QUEUE, {"selected": str(high.id)})
    browser.get(f"/decisions/{other.id}/", headers={"HX-Request": "true"})
    assert browser.session[desk.OPENED] == [high.seq, other.seq]
    assert said(tick(browser, high, other, all_reason="Both looked at, one by one.")) == "2 signed."


def test_what_others_opened_is_not_opened(browser: Client, client_for: Browser, agent: Agent, second_manager: Person):
    high = owing(agent, service="search")
    client_for(second_manager).get(f"/decisions/{high.id}/")
    browser.head(f"/decisions/{high.id}/")
    assert "must be opened first" in said(tick(browser, high))
    assert again(high).sign_off == SignOff.REQUIRED


def test_a_refused_form_keeps_the_ticks_and_the_words(browser: Client, rows: list[Decision]) -> None:
    page = tick(browser, *rows[:2], all_reason="short")
    assert page.status_code == 400
    text = page.content.decode()
    assert "Write at least 10 characters." in text
    assert [row["chosen"] for row in page.context["items"]] == [True, True, False]
    assert ">short</textarea>" in text
    assert not SignOffRecord.objects.exists()
    assert [row["chosen"] for row in browser.get(QUEUE).context["items"]] == [False] * 3, "no tick comes by itself"


@pytest.mark.parametrize(
    "over",
    [{"chosen": []}, {"chosen": ["x"]}, {"chosen": ["x:1"]}, {"all_effect": ""}, {"all_effect": "harmed"}],
    ids=str,
)
def test_rubbish_is_refused_and_records_nothing(browser: Client, rows: list[Decision], over: dict[str, Any]) -> None:
    chosen = [f"{row.id}:{row.version}" for row in rows]
    size = ledger.size()
    answer = browser.post("/sign-off/accept/", MANY | {"chosen": chosen} | over)
    assert answer.status_code == 400
    assert ledger.size() == size


def test_too_many_are_refused(browser: Client, rows: list[Decision]) -> None:
    row = rows[0]
    answer = browser.post("/sign-off/accept/", MANY | {"chosen": [f"{row.id}:{row.version}"] * 51})
    assert answer.status_code == 400
    assert "At most 50" in answer.content.decode()


@pytest.mark.parametrize(("service", "strict"), [("wiki", False), ("search", True)])
def test_the_most_critical_among_them_says_how_fresh_the_sign_in_must_be(
    browser: Client, agent: Agent, rows: list[Decision], service: str, strict: bool
) -> None:
    one = owing(agent, service=service)
    browser.get(QUEUE, {"selected": str(one.id)})
    session = browser.session
    session["signed_in_at"] = time.time() - 301
    session.save()
    chosen = [f"{row.id}:{row.version}" for row in (rows[0], one)]
    answer = browser.post("/sign-off/accept/?mine=1", MANY | {"chosen": chosen})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/") is strict
    assert SignOffRecord.objects.exists() is not strict
    if not strict:
        return
    page = browser.get("/sign-off/?mine=1")
    assert [row["id"] for row in page.context["items"] if row["chosen"]] == ids(rows[0], one)
    assert f">{MANY['all_reason']}</textarea>" in page.content.decode()


def test_who_may_not_sign_off_has_no_boxes(client_for: Browser, responder: Person, rows: list[Decision]) -> None:
    client = client_for(responder)
    assert 'name="chosen"' not in client.get(QUEUE).content.decode()
    tick(client, *rows)
    assert not SignOffRecord.objects.exists()


def test_the_bar_says_how_many_match(browser: Client, rows: list[Decision]) -> None:
    page = browser.get("/sign-off/?service=wiki")
    assert 'data-matching="3"' in page.content.decode()
    assert "checked" not in re.findall(r'<input type="checkbox"\s+class="pick"[^>]*>', page.content.decode())[0]
