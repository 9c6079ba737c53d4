"""Make, take in and end the secrets of a source. A new one is returned once; it is kept encrypted, for signatures need it."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from approvals.actions.change_register import register_change
from decisions import clock
from decisions.auth import sources
from decisions.errors import Problem, not_found
from decisions.models import Source, SourceSecret


def make_secret(source: str, *, actor: UUID | None, given: str = "") -> str:
    """A new secret of `source`, or the one that the other side made. The one before stays valid for a week.

    Raises a Problem: 404, 400 for a given one that is too short or not plain text.
    """
    if given and not (sources.SHORTEST <= len(given) <= sources.LONGEST and given.isascii() and given.isprintable()):
        detail = f"A secret has {sources.SHORTEST} to {sources.LONGEST} plain characters."
        raise Problem(400, "bad-key", "The secret cannot be used", detail)
    now = clock.now()
    with transaction.atomic():
        secret = given or sources.made()
        row = sources.row_of(source, secret, now=now)
        # Recorded first: the head lock then orders two that are made at once.
        register_change({"table": "secret", "key": row.id, "source": source, "verb": "made"}, actor=actor)
        if not Source.objects.filter(slug=source).exists():
            raise not_found("source")
        live = SourceSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), source_slug=source)
        for place, older in enumerate(live.order_by("-created_at")):
            # One beside the new one; what is older still is over.
            ends = now + sources.OVERLAP if place < sources.LIVE - 1 else now
            older.ends_at = min(older.ends_at or ends, ends)
            older.save(update_fields=["ends_at"])
        row.made_by = actor
        row.save(force_insert=True)
    sources.forget()
    return secret


def end_secret(secret_id: str, *, actor: UUID | None) -> None:
    """End a secret at once. Raises 404 if there is no such valid one."""
    now = clock.now()
    with transaction.atomic():
        row = SourceSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), id=secret_id).first()
        if row is None:
            raise not_found("secret")
        facts = {"table": "secret", "key": row.id, "source": row.source_slug, "verb": "revoked"}
        register_change(facts, actor=actor)
        SourceSecret.objects.filter(id=secret_id).update(ends_at=now)
    sources.forget()
