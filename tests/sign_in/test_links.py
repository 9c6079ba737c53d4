"""One-time links: an administrator makes one, a person chooses a password by it, and the ledger says that it was made."""

import json
import logging
import re
from collections.abc import Callable

import pytest
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.organisation import Organisation
from decisions import ledger
from decisions.auth import links
from decisions.models import InvitationLink, Person
from oversight.logs import JsonFormatter
from tests import factories
from tests.conftest import Clock
from tests.sign_in.acting import CODE, PASSWORD, sign_in, signed_in, with_factor, with_password, words

pytestmark = pytest.mark.django_db
Browser = Callable[[Person], Client]
NEW = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def hers(client_for: Browser, admin: Person) -> Client:
    """The administrator's browser."""
    return client_for(admin)


def made(hers: Client, username: str = "marta") -> str:
    """The path of a new link."""
    found = re.search(
        r'id="new-link">http://testserver(/welcome/[^<]+)<', words(hers.post(f"/register/people/{username}/link/"))
    )
    assert found
    return found[1]


def test_a_person_is_invited_chooses_a_password_and_signs_in(hers: Client, admin: Person):
    hers.post("/register/people/new/", {"username": "nele", "name": "Nele", "roles": ["auditor"], "active": "on"})
    assert "Not set yet" in words(hers.get("/register/people/nele/"))
    before = ledger.size()
    path = made(hers, "nele")
    found = ledger.entry(before)
    assert found is not None
    nele = Person.objects.get(username="nele")
    assert found[0].actor == f"person:{admin.id}"
    assert found[0].facts == {"kv": 1, "table": "sign_in", "key": str(nele.id), "verb": "invited"}
    client = Client()
    assert "Nele" in words(client.get(path))
    assert client.post(path, NEW).headers["Location"] == "/accounts/login/"
    # The link chose a password; it let nobody in.
    assert not signed_in(client)
    sign_in(client, "nele")
    assert signed_in(client)


def test_a_link_works_once_and_looking_at_it_does_not_use_it(hers: Client):
    path = made(hers)
    for _ in range(3):
        assert Client().get(path).status_code == 200
    assert Client().post(path, NEW).status_code == 302
    answer = Client().post(path, {"password": "another long password", "again": "another long password"})
    assert answer.status_code == 404
    assert "This link is over" in words(answer)
    sign_in(client := Client(), "marta")
    assert signed_in(client)


def test_a_link_ends_after_three_days(hers: Client, clock: Clock):
    path = made(hers)
    clock.advance(hours=71, minutes=59)
    assert Client().get(path).status_code == 200
    clock.advance(minutes=2)
    assert Client().get(path).status_code == 404
    assert Client().post(path, NEW).status_code == 404


def test_a_newer_link_ends_the_older_one_of_the_same_person_alone(hers: Client):
    first, other, second = made(hers), made(hers, "david"), made(hers)
    assert [Client().get(path).status_code for path in (first, other, second)] == [404, 200, 200]


def test_the_token_is_stored_as_a_digest_and_is_on_no_other_page(hers: Client):
    token = made(hers).split("/")[2]
    assert token not in str(list(InvitationLink.objects.values()))
    assert token not in str(dict(hers.session.items()))
    assert token not in words(hers.get("/register/people/marta/"))


def test_the_token_is_not_in_the_log(hers: Client, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        path = made(hers)
        Client().get(path)
        Client().post(path, NEW)
    lines = json.dumps([json.loads(JsonFormatter().format(record)) for record in caplog.records])
    assert "/welcome/" in lines
    assert path.split("/")[2] not in lines


def test_a_link_for_a_forgotten_password_ends_the_sessions_and_keeps_the_second_factor(hers: Client, manager: Person):
    with_password(manager, "the password that was forgotten")
    with_factor(manager)
    client = Client()
    client.force_login(manager)
    before = ledger.size()
    path = made(hers)
    found = ledger.entry(before)
    assert found is not None
    assert found[0].facts["verb"] == "reset"
    assert signed_in(client)
    Client().post(path, NEW)
    assert not signed_in(client)
    assert sign_in(Client(), "marta").headers["Location"] == CODE


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"password": "short", "again": "short"}, "too short"),
        ({"password": "marta@example.org", "again": "marta@example.org"}, "too similar"),
        ({"password": PASSWORD, "again": PASSWORD + "x"}, "The two differ"),
        ({"password": "password1234", "again": "password1234"}, "too common"),
        ({}, "required"),
    ],
)
def test_a_password_that_will_not_do(hers: Client, form: dict[str, str], said: str):
    path = made(hers)
    page = words(Client().post(path, form))
    assert said in page
    assert PASSWORD + "x" not in page
    assert Client().get(path).status_code == 200


def test_somebody_who_has_left_gets_no_link_and_uses_none(hers: Client):
    path = made(hers)
    change_register(Organisation(people=[factories.person("marta", "manager", active=False)]), actor=None)
    assert Client().post(path, NEW).status_code == 404
    InvitationLink.objects.all().delete()
    before = ledger.size()
    hers.post("/register/people/marta/link/")
    assert ledger.size() == before
    assert InvitationLink.objects.count() == 0


@pytest.mark.parametrize("role", ["manager", "executive", "auditor", "responder", "viewer"])
@pytest.mark.parametrize("what", ["link", "factor", "unlock", "leaves"])
def test_only_an_administrator_does_this(
    role: str, what: str, request: pytest.FixtureRequest, client_for: Browser, organisation: object
):
    before = ledger.size()
    client = client_for(request.getfixturevalue(role))
    assert client.post(f"/register/people/david/{what}/").status_code == 403
    assert ledger.size() == before
    assert InvitationLink.objects.count() == 0


def test_the_first_administrator_is_made_only_while_there_is_none(db: None):
    token = links.make()
    form = {"username": "ada", "name": "Ada", **NEW}
    client = Client()
    assert client.post(f"/welcome/{token}/", form).headers["Location"] == "/register/"
    assert client.get("/account/").status_code == 200
    assert not links.needed()
    assert Client().get(f"/welcome/{token}/").status_code == 404
