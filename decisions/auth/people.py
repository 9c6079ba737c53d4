"""The signed-in person of a request, and the right to read at all."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from decisions import register
from decisions.models import Person
from decisions.vocab import Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in(request: HttpRequest) -> Person:
    """The person behind `request`. Raises PermissionDenied where there is none."""
    if not request.user.is_authenticated:
        raise PermissionDenied("Sign in first.")
    return cast("Person", request.user)


def may_read(person: Person) -> bool:
    """Whether `person` has any role: an account without one sees nothing."""
    return register.latest().has_role(person.id, *Role)


def reads(view: View[P]) -> View[P]:
    """Let a view be seen by people with a role alone."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_read(signed_in(request)):
            raise PermissionDenied("Your account has no role yet. Ask an administrator for one.")
        return view(request, *args, **kwargs)

    return guarded
