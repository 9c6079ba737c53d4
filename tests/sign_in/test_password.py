"""Name and password: who gets in, what is said to whom does not, and what others learn of it."""

import json
import logging
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.organisation import Organisation
from decisions.models import Person
from oversight.logs import JsonFormatter
from tests import factories
from tests.sign_in.acting import LOGIN, PASSWORD, sign_in, signed_in, with_password, words

pytestmark = pytest.mark.django_db


def test_a_person_signs_in_and_goes_on_where_they_were_going(client: Client, manager: Person):
    with_password(manager)
    answer = client.get("/needs-you/")
    assert answer.headers["Location"] == f"{LOGIN}?next=/needs-you/"
    assert 'name="next" value="/needs-you/"' in words(client.get(answer.headers["Location"]))
    assert sign_in(client, "marta", next="/needs-you/").headers["Location"] == "/needs-you/"
    assert signed_in(client)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/x", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(client: Client, manager: Person, elsewhere: str):
    with_password(manager)
    assert sign_in(client, "marta", next=elsewhere).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("marta", "wrong"),
        ("nobody", PASSWORD),
        ("marta", ""),
        ("", PASSWORD),
        ("marta\0", PASSWORD),
        ("x" * 65, PASSWORD),
    ],
)
def test_who_is_not_let_in(client: Client, manager: Person, username: str, password: str):
    with_password(manager)
    assert sign_in(client, username, password).status_code == 200
    assert not signed_in(client)


def test_a_known_and_an_unknown_name_are_told_the_same(manager: Person):
    with_password(manager)
    told = [words(sign_in(Client(), name, "wrong")).replace(name, "") for name in ("marta", "martb")]
    assert "Wrong username or password." in told[0]
    assert [_without_tokens(page) for page in told[:1]] == [_without_tokens(page) for page in told[1:]]


def _without_tokens(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


@pytest.mark.parametrize("case", ["unknown", "no password", "left", "outsider"])
def test_a_refusal_costs_as_many_hashes_as_a_wrong_password(
    settings: Any, monkeypatch: pytest.MonkeyPatch, manager: Person, outsider: Person, case: str
):
    """Whoever measures the time learns nothing either."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    made: list[int] = []
    slow = PBKDF2PasswordHasher.encode

    def counted(self: Any, password: str, salt: str, iterations: int | None = None) -> str:
        made.append(iterations or self.iterations)
        return slow(self, password, salt, 1)

    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1000)
    if case == "no password":
        manager.set_unusable_password()
        manager.save(update_fields=["password"])
    else:
        with_password(manager)
        with_password(outsider)
    if case == "left":
        change_register(Organisation(people=[factories.person("marta", "manager", active=False)]), actor=None)
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    name = {"unknown": "nobody", "outsider": outsider.username}.get(case, "marta")
    sign_in(Client(), name, "wrong")
    assert made == [1000]


def test_who_has_left_is_told_what_a_stranger_is_told(client: Client, manager: Person):
    with_password(manager)
    change_register(Organisation(people=[factories.person("marta", "manager", active=False)]), actor=None)
    assert "Wrong username or password." in words(sign_in(client, "marta"))


def test_a_form_of_another_site_cannot_sign_in_a_person(manager: Person):
    with_password(manager)
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, "marta").status_code == 403
    assert not signed_in(client)


@pytest.mark.parametrize(
    "path", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/email/", "/accounts/inactive/"]
)
def test_what_else_allauth_can_do_is_not_there(client: Client, manager: Person, path: str):
    assert client.get(path).status_code in (302, 404)
    client.force_login(manager)
    assert client.get(path).status_code == 404


def test_leaving_takes_a_button(client: Client, manager: Person):
    client.force_login(manager)
    assert client.get("/accounts/logout/").status_code == 405
    assert signed_in(client)
    assert client.post("/accounts/logout/").headers["Location"] == LOGIN
    assert not signed_in(client)


def test_the_log_says_who_and_never_what_was_typed(client: Client, manager: Person, caplog: pytest.LogCaptureFixture):
    with_password(manager)
    with caplog.at_level(logging.INFO):
        sign_in(client, "marta", "wrong-secret-1")
        # A password typed into the wrong field is still a password.
        sign_in(client, "hunter2-typed-as-name", "x")
        sign_in(client, "marta")
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    told = [(line["message"], line["principal"]) for line in lines if line["logger"] == "oversight.sign_in"]
    assert told == [
        ("sign-in failed", f"person:{manager.id}"),
        ("sign-in failed", "nobody"),
        ("signed in", f"person:{manager.id}"),
    ]
    everything = json.dumps(lines)
    for secret in ("wrong-secret-1", "hunter2", PASSWORD):
        assert secret not in everything
