"""The secrets of sources: made or given, shown once, kept encrypted, two valid at once while one takes the other's place."""

import base64
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from decisions import clock, ledger, register
from decisions.auth.keys import TRUST_SECONDS
from decisions.keyring import NotOpenedError
from decisions.models import Source, SourceSecret
from decisions.models.bulk import writing

log = logging.getLogger(__name__)
OVERLAP = timedelta(days=7)
"""How long an old secret stays valid beside the one that took its place."""
LIVE = 2
SHORTEST, LONGEST = 16, 500


@dataclass(frozen=True, slots=True)
class Held:
    """A valid secret, and the source that has it."""

    source: Source
    secret: str


def made() -> str:
    """A secret as the Standard Webhooks specification writes one, which every other scheme takes as well."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def row_of(source: str, secret: str, *, now: datetime) -> SourceSecret:
    """The unsaved row of a new secret."""
    id_ = secrets.token_hex(4)
    key, sealed = ledger.keyring().seal(_place(id_), secret.encode())
    return SourceSecret(id=id_, source_slug=source, key=key, sealed=sealed, created_at=now)


def _place(id_: str) -> str:
    return f"source-secret:{id_}"


_lock = threading.Lock()
_believed: dict[str, tuple[float, tuple[Held, ...]]] = {}


def valid(system: str) -> tuple[Held, ...]:
    """The valid secrets of the active sources that speak `system`, as of a second ago at the most."""
    found = _believed.get(system)
    if found is not None and time.monotonic() - found[0] < TRUST_SECONDS:
        return found[1]
    sources = {slug: row for slug, row in register.latest().sources.items() if row.system == system}
    rows = SourceSecret.objects.filter(_live(), source_slug__in=list(sources)).order_by("-created_at")
    held = tuple(_opened(rows, sources))
    with _lock:
        if len(_believed) > 1000:
            _believed.clear()
        _believed[system] = (time.monotonic(), held)
    return held


def _live() -> Q:
    return Q(ends_at=None) | Q(ends_at__gt=clock.now())


def _opened(rows: Iterable[SourceSecret], sources: Mapping[str, Source]) -> Iterator[Held]:
    """Those that open: one under a key that is not here lets nobody in, and shuts nobody else out."""
    for row in rows:
        try:
            secret = ledger.keyring().open(_place(row.id), bytes(row.key), bytes(row.sealed)).decode()
        except NotOpenedError:
            log.exception("a secret of source %s does not open; make it a new one", row.source_slug)
        else:
            yield Held(sources[row.source_slug], secret)


def rewrap() -> int:
    """Put the key of each valid secret under the first of the installation's keys; how many there are.

    All or none. Raises NotOpenedError for one that is under none of them.
    """
    with writing():
        rows = list(SourceSecret.objects.filter(_live()))
        for row in rows:
            row.key = ledger.keyring().rewrap(_place(row.id), bytes(row.key)) or row.key
        SourceSecret.objects.bulk_update(rows, ["key"], batch_size=200)
    return len(rows)


def forget() -> None:
    """Believe nothing without looking (after a secret is made or revoked in this process)."""
    with _lock:
        _believed.clear()


def shown(headers: Mapping[str, str]) -> str:
    """The secret that a request shows as such: bearer, the password of basic, or an API key; empty where it shows none."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except ValueError:
            return ""
    return headers.get("x-api-key", "")


def holder(secret: str, among: tuple[Held, ...]) -> Source | None:
    """Whose secret it is; every one is compared, whichever it is."""
    found = [held.source for held in among if hmac.compare_digest(held.secret.encode(), secret.encode())]
    return found[0] if found and secret else None
