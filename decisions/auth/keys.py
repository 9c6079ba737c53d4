"""Agents' keys: made, shown once, stored as a keyed digest, checked in constant time."""

import hashlib
import hmac
import secrets
import string
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from decisions import clock
from decisions.errors import Problem, forbidden, unauthorized
from decisions.feed import in_reader
from decisions.models import Agent, AgentKey
from decisions.vocab import Scope

ALPHABET = string.ascii_letters + string.digits
MAX_AGE = timedelta(days=90)
TRUST_SECONDS = 1.0
"""How long a process believes a key that it has checked: revoking one takes this long to reach every process."""
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AgentPrincipal:
    """An agent that has shown a valid key."""

    agent_id: UUID
    key_id: str
    scopes: frozenset[str]
    is_authenticated: bool = True

    @property
    def principal(self) -> str:
        return f"agent:{self.agent_id}"

    def require(self, *scopes: Scope) -> None:
        """Raise a 403 problem unless the key has every one of `scopes`."""
        for scope in scopes:
            if scope not in self.scopes:
                raise forbidden(f"This key has no scope {scope}. Ask an administrator for a key that has it.", "scope")


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _crc(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def digest(secret: str) -> bytes:
    """What is stored of a key: worthless without the pepper, which is not in the database."""
    return hmac.digest(settings.KEY_PEPPER.encode(), secret.encode(), hashlib.sha256)


def new_key(agent_id: UUID, scopes: list[str], *, now: datetime, expires_at: datetime) -> tuple[str, AgentKey]:
    """(the key, its unsaved row). The key is nowhere else: show it once."""
    id_, secret = _random(8), _random(32)
    stem = f"gk_live_{id_}_{secret}"
    row = AgentKey(
        id=id_, agent_id=agent_id, digest=digest(secret), scopes=sorted(scopes), created_at=now, expires_at=expires_at
    )
    return f"{stem}_{_crc(stem)}", row


_trusted: dict[str, tuple[float, AgentPrincipal]] = {}
_lock = threading.Lock()


def authenticate(header: str) -> AgentPrincipal:
    """The agent behind an Authorization header. Raises a 401 problem that says nothing of what was wrong."""
    found = trusted(header)
    if found is not None:
        return found
    kind, _, key = header.partition(" ")
    if kind.lower() != "bearer":
        raise unauthorized()
    principal = _check(key)
    with _lock:
        if len(_trusted) > 10_000:
            _trusted.clear()
        _trusted[_name(header)] = (time.monotonic(), principal)
    return principal


def trusted(header: str) -> AgentPrincipal | None:
    """The agent behind a header that was checked a moment ago; it asks no database."""
    found = _trusted.get(_name(header))
    return found[1] if found is not None and time.monotonic() - found[0] < TRUST_SECONDS else None


async def agent_of(headers: Mapping[str, str]) -> AgentPrincipal:
    """The agent behind a request's headers, for routes on the event loop. Raises the 401 problem of `authenticate`."""
    header = headers.get("authorization", "")
    found = trusted(header)
    # A thread is asked only where the database must be: to hand over and back costs more than the rest.
    return found if found is not None else await in_reader(authenticate, header)


def _name(header: str) -> str:
    return hashlib.sha256(header.encode()).hexdigest()


def forget() -> None:
    """Believe no key without looking (after one is revoked in this process)."""
    with _lock:
        _trusted.clear()


def _check(key: str) -> AgentPrincipal:
    parts = key.strip().split("_")
    if len(parts) != 5 or parts[:2] != ["gk", "live"]:
        raise unauthorized()
    stem = "_".join(parts[:4])
    if not hmac.compare_digest(parts[4].encode(), _crc(stem).encode()):
        raise unauthorized()
    row = AgentKey.objects.filter(id=parts[2]).first()
    expected = bytes(row.digest) if row else b"\0" * 32
    now = clock.now()
    if not hmac.compare_digest(expected, digest(parts[3])) or row is None:
        raise unauthorized()
    if row.revoked_at is not None or row.expires_at <= now:
        raise unauthorized("This key has been revoked or has expired. Ask an administrator for a new one.")
    if not Agent.objects.filter(id=row.agent_id, active=True).exists():
        raise unauthorized("The agent of this key is not active.")
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        AgentKey.objects.filter(id=row.id).update(last_used_at=now)
    return AgentPrincipal(row.agent_id, row.id, frozenset(row.scopes))


def must_be_person() -> Problem:
    return forbidden("A machine credential cannot do this; a person must, signed in.", "machine-cannot-vote")
