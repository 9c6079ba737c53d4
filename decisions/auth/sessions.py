"""Sessions of people, as Django's session engine: where they are kept, how long they last, how they end.

A session ends half an hour after its person was last seen, and 12 hours after the sign-in whatever happens. Every
request counts as being seen, and so does an open live page: who watches at night must be able to stop an agent without
signing in first. It must not decide what a person may do.
"""

import secrets
import time
from collections.abc import Iterable, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from decisions.models import Session
from decisions.models.bulk import chunks
from decisions.models.prepared import Prepared, Slot

HANDLE, BEGAN, SIGNED_IN, BROWSER = "handle", "began_at", "signed_in_at", "browser"
SEEN_EVERY = timedelta(minutes=1)
"""How often a session that is used is written."""


_SESSION = Prepared(
    lambda: Session.objects.filter(session_key=Slot("key", CharField()), expire_date__gt=Slot("now", DateTimeField()))
)


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with the person and both ends of the session beside them."""

    seen_at: datetime | None = None
    """When its person was last seen, as it was read; None for a session that was not kept before."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        # PostgreSQL takes no NUL in a text, and a cookie can hold one.
        row = _SESSION.first(key=key, now=timezone.now()) if key and "\0" not in key else None
        if row is None:
            # As Django does with one that is over: it gets no row of that name again.
            self._session_key = None
        self.seen_at = row.seen_at if row else None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        now = timezone.now()
        row.began_at = datetime.fromtimestamp(data[BEGAN], UTC) if BEGAN in data else now
        row.seen_at = now
        row.expire_date = _ends(row.began_at, now)
        row.person_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.handle, row.browser = data.get(HANDLE, ""), data.get(BROWSER, "")
        return row

    def cycle_key(self) -> None:
        """A new key for the same session. The new row is whole before the old one goes: an open page is not cut off."""
        old, data = self.session_key, dict(self.items())
        self.create()
        self._session_cache = data
        self.save()
        if old:
            self.delete(old)


def _ends(began: datetime, seen: datetime) -> datetime:
    return min(
        seen + timedelta(seconds=settings.SESSION_IDLE_SECONDS),
        began + timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )


def begin(session: MutableMapping[str, Any], browser: str) -> None:
    """Mark a session in which a person has just signed in."""
    now = int(time.time())
    session.update({HANDLE: secrets.token_urlsafe(16), BEGAN: now, SIGNED_IN: now, BROWSER: browser[:200]})


def renew(session: SessionStore) -> None:
    """Mark that the person has just shown again who they are; the key changes."""
    session[SIGNED_IN] = int(time.time())
    session.cycle_key()


def age(session: MutableMapping[str, Any]) -> float:
    """Seconds since the person last showed who they are."""
    return time.time() - float(session.get(SIGNED_IN, 0))


def keep(session: SessionStore) -> None:
    """Count the person of `session` as seen now; what was written a moment ago is not written again."""
    if session.seen_at is not None and timezone.now() - session.seen_at >= SEEN_EVERY:
        seen(session.get(HANDLE, ""))


def person_before(key: str) -> UUID | None:
    """Whose session `key` is or was, if it only expired; None for one that was ended, or that nobody knows."""
    return Session.objects.filter(session_key=key).values_list("person_id", flat=True).first()


def seen(handle: str) -> bool:
    """Whether the session lives; if so its person counts as seen now."""
    return bool(living([handle]))


def living(handles: Iterable[str]) -> set[str]:
    """Those of `handles` whose sessions live, a fixed number of queries for many; their people count as seen now."""
    now, found = timezone.now(), _living(handles)
    for row in found.values():
        if now - row.seen_at >= SEEN_EVERY:
            # Only while it lives: one that was ended meanwhile must not come back.
            Session.objects.filter(session_key=row.session_key).update(
                seen_at=now, expire_date=_ends(row.began_at, now)
            )
    return set(found)


def alive(handles: Iterable[str]) -> set[str]:
    """Those of `handles` whose sessions live; nobody counts as seen by it."""
    return set(_living(handles))


def _living(handles: Iterable[str]) -> dict[str, Session]:
    found, now = dict[str, Session](), timezone.now()
    for some in chunks(filter(None, handles)):
        rows = Session.objects.filter(handle__in=some, expire_date__gt=now).order_by("seen_at")
        found |= {row.handle: row for row in rows}
    return found


def of(person: UUID) -> list[Session]:
    """The live sessions of `person`, last seen first."""
    found = Session.objects.filter(person_id=person, expire_date__gt=timezone.now())
    return list(found.order_by("-seen_at", "handle"))


def end(person: UUID, handle: str | None = None, *, but: str | None = None) -> int:
    """End the sessions of `person`: the one called `handle`, or all but one. How many there were."""
    found = Session.objects.filter(person_id=person)
    if handle is not None:
        found = found.filter(handle=handle)
    if but is not None:
        found = found.exclude(handle=but)
    return found.delete()[0]


def sweep() -> None:
    """Delete what has expired."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()
