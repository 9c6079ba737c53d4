"""A command sent again under its Idempotency-Key gets the answer it got, and is not done again. It must not decide anything.

Command and answer are one transaction: either both are there after a crash or neither is, so a retry is told the truth.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField

from approvals.models import IdempotentAnswer
from decisions import clock
from decisions.errors import Problem, bad_request
from decisions.models.bulk import chunks, lock_head, upsert, writing
from decisions.models.prepared import Prepared, Slot

KEY_LENGTH = 255
KEPT = timedelta(days=30)
"""How long a command that is sent again gets the answer it got."""
LASTING = frozenset({403, 409, 423})
"""Refusals that the ledger may hold: sent again, they must not be tried again. Other problems have written nothing."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer of a command, given now or given before."""

    status: int
    body: Json
    replayed: bool


def checked_key(text: str) -> str:
    """The Idempotency-Key in `text`. Raises a 400 problem."""
    if not 1 <= len(text) <= KEY_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise bad_request(f"Send an Idempotency-Key of 1 to {KEY_LENGTH} characters.", "idempotency-key")
    return text


def mismatch() -> Problem:
    """The problem of a key that was used before, for another request."""
    return Problem(422, "idempotency-mismatch", "This Idempotency-Key was used for another request", "Use a new key.")


def forget(now: datetime) -> int:
    """Remove the answers that nobody may ask for any more; how many there were, at most a thousand a call."""
    old = IdempotentAnswer.objects.filter(at__lt=now - KEPT).values_list("id", flat=True)[:1000]
    return IdempotentAnswer.objects.filter(id__in=list(old)).delete()[0]


WORDS: Json = {
    "title": "",
    "agent_ref": "",
    "episode": None,
    "kind": "",
    "target": {"service": "", "environment": "", "resource": None},
    "action_hash": None,
    "display_hash": None,
}
"""What an answer repeats of the words of a decision, as it is without them."""


def forget_words(decisions: Iterable[UUID]) -> None:
    """Take out of kept answers what they repeat of `decisions`, of which something was erased."""
    for some in chunks({str(one) for one in decisions}):
        for kept in IdempotentAnswer.objects.filter(body__id__in=some):
            kept.body |= {name: word for name, word in WORDS.items() if name in kept.body}
            kept.save(update_fields=["body"])


def forget_name(name: str) -> None:
    """Take the name of a person out of the refusals that are kept."""
    for kept in IdempotentAnswer.objects.filter(status__in=LASTING).iterator(chunk_size=500):
        if name and name in kept.body.get("detail", ""):
            kept.body["detail"] = kept.body["detail"].replace(name, "a person who was erased")
            kept.save(update_fields=["body"])


_EARLIER = Prepared(
    lambda: IdempotentAnswer.objects.filter(principal=Slot("principal", CharField()), key=Slot("key", CharField()))
)


def once(principal: str, key: str, said: bytes, act: Callable[[], Json]) -> Kept:
    """Run `act`, which records something and returns a body, unless `principal` has had its answer under `key`.

    `said` is what makes two requests the same. Raises the Problem of `act`, again if need be, and 422 where the key was
    used for something else.
    """
    digest = hashlib.sha256(said).hexdigest()
    with writing():
        # First of all, as in every writing transaction: of two at once, the second sees the answer of the first.
        lock_head()
        earlier = _EARLIER.first(principal=principal, key=key)
        if earlier is None:
            status, body = _done(act)
            made = IdempotentAnswer(
                principal=principal, key=key, request_sha256=digest, status=status, body=body, at=clock.now()
            )
            upsert(IdempotentAnswer, [made])
            kept = Kept(status, body, replayed=False)
        elif earlier.request_sha256 == digest:
            kept = Kept(earlier.status, earlier.body, replayed=True)
        else:
            raise mismatch()
    # Raised out here, so that the refusal that it stands for stays recorded.
    if kept.status in LASTING:
        raise Problem(kept.status, **kept.body)
    return kept


def _done(act: Callable[[], Json]) -> tuple[int, Json]:
    try:
        return 200, act()
    except Problem as problem:
        if problem.status not in LASTING:
            raise
        kept = {"slug": problem.slug, "title": problem.title, "detail": problem.detail, "extra": problem.extra}
        return problem.status, kept
