"""The signed-in person of a request, and the right to read at all."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from decisions import register
from decisions.auth import factors, sessions
from decisions.errors import Problem
from decisions.models import Person
from decisions.vocab import VETOES, Role

P = ParamSpec("P")
CRITICAL_TIERS = (0, 1)
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
        try:
            return view(request, *args, **kwargs)
        except Problem as problem:
            # What cannot be read of an address is the caller's fault, and the page for that says so.
            if problem.status == 400:
                raise BadRequest(problem.detail) from None
            raise

    return guarded


def require_recent_sign_in(request: HttpRequest) -> None:
    """Raise 401 `reauth-required` where the sign-in is older than an ordinary answer may rest on."""
    _require(request, settings.RECENT_SIGN_IN_SECONDS)


def require_fresh_sign_in(request: HttpRequest) -> None:
    """Raise 401 `reauth-required` where the person has not shown in the last minutes who they are."""
    _require(request, settings.FRESH_SIGN_IN_SECONDS)


def require_factor(request: HttpRequest) -> None:
    """Raise 403 `second-factor-needed` where the installation asks for one that the person has not set up."""
    if factors.due(signed_in(request)):
        raise Problem(
            403,
            "second-factor-needed",
            "Set up a second factor first",
            "What your roles let you do here takes a second factor. Nothing was recorded.",
        )


def require_strong_sign_in(request: HttpRequest) -> None:
    """The rule for what weighs most: fresh, and with a second factor where one is asked. Raises 401 or 403 problems."""
    require_factor(request)
    require_fresh_sign_in(request)


def require_sign_in_for(request: HttpRequest, tier: int | None) -> None:
    """The rule for an approval or a judgement: strong on tier 0 and 1, and where the tier is not known."""
    if tier is None or tier in CRITICAL_TIERS:
        require_strong_sign_in(request)
    else:
        require_recent_sign_in(request)


def _require(request: HttpRequest, seconds: int) -> None:
    if sessions.age(request.session) > seconds:
        raise Problem(
            401, "reauth-required", "Sign in again", "Your sign-in is too old for this; nothing was recorded."
        )
