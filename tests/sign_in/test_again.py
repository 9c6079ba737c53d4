"""What weighs most takes a fresh sign-in; what was typed is kept, and nothing is done in anybody's name meanwhile."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.actions.set_freeze import set_freeze
from decisions import ledger
from decisions.models import Agent, Decision, Freeze, Person, Session
from decisions.vocab import FreezeMode, FreezeScope
from tests import factories
from tests.sign_in.acting import (
    AGAIN,
    PASSWORD,
    aged,
    approval,
    code,
    session_of,
    signed_in,
    with_factor,
    with_password,
    words,
)

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]
REASON = "The graph is back to normal since ten to four."
STALE = 301
"""A sign-in that is good enough for an ordinary answer, and for nothing on the critical tiers."""


@pytest.fixture
def person(responder: Person) -> Person:
    return with_password(responder)


def asked(agent: Agent, service: str) -> Decision:
    return factories.propose(agent, action=factories.action(service=service))


@pytest.mark.parametrize(("service", "strict"), [("checkout", True), ("search", True), ("geo", False), ("wiki", False)])
def test_only_the_critical_tiers_take_a_fresh_sign_in(
    client_for: Browser, agent: Agent, manager: Person, responder: Person, service: str, strict: bool
):
    # Where agents would not be held, a freeze on what they do alone holds them.
    set_freeze(scope=FreezeScope.SERVICE, value=service, mode=FreezeMode.AUTONOMY, reason="", actor=responder.id)
    held = asked(agent, service)
    client = client_for(manager)
    aged(client, STALE)
    answer = client.post(f"/decisions/{held.id}/verdict", approval(held))
    assert answer.headers["Location"].startswith(AGAIN) is strict


def test_where_the_tier_is_not_known_it_counts_as_the_most_critical(client_for: Browser, agent: Agent, person: Person):
    held = asked(agent, "never-registered")
    client = client_for(person)
    aged(client, STALE)
    answer = client.post(f"/decisions/{held.id}/verdict", approval(held))
    assert answer.headers["Location"].startswith(AGAIN)


def test_the_reason_is_kept_and_the_answer_is_not_given(client_for: Browser, agent: Agent, person: Person):
    held = asked(agent, "search")
    client = client_for(person)
    aged(client, STALE)
    before = ledger.size()
    away = client.post(f"/decisions/{held.id}/verdict", approval(held, reason=REASON)).headers["Location"]
    assert "Nothing was recorded yet" in words(client.get(away))
    back = client.post(away, {"password": PASSWORD}).headers["Location"]
    assert back == f"/decisions/{held.id}/"
    assert ledger.size() == before
    page = words(client.get(back))
    assert "You have signed in again. Nothing was recorded yet." in page
    assert f">{REASON}</textarea>" in page
    # Once: the next who opens the page sees it as it is.
    assert REASON not in words(client.get(back))
    client.post(f"/decisions/{held.id}/verdict", approval(held, reason=REASON))
    held.refresh_from_db()
    assert held.state == "authorized"


def test_a_sign_off_comes_back_as_it_was_filled_in(client_for: Browser, agent: Agent, manager: Person):
    with_password(manager)
    factories.send(agent, factories.event(decision="d", action=factories.action(service="checkout")))
    row = factories.decision(agent, "d")
    client = client_for(manager)
    aged(client, STALE)
    form = {"judgement": "refuse", "effect": "harmed", "cause": "agent_error", "reason": REASON, "version": row.version}
    queue = "/sign-off/?service=checkout"
    away = client.post(f"/decisions/{row.id}/sign-off", {**form, "next": queue}).headers["Location"]
    back = client.post(away, {"password": PASSWORD}).headers["Location"]
    assert back == f"{queue}&selected={row.id}"
    page = words(client.get(back))
    assert f">{REASON}</textarea>" in page
    for chosen in (r'value="harmed"\s+selected', r'value="agent_error"\s+selected', r'value="refuse"\s+checked'):
        assert re.search(chosen, page), chosen
    row.refresh_from_db()
    assert row.sign_off == "required"


def test_a_way_back_to_another_site_is_not_taken(client_for: Browser, agent: Agent, manager: Person):
    with_password(manager)
    factories.send(agent, factories.event(decision="d", action=factories.action(service="checkout")))
    row = factories.decision(agent, "d")
    client = client_for(manager)
    aged(client, STALE)
    form = {"judgement": "accept", "effect": "helped", "reason": REASON, "version": row.version}
    away = client.post(f"/decisions/{row.id}/sign-off", {**form, "next": "//evil.example/"}).headers["Location"]
    assert client.post(away, {"password": PASSWORD}).headers["Location"] == f"/decisions/{row.id}/"
    evil = f"{AGAIN}?next=https://evil.example/"
    assert client.post(evil, {"password": PASSWORD}).headers["Location"] == "/"


def test_a_wrong_password_is_not_enough(client_for: Browser, agent: Agent, person: Person):
    held = asked(agent, "search")
    client = client_for(person)
    aged(client, STALE)
    away = client.post(f"/decisions/{held.id}/verdict", approval(held)).headers["Location"]
    assert "Wrong password." in words(client.post(away, {"password": "wrong"}))
    assert client.post(f"/decisions/{held.id}/verdict", approval(held)).headers["Location"].startswith(AGAIN)


@pytest.mark.parametrize("given", [{"password": PASSWORD}, {"password": PASSWORD, "code": "000000"}, {"code": "right"}])
def test_with_a_second_factor_it_takes_both(client_for: Browser, agent: Agent, person: Person, given: dict[str, str]):
    secret = with_factor(person)
    client = client_for(person)
    aged(client, STALE)
    held = asked(agent, "search")
    sent = {name: code(secret) if value == "right" else value for name, value in given.items()}
    assert client.post(AGAIN, sent).status_code == 200
    assert client.post(f"/decisions/{held.id}/verdict", approval(held)).headers["Location"].startswith(AGAIN)
    assert client.post(AGAIN, {"password": PASSWORD, "code": code(secret)}).status_code == 302
    client.post(f"/decisions/{held.id}/verdict", approval(held))
    held.refresh_from_db()
    assert held.state == "authorized"


def test_a_wrong_password_does_not_use_up_the_code(client_for: Browser, person: Person):
    secret = with_factor(person)
    client = client_for(person)
    shown = code(secret)
    assert client.post(AGAIN, {"password": "wrong", "code": shown}).status_code == 200
    assert client.post(AGAIN, {"password": PASSWORD, "code": shown}).status_code == 302


def test_the_key_of_the_session_changes_and_the_session_goes_on(client_for: Browser, person: Person):
    client = client_for(person)
    aged(client, STALE)
    before = session_of(client)
    client.post(AGAIN, {"password": PASSWORD})
    after = session_of(client)
    assert after.session_key != before.session_key
    assert after.handle == before.handle
    assert after.began_at == before.began_at
    stolen = Client()
    stolen.cookies[next(iter(client.cookies))] = before.session_key
    assert not signed_in(stolen)


def test_stopping_never_asks(client_for: Browser, agent: Agent, manager: Person):
    held = asked(agent, "checkout")
    client = client_for(manager)
    aged(client, 11 * 3600)
    client.post("/stop/now/", {"scope": "service:search", "mode": "all", "word": "STOP"})
    assert Freeze.objects.count() == 1
    client.post(f"/decisions/{held.id}/verdict", {"verdict": "veto", "version": 1, "ref_seq": 0})
    held.refresh_from_db()
    assert held.state == "vetoed"


def test_letting_agents_go_on_asks_and_comes_back(client_for: Browser, manager: Person):
    with_password(manager)
    freeze = set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=manager.id)
    client = client_for(manager)
    aged(client, STALE)
    away = client.post(f"/stop/{freeze.id}/lift/").headers["Location"]
    assert client.post(away, {"password": PASSWORD}).headers["Location"] == "/stop/"
    freeze.refresh_from_db()
    assert freeze.asked_by is None
    assert "Nothing was recorded yet." in words(client.get("/stop/"))
    client.post(f"/stop/{freeze.id}/lift/")
    freeze.refresh_from_db()
    assert freeze.asked_by == manager.id


@pytest.mark.parametrize("what", ["link", "factor", "unlock", "leaves"])
def test_changing_how_others_sign_in_asks(client_for: Browser, admin: Person, manager: Person, what: str):
    with_factor(manager)
    client = client_for(admin)
    aged(client, STALE)
    before = ledger.size()
    answer = client.post(f"/register/people/marta/{what}/", {"successor": "david"})
    assert answer.headers["Location"].startswith(AGAIN)
    assert ledger.size() == before


def test_what_was_chosen_for_somebody_who_leaves_is_kept(client_for: Browser, admin: Person, manager: Person):
    with_password(admin)
    client = client_for(admin)
    aged(client, STALE)
    away = client.post("/register/people/marta/leaves/", {"successor": "", "owner:search": "helena"}).headers[
        "Location"
    ]
    back = client.post(away, {"password": PASSWORD}).headers["Location"]
    page = " ".join(words(client.get(back)).split())
    assert '<option value="helena" selected>' in page


def test_the_page_that_asks_is_for_people_who_are_signed_in(client: Client, settings: Any):
    assert client.get(AGAIN).status_code == 302
    assert client.get(AGAIN).headers["Location"].startswith("/accounts/login/")


def expired(client: Client) -> None:
    """Let the session of `client` be over, as it is half an hour after its person was last seen."""
    Session.objects.filter(session_key=client.session.session_key).update(
        expire_date=timezone.now() - timedelta(seconds=1)
    )


def test_what_was_typed_outlives_the_session(client_for: Browser, agent: Agent, person: Person):
    held = asked(agent, "search")
    client = client_for(person)
    expired(client)
    before = ledger.size()
    away = client.post(f"/decisions/{held.id}/verdict", approval(held, reason=REASON)).headers["Location"]
    assert away == f"/accounts/login/?next=/decisions/{held.id}/"
    back = client.post(away, {"username": "ines", "password": PASSWORD}).headers["Location"]
    page = words(client.get(back))
    assert f">{REASON}</textarea>" in page
    assert "Nothing was recorded yet" in page
    assert ledger.size() == before


def test_it_is_not_shown_to_somebody_else_at_the_same_browser(
    client_for: Browser, agent: Agent, person: Person, manager: Person
):
    with_password(manager)
    held = asked(agent, "search")
    client = client_for(person)
    expired(client)
    away = client.post(f"/decisions/{held.id}/verdict", approval(held, reason=REASON)).headers["Location"]
    back = client.post(away, {"username": "marta", "password": PASSWORD}).headers["Location"]
    assert REASON not in words(client.get(back))


def test_nothing_is_kept_for_a_browser_that_nobody_was_signed_in_with(client: Client, agent: Agent, person: Person):
    held = asked(agent, "search")
    client.cookies["oversight"] = "made-up-by-somebody"
    client.post(f"/decisions/{held.id}/verdict", approval(held, reason=REASON))
    assert Session.objects.count() == 0


def test_a_form_without_a_decision_goes_back_to_its_page(client_for: Browser, admin: Person, client: Client):
    page = "http://testserver/register/people/new/"
    form = {"username": "nele", "name": "Nele", "password": "must not be kept"}
    hers = client_for(admin)
    expired(hers)
    answer = hers.post("/register/people/new/", form, headers={"referer": page})
    assert answer.headers["Location"] == "/accounts/login/?next=/register/people/new/"
    kept = hers.session["kept"]["typed"]
    assert kept["username"] == "nele"
    assert "must not be kept" not in str(kept)
    elsewhere = client.post("/stop/now/", {}, headers={"referer": "https://evil.example/x"})
    assert elsewhere.headers["Location"] == "/accounts/login/?next=/"
