"""Ask for a board report of one month; it is built outside the request."""

import contextlib
import re
import uuid
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError

from approvals import access
from approvals.models import ReportBuild
from decisions import clock, register
from decisions.errors import Problem

PERIOD = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


def request_report(period: str, *, actor: UUID | None) -> ReportBuild:
    """The building of `period` ("2026-10"): a new one, or the one that is under way. `actor` None: the schedule.

    Raises a Problem: 400 for a period that is not a month or lies in the future, 403.
    """
    now = clock.now()
    if not PERIOD.fullmatch(period) or period > f"{now:%Y-%m}":
        raise Problem(400, "bad-period", "The period is not a month that has begun", "Send a month such as 2026-10.")
    if actor is not None and not access.may(register.latest(), actor, access.BUILDS_REPORTS):
        raise Problem(
            403, "role", "Not permitted", f"To build a report takes one of: {', '.join(access.BUILDS_REPORTS)}."
        )
    build = ReportBuild(id=uuid.uuid4(), period=period, requested_by=actor, requested_at=now, updated_at=now)
    try:
        with transaction.atomic():
            build.save(force_insert=True)
    except IntegrityError:
        return ReportBuild.objects.filter(period=period, state__in=["queued", "building"]).latest("requested_at")
    transaction.on_commit(lambda: send(build.id))
    return build


def send(build_id: UUID) -> None:
    """Tell the workers. Without a broker the build stays queued, and beat sends it again."""
    with contextlib.suppress(OperationalError, OSError):
        current_app.send_task("approvals.tasks.build_report", args=[str(build_id)], retry=False)
