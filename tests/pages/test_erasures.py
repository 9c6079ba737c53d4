"""The page of erasures and legal holds, and what a decision's page says of what is gone. By forms alone, without scripts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from approvals.actions.comment import comment
from approvals.actions.sign_off import sign_off
from approvals.vocab import Judgement
from decisions import ledger
from decisions.models import Agent, Decision, LegalHold, Person
from decisions.vocab import Effect
from tests import factories
from tests.factories import event, send
from tests.sign_in.acting import aged, words

pytestmark = pytest.mark.django_db
PAGE, NOW, KEEP = "/ledger/erasures/", "/ledger/erasures/now/", "/ledger/legal-holds/"
WHY = {
    "basis": "subject_request",
    "authority": "Request 17 of November",
    "reason": "They asked for it.",
    "word": "erase",
}
Browser = Callable[[Person], Client]


@pytest.fixture
def act(agent: Agent, manager: Person) -> Decision:
    """Reported, commented, signed off."""
    send(agent, event(decision="a", rationale="Xanthippe called", outcome={"status": "succeeded", "detail": "ok"}))
    row = factories.decision(agent, "a")
    comment(row.id, text="Xanthippe, really?", actor=manager.id)
    row.refresh_from_db()
    sign_off(
        row.id,
        judgement=Judgement.ACCEPT,
        effect=Effect.HELPED,
        cause=None,
        reason="Xanthippe was right.",
        version=row.version,
        actor=manager.id,
    )
    return row


def test_the_first_step_shows_what_the_second_takes(act: Decision, admin: Person, client_for: Browser) -> None:
    client = client_for(admin)
    page = words(client.get(PAGE, {"of": "decision", "value": f"https://here/decisions/{act.id}/"}))
    assert "<b>3 entries</b> would lose" in page
    assert "Type <b>ERASE</b>" in page
    size = ledger.size()
    answer = client.post(NOW, {"of": "decision", "value": str(act.id), **WHY}, follow=True)
    assert "Erased from 3 entries." in words(answer)
    assert "Request 17 of November" in words(answer)
    assert ledger.size() == size + 3
    assert "Nothing of it is there any more." in words(client.get(PAGE, {"of": "decision", "value": str(act.id)}))


def test_the_decisions_page_says_who_erased_what_when_and_why(
    act: Decision, admin: Person, auditor: Person, viewer: Person, client_for: Browser
) -> None:
    address = f"/decisions/{act.id}/"
    # In the reason twice as it is told, under the title and in the text to copy; in the comment and in the sign-off.
    assert words(client_for(auditor).get(address)).count("Xanthippe") == 6
    client_for(admin).post(NOW, {"of": "decision", "value": str(act.id), **WHY})
    page = words(client_for(auditor).get(address))
    assert "Xanthippe" not in page
    # In each of the places where it stood, and in the list of what was erased.
    assert page.count("Erased on ") == 4 + 3
    assert page.count('by Yuki, because: <span class="words">They asked for it.</span>') == 4 + 3
    assert "An action that was erased" in page
    assert "Something erased" in page
    page = words(client_for(viewer).get(address))
    assert "Erased on " in page
    assert "They asked for it." not in page, "reasons are for those who read reasons"


def test_only_some_names_of_some_entries(act: Decision, admin: Person, client_for: Browser) -> None:
    client = client_for(admin)
    chosen = {"of": "entries", "value": f"{act.seq}, {act.seq}-{act.seq}", "names": ["account", "outcome"]}
    page = words(client.get(PAGE, chosen))
    assert "<b>1 entry</b> would lose" in page
    client.post(NOW, {**chosen, **WHY})
    act.refresh_from_db()
    assert (act.account, act.outcome_detail) == ({}, "")
    assert act.action is not None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "Give numbers of entries"),
        ("x", "Give numbers of entries"),
        ("1-2000", "At most 1000 entries"),
        ("999", "There is no such entry"),
    ],
)
def test_what_cannot_be_meant_is_told(admin: Person, client_for: Browser, value: str, said: str) -> None:
    client = client_for(admin)
    assert said in words(client.get(PAGE, {"of": "entries", "value": value}))
    answer = client.post(NOW, {"of": "entries", "value": value, **WHY})
    assert answer.status_code in (400, 404)
    assert said in words(answer)


def test_without_the_word_nothing_goes(act: Decision, admin: Person, client_for: Browser) -> None:
    answer = client_for(admin).post(NOW, {"of": "decision", "value": str(act.id), **WHY, "word": ""})
    assert answer.status_code == 400
    page = words(answer)
    assert "Nothing was erased" in page
    act.refresh_from_db()
    assert act.account


def test_an_old_sign_in_leads_to_the_password_and_back_to_what_was_chosen(
    act: Decision, admin: Person, client_for: Browser
) -> None:
    client = client_for(admin)
    aged(client, 3600)
    answer = client.post(NOW, {"of": "entries", "value": str(act.seq), "names": ["account"], **WHY})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    back = f"{PAGE}?of=entries&value={act.seq}&names=account"
    page = words(client.get(back))
    assert "You have signed in again. Nothing was recorded yet." in page
    assert 'value="They asked for it."' in page
    act.refresh_from_db()
    assert act.account


def test_a_legal_hold_stands_on_the_page_and_in_the_way(
    act: Decision, admin: Person, auditor: Person, client_for: Browser
) -> None:
    keeper = client_for(auditor)
    page = words(keeper.post(KEEP, {"scope": "service:search", "reason": "A court asks for it."}, follow=True))
    assert "The legal hold is in force." in page
    assert "<b>Service search</b>" in page
    client = client_for(admin)
    page = words(client.get(PAGE, {"of": "decision", "value": str(act.id)}))
    assert "A legal hold keeps some of it." in page
    assert "Type <b>ERASE</b>" not in page
    answer = client.post(NOW, {"of": "decision", "value": str(act.id), **WHY})
    assert answer.status_code == 409
    hold = LegalHold.objects.get()
    lift = f"{KEEP}{hold.id}/lift/"
    assert client.post(lift, {"reason": "I would like to erase."}).status_code == 403
    page = words(keeper.post(lift, {"reason": "The court has closed it."}, follow=True))
    assert "The legal hold is lifted." in page
    assert "None is in force." in page
    assert client.post(NOW, {"of": "decision", "value": str(act.id), **WHY}).status_code == 302


@pytest.mark.parametrize("scope", ["", "half", "service", "service:nowhere", "person:x"])
def test_a_legal_hold_on_nothing_is_refused(auditor: Person, client_for: Browser, scope: str) -> None:
    assert client_for(auditor).post(KEEP, {"scope": scope, "reason": "A court asks for it."}).status_code == 400
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize("role", ["responder", "manager", "executive", "auditor", "viewer"])
def test_others_see_no_form_to_erase(
    act: Decision, role: str, request: pytest.FixtureRequest, client_for: Browser
) -> None:
    client = client_for(request.getfixturevalue(role))
    page = words(client.get(PAGE, {"of": "decision", "value": str(act.id)}))
    assert "Type <b>ERASE</b>" not in page
    assert ("Set a legal hold" in page) == (role in ("executive", "auditor"))
    assert client.post(NOW, {"of": "decision", "value": str(act.id), **WHY}).status_code == 403
    act.refresh_from_db()
    assert act.account


def test_a_person_who_has_left_is_erased_from_their_page(
    agent: Agent, admin: Person, viewer: Person, client_for: Browser
) -> None:
    client = client_for(admin)
    client.post(f"/register/people/{viewer.username}/leaves/", {"successor": ""})
    page = words(client.get(f"/register/people/{viewer.username}/"))
    address = f"{PAGE}?of=person&amp;value={viewer.id}"
    assert address in page
    shown: Any = client.get(PAGE, {"of": "person", "value": str(viewer.id)})
    assert "The person's account goes with it." in words(shown).replace("&#x27;", "'")
    answer = client.post(NOW, {"of": "person", "value": str(viewer.id), **WHY}, follow=True)
    assert "Erased from 0 entries." in words(answer)
    assert viewer.name not in words(client.get("/register/"))
