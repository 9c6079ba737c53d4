"""The signed-in person of a request, and the right to read at all."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from decisions import register
from decisions.errors import Problem
from decisions.models import Person
from decisions.vocab import VETOES, Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in(request: HttpRequest) -> Person:
    """The person behind `request`. Raises PermissionDenied where there is none."""
    if not request.user.is_authenticated:
        raise PermissionDenied("Sign in first.")
    return request.user


def may_read(person: Person) -> bool:
    """Whether `person` has any role: an account without one sees nothing."""
    return has_a_role(person.id)


def has_a_role(person_id: UUID) -> bool:
    """As `may_read`, of the person of that id."""
    return register.latest().has_role(person_id, *Role)


def may_veto(person: Person) -> bool:
    """Whether `person` may stop an act."""
    return register.latest().has_role(person.id, *VETOES)


def reads(view: View[P]) -> View[P]:
    """Let a view be seen by people with a role alone."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_read(signed_in(request)):
            raise PermissionDenied("Your account has no role yet. Ask an administrator for one.")
        return view(request, *args, **kwargs)

    return guarded


def require_recent_sign_in(request: HttpRequest) -> None:
    """Raise 401 `reauth-required` where the sign-in is older than an answer may rest on."""
    if time.time() - request.session.get("signed_in_at", 0) > settings.RECENT_SIGN_IN_SECONDS:
        raise Problem(
            401, "reauth-required", "Sign in again", "Your sign-in is too old for this; nothing was recorded."
        )
