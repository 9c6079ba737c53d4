"""What needs people, gone through from one to the next: the filter, and where it goes on after an answer."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from approvals.queries import next_hold
from decisions.models import Agent, Decision, Person
from decisions.vocab import State
from tests import factories
from tests.approvals.asking import again
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]


def ask(agent: Agent, service: str = "search") -> Decision:
    act = factories.action(service=service, parameters={"to": uuid4().hex})
    return factories.propose(agent, action=act, decision=uuid4().hex)


@pytest.fixture
def holds(agent: Agent, clock: Clock) -> list[Decision]:
    """Three that wait, the soonest deadline first."""
    asked = []
    for _ in range(3):
        asked.append(ask(agent))
        clock.advance(seconds=7)
    return asked


def following(page: Any) -> str:
    """The address to which the page goes on."""
    found = re.search(r'<a data-next\s+href="([^"]*)"', page.content.decode())
    return found[1] if found else ""


def vetoed(client: Client, row: Decision, **more: str) -> Any:
    fields = {"verdict": "veto", "version": str(row.version), "ref_seq": str(row.seq), "reason": "Not now."}
    return client.post(f"/decisions/{row.id}/verdict", fields | more, follow=True)


def test_mine_is_what_the_person_answers_for(
    agent: Agent, client_for: Browser, manager: Person, second_manager: Person, holds: list[Decision]
) -> None:
    other = ask(agent, "orphan")
    assert {row.owner_id for row in holds} == {manager.id}
    page = client_for(manager).get("/needs-you/?mine=1")
    assert [hold["id"] for hold in page.context["holds"]] == [str(row.id) for row in holds]
    assert page.context["waiting"] == 3
    assert client_for(manager).get("/needs-you/").context["waiting"] == 4
    page = client_for(second_manager).get("/needs-you/?mine=1")
    assert page.context["holds"] == []
    assert "Nothing of yours needs anybody" in page.content.decode()
    assert again(other).state in (State.PENDING, State.WINDOW)


def test_mine_is_of_the_reviews_too(agent: Agent, client_for: Browser, manager: Person, clock: Clock) -> None:
    for service in ("wiki", "orphan"):
        factories.claim(ask(agent, "wiki") if service == "wiki" else _allowed(agent, manager))
    clock.advance(minutes=30)
    every = client_for(manager).get("/needs-you/")
    mine = client_for(manager).get("/needs-you/?mine=1")
    assert (every.context["review_count"], mine.context["review_count"]) == (2, 1)


def _allowed(agent: Agent, manager: Person) -> Decision:
    row = ask(agent, "orphan")
    factories.approve(row, manager)
    return again(row)


def test_after_an_answer_it_goes_on_to_the_next(client_for: Browser, responder: Person, holds: list[Decision]) -> None:
    client = client_for(responder)
    listed = client.get("/needs-you/").content.decode()
    assert f'href="/decisions/{holds[0].id}/?from=needs-you"' in listed
    page = client.get(f"/decisions/{holds[1].id}/?from=needs-you")
    assert following(page) == f"/decisions/{holds[2].id}/?from=needs-you"
    page = vetoed(client, holds[1], **{"from": "needs-you"})
    assert page.redirect_chain == [(f"/decisions/{holds[1].id}/?from=needs-you", 302)]
    assert "Your veto is recorded." in page.content.decode()
    assert following(page) == f"/decisions/{holds[0].id}/?from=needs-you", "the soonest of all that wait"
    text = " ".join(page.content.decode().split())
    assert f'Next: {holds[0].title}</a> (<b class="cd-t num">29:39</b><span class="then"> left</span>)' in text


def test_in_place_too(client_for: Browser, responder: Person, holds: list[Decision]) -> None:
    row = holds[0]
    fields = {"verdict": "veto", "version": str(row.version), "ref_seq": str(row.seq), "from": "needs-you"}
    page = client_for(responder).post(f"/decisions/{row.id}/verdict", fields, headers={"HX-Request": "true"})
    assert following(page) == f"/decisions/{holds[1].id}/?from=needs-you"


def test_who_came_another_way_is_not_led_on(client_for: Browser, responder: Person, holds: list[Decision]) -> None:
    client = client_for(responder)
    for came in ("", "?from=", "?from=elsewhere", "?from=//example.org"):
        assert "next-hold" not in client.get(f"/decisions/{holds[0].id}/{came}").content.decode()
    assert vetoed(client, holds[0]).redirect_chain == [(f"/decisions/{holds[0].id}/", 302)]


def test_the_last_says_that_nothing_else_waits(agent: Agent, client_for: Browser, responder: Person) -> None:
    row = ask(agent)
    page = vetoed(client_for(responder), row, **{"from": "mine"})
    assert following(page) == ""
    text = page.content.decode()
    assert "Nothing else waits that you can answer." in text
    assert 'href="/needs-you/?mine=1"' in text


def test_only_what_the_person_can_answer_comes_next(
    agent: Agent, holds: list[Decision], viewer: Person, manager: Person, clock: Clock
) -> None:
    for row in holds:
        assert next_hold.after(row, viewer.id, clock.at) is None
    assert next_hold.after(holds[2], manager.id, clock.at) is not None
    orphan = ask(agent, "orphan")
    for row in holds:
        factories.veto(row, manager)
    assert (next_hold.after(holds[0], manager.id, clock.at) or {})["id"] == str(orphan.id)
    assert next_hold.after(holds[0], manager.id, clock.at, mine=True) is None
    clock.advance(hours=1)
    assert next_hold.after(holds[0], manager.id, clock.at) is None, "what is over waits no more"


def test_who_signs_in_again_is_still_on_the_way(client_for: Browser, manager: Person, holds: list[Decision]) -> None:
    client = client_for(manager)
    session = client.session
    session["signed_in_at"] = time.time() - 301
    session.save()
    fields = {"verdict": "approve", "version": "1", "ref_seq": "1", "reason": "Seen.", "from": "needs-you"}
    answer = client.post(f"/decisions/{holds[0].id}/verdict", fields)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    page = client.get(f"/decisions/{holds[0].id}/?from=needs-you")
    assert "You have signed in again." in page.content.decode()
    assert following(page)


@pytest.mark.parametrize(("ms", "text"), [(0, "00:00"), (1, "00:01"), (252_000, "04:12"), (3_600_000, "1:00:00")])
def test_what_is_left_is_written_as_the_countdown_writes_it(ms: int, text: str) -> None:
    assert next_hold.clock_of(ms) == text


def test_the_same_form_gives_more_time_once(agent: Agent, manager: Person, client_for: Browser) -> None:
    row, client = factories.propose(agent), client_for(manager)
    page = client.get(f"/decisions/{row.id}/").content.decode()
    form = re.search(r'<form class="more-time".*?</form>', page, re.DOTALL)
    assert form
    given = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    for _ in range(2):
        assert client.post(f"/decisions/{row.id}/extend", given).status_code == 302
    before = row.hold_until
    row.refresh_from_db()
    assert before
    assert row.hold_until == before + timedelta(minutes=15)
