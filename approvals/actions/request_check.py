"""Ask for a full check of the ledger; it is done outside the request, one at a time."""

import contextlib
import uuid
from datetime import timedelta
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError

from approvals import access
from approvals.actions.record_check import close_silent
from approvals.models import LedgerCheck
from decisions import clock, register
from decisions.errors import forbidden

UNHEARD = timedelta(seconds=10)
"""How long a check waits for a process before the workers are told again."""


def request_check(*, actor: UUID) -> LedgerCheck:
    """The check that `actor` asks for: a new one, or the one that is under way. Raises a 403 problem."""
    if not access.may(register.latest(), actor, access.CHECKS_LEDGER):
        raise forbidden(f"To check the ledger takes one of these roles: {', '.join(access.CHECKS_LEDGER)}.", "role")
    close_silent()
    now = clock.now()
    check = LedgerCheck(id=uuid.uuid4(), requested_by=actor, requested_at=now, seen_at=now)
    try:
        with transaction.atomic():
            check.save(force_insert=True)
    except IntegrityError:
        # It may be over since: what it found is then as new as an answer can be.
        return LedgerCheck.objects.order_by("over", "-requested_at")[0]
    transaction.on_commit(lambda: send(check.id))
    return check


def send(check_id: UUID) -> None:
    """Tell the workers. Without a broker the check waits, and beat sends it again."""
    with contextlib.suppress(OperationalError, OSError):
        current_app.send_task("approvals.tasks.check_ledger", args=[str(check_id)], retry=False)


def send_again() -> None:
    """Tell the workers of a check that none of them has taken up."""
    waiting = LedgerCheck.objects.filter(over=False, begun_at__isnull=True, requested_at__lt=clock.now() - UNHEARD)
    for id_ in waiting.values_list("id", flat=True):
        send(id_)


def take_up(check_id: UUID) -> bool:
    """Whether the caller is the one to do the check: of those who are told of it, one is."""
    now = clock.now()
    waiting = LedgerCheck.objects.filter(id=check_id, over=False, begun_at__isnull=True)
    return waiting.update(begun_at=now, seen_at=now) == 1
