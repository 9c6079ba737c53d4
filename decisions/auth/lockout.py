"""Failed sign-ins: until when a name or an address must wait, and how an administrator ends that. Known and unknown names alike.

The counting is that of allauth's rate limits; this says what people are told of it, and undoes it.
"""

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from allauth.account import app_settings
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from decisions.models import Person

APP, ACTION = "allauth.account", "login_failed"


def key_of(username: str) -> str:
    """Under which the failures of a name are counted, whichever host name they were sent to."""
    return f"name:{username.lower()}"


def codes_of(person: Person) -> str:
    """Under which allauth counts the wrong codes of a person."""
    return f"mfa-auth-user-{person.pk}"


def _places(request: HttpRequest, keys: Iterable[str], *kinds: str) -> list[tuple[ratelimit.Rate, str]]:
    rates = ratelimit.get_rates(app=APP, action=ACTION, config=app_settings.RATE_LIMITS)
    return [
        (rate, ratelimit.get_cache_key(request, app=APP, action=ACTION, rate=rate, key=key))
        for key in keys
        for rate in rates
        if rate.per in kinds
    ]


def _until(places: Iterable[tuple[ratelimit.Rate, str]]) -> datetime | None:
    now, until = time.time(), 0.0
    for rate, place in places:
        tried = [at for at in cache.get(place, []) if at > now - rate.duration]
        if len(tried) >= rate.amount:
            until = max(until, tried[rate.amount - 1] + rate.duration)
    return datetime.fromtimestamp(math.ceil(until), UTC) if until else None


def waits_until(request: HttpRequest, *keys: str) -> datetime | None:
    """When one of `keys`, from the address of `request`, may try again; None if now."""
    return _until(_places(request, keys, "key", "ip"))


def locked_until(request: HttpRequest, person: Person) -> datetime | None:
    """When `person` may try again wherever they sit; None if now."""
    return _until(_places(request, [key_of(person.username), codes_of(person)], "key"))


def unlock(request: HttpRequest, person: Person) -> None:
    """Let `person` try again at once."""
    for _, place in _places(request, [key_of(person.username), codes_of(person)], "key"):
        cache.delete(place)
