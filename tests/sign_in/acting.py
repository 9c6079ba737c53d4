"""A person at a browser, by Django's client: what they type and what their phone shows."""

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from decisions.auth import factors, sessions
from decisions.models import Decision, Person, Session
from tests import factories

PASSWORD = "correct horse battery staple"
LOGIN, CODE, AGAIN = "/accounts/login/", "/accounts/code/", "/accounts/reauthenticate/"


def with_password(person: Person, password: str = PASSWORD) -> Person:
    person.set_password(password)
    person.save(update_fields=["password"])
    return person


def with_factor(person: Person) -> str:
    """The secret of a second factor that `person` has from now on."""
    secret = str(generate_totp_secret())
    # As allauth stores it; the adapter of the product seals it.
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": factors.seal(secret)})
    return secret


def code(secret: str, *, steps: int = 0) -> str:
    """What the phone shows, `steps` periods from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"username": username, "password": password, **more})


def signed_in(client: Client) -> bool:
    """Whether the browser of `client` gets a page that is for people alone."""
    return client.get("/policy/").status_code == 200


def session_of(client: Client) -> Session:
    return Session.objects.get(session_key=client.session.session_key)


def aged(client: Client, seconds: float) -> None:
    """Let the sign-in of `client` be so old."""
    session = client.session
    session[sessions.SIGNED_IN] = time.time() - seconds
    session.save()


def words(answer: Any) -> str:
    page: str = answer.content.decode()
    return page


def approval(row: Decision, **over: Any) -> dict[str, Any]:
    """The form of the decision's page with which somebody approves what they see."""
    seen = factories.shown(row)
    return {
        "verdict": "approve",
        "action_hash": seen.action_hash,
        "display_hash": seen.display_hash,
        "version": seen.version,
        "ref_seq": seen.ref_seq,
        "ref_leaf": seen.ref_leaf,
        "reason": "Seen the graph.",
        **over,
    }
