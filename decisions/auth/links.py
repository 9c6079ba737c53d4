"""One-time links: to make the first administrator, and for a person to choose a password. They are stored as digests."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from decisions import clock
from decisions.models import InvitationLink, Standing
from decisions.vocab import Role

FIRST_LIFETIME = timedelta(hours=24)
LIFETIME = timedelta(hours=72)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def needed() -> bool:
    """Whether nobody can administer the register."""
    return not any(Role.ADMIN in standing.roles for standing in Standing.objects.filter(active=True))


def make(person: UUID | None = None) -> str:
    """A new link's token, for `person` or for the first administrator; the ones made before for the same stop working."""
    token = secrets.token_urlsafe(32)
    revoke(person)
    expires = clock.now() + (LIFETIME if person else FIRST_LIFETIME)
    InvitationLink.objects.create(person_id=person, digest=_digest(token), expires_at=expires)
    return token


def revoke(person: UUID | None) -> None:
    """No link for `person` works any more."""
    InvitationLink.objects.filter(person_id=person, used_at=None).delete()


def find(token: str) -> InvitationLink | None:
    """The link of `token`, if it may be used."""
    return InvitationLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=clock.now()).first()


def waiting(person: UUID) -> InvitationLink | None:
    """The link that `person` could use now."""
    return InvitationLink.objects.filter(person_id=person, used_at=None, expires_at__gt=clock.now()).first()


def use(token: str) -> bool:
    """Use `token` up; False if it was not usable. Two that try at once: one succeeds."""
    now = clock.now()
    links = InvitationLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=now)
    return links.update(used_at=now) == 1


def sweep() -> None:
    """Delete what was used or has expired."""
    InvitationLink.objects.filter(expires_at__lte=clock.now()).delete()
