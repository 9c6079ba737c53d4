"""Marks a sign-in in its session, and says in the log who signed in and who did not. No name that was typed, no secret."""

import logging
from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa import signals as factor
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver

from decisions.auth import sessions
from decisions.models import Person

log = logging.getLogger("oversight.sign_in")


def _say(what: str, person: Any, request: Any) -> None:
    # What was typed as a name may be a password: only the pseudonym of a person who exists is logged.
    facts = {"principal": f"person:{person.pk}" if person else "nobody"}
    log.info(what, extra={**facts, "address": request.META.get("REMOTE_ADDR", "")} if request else facts)


@receiver(user_logged_in)
def begin(sender: Any, request: Any, user: Any, **_: Any) -> None:
    sessions.begin(request.session, request.META.get("HTTP_USER_AGENT", ""))
    _say("signed in", user, request)


@receiver(user_login_failed)
def failed(sender: Any, credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    _say("sign-in failed", Person.objects.filter(username=credentials.get("username", "")).first(), request)


@receiver(password_changed)
def changed(sender: Any, request: Any, user: Any, **_: Any) -> None:
    _say("password changed", user, request)


@receiver(factor.authenticator_added)
def enrolled(sender: Any, request: Any, user: Any, authenticator: Any, **_: Any) -> None:
    _say(f"factor enrolled: {authenticator.type}", user, request)


@receiver(factor.authenticator_removed)
def removed(sender: Any, request: Any, user: Any, authenticator: Any, **_: Any) -> None:
    _say(f"factor turned off: {authenticator.type}", user, request)


@receiver(factor.authenticator_reset)
def renewed(sender: Any, request: Any, user: Any, **_: Any) -> None:
    _say("recovery codes made anew", user, request)


@receiver(factor.authentication_failed)
def refused(sender: Any, request: Any, user: Any, **_: Any) -> None:
    _say("code refused", user, request)
