"""The second factor: set up, used, spent, lost, turned off, asked for."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from approvals.actions.set_freeze import set_freeze
from decisions import ledger
from decisions.auth import factors
from decisions.models import Agent, Freeze, Person, Session
from decisions.vocab import FreezeMode, FreezeScope
from oversight import checks
from tests import factories
from tests.sign_in.acting import (
    AGAIN,
    CODE,
    aged,
    approval,
    code,
    sign_in,
    signed_in,
    with_factor,
    with_password,
    words,
)

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]
ENROL, OFF, CODES = "/account/factor/", "/account/factor/off/", "/account/factor/codes/"


def enrol(client: Client) -> tuple[str, list[str]]:
    """(secret, recovery codes) of a second factor set up by its pages."""
    page = words(client.get(ENROL))
    found = re.search(r'id="secret"[^>]*>([A-Z2-7]+)<', page)
    assert found
    shown = words(client.post(ENROL, {"code": code(found[1])}))
    return found[1], re.findall(r"<code>(\d{8})</code>", shown)


def test_it_is_set_up_and_asked_for_from_then_on(client_for: Browser, manager: Person):
    with_password(manager)
    secret, codes = enrol(client_for(manager))
    assert len(set(codes)) == 10
    client = Client()
    assert sign_in(client, "marta", next="/needs-you/").headers["Location"] == CODE
    assert not signed_in(client)
    answer = client.post(CODE, {"code": code(secret, steps=1)})
    assert answer.headers["Location"] == "/needs-you/"
    assert signed_in(client)


def test_the_page_draws_the_code_without_anything_that_the_policy_forbids(client_for: Browser, manager: Person):
    page = words(client_for(manager).get(ENROL))
    drawn = page[page.index('class="qr"') :]
    assert "<svg" in drawn
    assert "style=" not in page
    assert "<?xml" not in page


def test_a_wrong_first_code_sets_nothing_up(client_for: Browser, manager: Person):
    client = client_for(manager)
    client.get(ENROL)
    assert "Wrong code." in words(client.post(ENROL, {"code": "000000"}))
    assert not factors.enrolled(manager)


def test_the_secret_is_nowhere_in_the_database(client_for: Browser, manager: Person):
    client = client_for(manager)
    page = words(client.get(ENROL))
    found = re.search(r'id="secret"[^>]*>([A-Z2-7]+)<', page)
    assert found
    secret = found[1]
    assert secret not in str(dict(client.session.items()))
    client.post(ENROL, {"code": code(secret)})
    stored = str(list(Authenticator.objects.values()))
    assert secret not in stored
    sealed = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    assert factors.unseal(sealed) == secret
    assert secret not in str(dict(client.session.items()))


def test_a_code_works_once(manager: Person):
    with_password(manager)
    secret = with_factor(manager)
    shown = code(secret)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, "marta")
        # allauth forgets a code after one period, while the next ones still let it pass.
        cache.delete(f"allauth.mfa.totp.used?user={manager.pk}&code={shown}")
        client.post(CODE, {"code": shown})
    assert signed_in(first)
    assert not signed_in(second)


def test_a_recovery_code_works_once_in_place_of_a_code(client_for: Browser, manager: Person):
    with_password(manager)
    _, codes = enrol(client_for(manager))
    for expected in (True, False):
        client = Client()
        sign_in(client, "marta")
        client.post(CODE, {"code": codes[0]})
        assert signed_in(client) is expected
    assert factors.codes_left(manager) == 9


def test_new_recovery_codes_take_the_place_of_the_old(client_for: Browser, manager: Person):
    with_password(manager)
    client = client_for(manager)
    _, old = enrol(client)
    assert "You have 10 left" in words(client.get(CODES))
    new = re.findall(r"<code>(\d{8})</code>", words(client.post(CODES)))
    assert len(new) == 10
    assert set(old).isdisjoint(new)
    # No page shows them again.
    for path in ("/account/", CODES):
        assert new[0] not in words(client.get(path))
    other = Client()
    sign_in(other, "marta")
    other.post(CODE, {"code": old[0]})
    assert not signed_in(other)


def test_it_is_turned_off(client_for: Browser, manager: Person):
    client = client_for(manager)
    with_password(manager)
    client.force_login(manager)
    with_factor(manager)
    assert client.post(OFF).headers["Location"] == "/account/"
    assert not Authenticator.objects.filter(user_id=manager.pk).exists()
    sign_in(other := Client(), "marta")
    assert signed_in(other)


@pytest.mark.parametrize("path", [ENROL, OFF, CODES, "/account/password/"])
def test_changing_how_one_signs_in_takes_a_fresh_sign_in(client_for: Browser, manager: Person, path: str):
    if path in (OFF, CODES):
        with_factor(manager)
    client = client_for(manager)
    aged(client, 301)
    before = list(Authenticator.objects.values("type", "data"))
    for method in (client.get, client.post):
        answer = method(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(AGAIN)
    assert list(Authenticator.objects.values("type", "data")) == before


def test_what_was_sent_before_is_not_done_after_signing_in_again(client_for: Browser, manager: Person):
    with_password(manager)
    client = client_for(manager)
    with_factor_secret = with_factor(manager)
    client.force_login(manager)
    aged(client, 301)
    away = client.post(OFF).headers["Location"]
    back = client.post(away, {"password": "correct horse battery staple", "code": code(with_factor_secret)})
    assert back.headers["Location"] == OFF
    assert factors.enrolled(manager)


def test_an_administrator_removes_a_lost_one(client_for: Browser, manager: Person, admin: Person):
    with_password(manager)
    with_factor(manager)
    hers = client_for(manager)
    assert signed_in(hers)
    before = ledger.size()
    client_for(admin).post("/register/people/marta/factor/")
    assert not factors.enrolled(manager)
    assert not signed_in(hers)
    assert Session.objects.filter(person_id=manager.id).count() == 0
    found = ledger.entry(before)
    assert found is not None
    assert found[0].actor == f"person:{admin.id}"
    assert found[0].facts == {"kv": 1, "table": "sign_in", "key": str(manager.id), "verb": "factor_removed"}
    assert ledger.size() == before + 1


def test_removing_one_that_is_not_there_is_refused_and_not_recorded(
    client_for: Browser, admin: Person, manager: Person
):
    before = ledger.size()
    client = client_for(admin)
    client.post("/register/people/marta/factor/")
    assert "There is no second factor to remove." in words(client.get("/register/"))
    assert ledger.size() == before


@pytest.mark.parametrize("who", ["marta", "helena", "yuki", "ines"])
def test_where_it_is_required_those_with_power_are_asked_for_it(
    settings: Any, organisation: factories.Register, client_for: Browser, who: str
):
    settings.REQUIRE_SECOND_FACTOR = True
    assert "takes a second factor" in words(client_for(organisation.people[who]).get("/policy/"))


@pytest.mark.parametrize("who", ["samuel", "noor"])
def test_those_without_power_are_not(settings: Any, organisation: factories.Register, client_for: Browser, who: str):
    settings.REQUIRE_SECOND_FACTOR = True
    assert "takes a second factor" not in words(client_for(organisation.people[who]).get("/policy/"))


def test_where_it_is_required_an_approval_leads_to_it_and_a_veto_does_not(
    settings: Any, client_for: Browser, agent: Agent, responder: Person
):
    settings.REQUIRE_SECOND_FACTOR = True
    client = client_for(responder)
    held = factories.propose(agent)
    answer = client.post(f"/decisions/{held.id}/verdict", approval(held))
    assert answer.headers["Location"].startswith(ENROL)
    held.refresh_from_db()
    assert held.state == "pending"
    client.post(f"/decisions/{held.id}/verdict", {"verdict": "veto", "version": 1, "ref_seq": 0})
    held.refresh_from_db()
    assert held.state == "vetoed"


def test_where_it_is_required_a_freeze_is_set_without_and_lifted_with_it(
    settings: Any, client_for: Browser, manager: Person, responder: Person
):
    settings.REQUIRE_SECOND_FACTOR = True
    freeze = set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=responder.id)
    client = client_for(manager)
    assert client.post(f"/stop/{freeze.id}/lift/").headers["Location"].startswith(ENROL)
    with_factor(manager)
    client.post(f"/stop/{freeze.id}/lift/")
    assert Freeze.objects.get(id=freeze.id).asked_by == manager.id


def test_where_it_is_required_it_is_not_turned_off(settings: Any, client_for: Browser, manager: Person):
    settings.REQUIRE_SECOND_FACTOR = True
    with_factor(manager)
    client = client_for(manager)
    assert "cannot be turned off" in words(client.post(OFF))
    assert factors.enrolled(manager)


def test_where_it_is_required_the_register_is_not_changed_without(settings: Any, client_for: Browser, admin: Person):
    settings.REQUIRE_SECOND_FACTOR = True
    client, before = client_for(admin), ledger.size()
    for path, form in (
        ("/register/groups/new/", {"slug": "mine", "members": ["yuki"]}),
        ("/register/agents/remediator/keys", {"scopes": ["read"], "days": "9"}),
        ("/register/people/marta/link/", {}),
        ("/register/people/marta/leaves/", {"successor": "david"}),
    ):
        assert client.post(path, form).headers["Location"].startswith(ENROL), path
    assert ledger.size() == before
    with_factor(admin)
    client.post("/register/groups/new/", {"slug": "mine", "members": ["yuki"]})
    assert ledger.size() == before + 1


def test_the_operator_lets_in_the_only_administrator_who_has_lost_everything(admin: Person):
    with_password(admin)
    with_factor(admin)
    out = io.StringIO()
    call_command("make_link", "yuki", "--remove-factor", stdout=out)
    path = out.getvalue().strip().removeprefix("http://localhost:8000")
    Client().post(path, {"password": "a new and longer password", "again": "a new and longer password"})
    sign_in(client := Client(), "yuki", "a new and longer password")
    assert signed_in(client)
    told = [ledger.entry(ledger.size() - back) for back in (2, 1)]
    assert [(one[0].actor, one[0].facts["verb"]) for one in told if one] == [
        ("system", "factor_removed"),
        ("system", "reset"),
    ]


@pytest.mark.parametrize("arguments", [["nobody"], ["marta", "--remove-factor"]])
def test_the_operator_is_told_what_cannot_be(manager: Person, arguments: list[str]):
    with pytest.raises(CommandError):
        call_command("make_link", *arguments)


def test_a_key_that_cannot_seal_is_refused_at_the_start(settings: Any):
    assert checks.second_factors_can_be_sealed() == []
    settings.FACTOR_KEY = "too short"
    assert [message.id for message in checks.second_factors_can_be_sealed()] == ["oversight.E005"]
