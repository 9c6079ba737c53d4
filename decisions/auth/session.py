"""A person from a session cookie, for routes that Django's middleware does not see."""

from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from decisions.models import Person


def person_of_cookies(header: str) -> UUID | None:
    """The signed-in person of a Cookie header; None for none. Django's own checks of the session apply."""
    try:
        morsel = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if morsel is None:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    user = get_user(request)
    return user.id if isinstance(user, Person) else None
