"""The one-time link with which the first administrator of a new installation is made."""

import hashlib
import secrets
from datetime import timedelta

from decisions import clock
from decisions.models import Standing
from decisions.models.register import InvitationLink
from decisions.vocab import Role

LIFETIME = timedelta(hours=24)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def needed() -> bool:
    """Whether nobody can administer the register."""
    return not any(Role.ADMIN in standing.roles for standing in Standing.objects.filter(active=True))


def make() -> str:
    """A new link's token; the ones made before stop working."""
    token = secrets.token_urlsafe(32)
    InvitationLink.objects.filter(used_at=None).delete()
    InvitationLink.objects.create(digest=_digest(token), expires_at=clock.now() + LIFETIME)
    return token


def usable(token: str) -> bool:
    return InvitationLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=clock.now()).exists()


def use(token: str) -> bool:
    """Use `token` up; False if it was not usable. Two that try at once: one succeeds."""
    now = clock.now()
    links = InvitationLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=now)
    return links.update(used_at=now) == 1
