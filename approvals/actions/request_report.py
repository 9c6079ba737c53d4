"""Ask for a board report of a period; it is built outside the request."""

import contextlib
import uuid
from datetime import datetime
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError

from approvals import access
from approvals.models import ReportBuild
from approvals.periods import Period, Scope
from decisions import clock, register
from decisions.errors import Problem

RUNNING = ("queued", "building")


def request_report(period: str, *, scope: str = "", actor: UUID | None) -> ReportBuild:
    """The building of `period`: a new one, or the one that is under way. `actor` None: the schedule.

    `period` is a month, `2026-10`, or its first and last day, `2026-10-05..2026-11-01`; `scope` empty for the whole organisation,
    `team:<name>` or `service:<slug>`. Raises a Problem: 400 for a period that has not begun or a part that the register does not
    know, 403.
    """
    now, known = clock.now(), register.latest()
    of, part = _period(period, now), _scope(scope, known)
    if actor is not None and not access.may(known, actor, access.BUILDS_REPORTS):
        raise Problem(
            403, "role", "Not permitted", f"To build a report takes one of: {', '.join(access.BUILDS_REPORTS)}."
        )
    build = ReportBuild(
        id=uuid.uuid4(), period=of.key, scope=part.key, requested_by=actor, requested_at=now, updated_at=now
    )
    try:
        with transaction.atomic():
            build.save(force_insert=True)
    except IntegrityError:
        running = ReportBuild.objects.filter(period=of.key, scope=part.key, state__in=RUNNING)
        return running.latest("requested_at")
    transaction.on_commit(lambda: send(build.id))
    return build


def _period(text: str, now: datetime) -> Period:
    try:
        period = Period.read(text)
    except ValueError as error:
        raise _bad(f"{error}."[:1].upper() + f"{error}."[1:]) from None
    if period.start > now:
        raise _bad("It has not begun yet.")
    return period


def _scope(text: str, known: register.Register) -> Scope:
    try:
        scope = Scope.read(text)
    except ValueError as error:
        raise _bad(f"{error}."[:1].upper() + f"{error}."[1:]) from None
    services = known.services.values()
    there = {"service": {one.slug for one in services}, "team": {one.team for one in services}}
    if scope.of and scope.value not in there[scope.of]:
        raise _bad(f"The register knows no {scope.of} of that name.")
    return scope


def _bad(detail: str) -> Problem:
    return Problem(400, "bad-period", "No report can be built of that", detail)


def send(build_id: UUID) -> None:
    """Tell the workers. Without a broker the build stays queued, and beat sends it again."""
    with contextlib.suppress(OperationalError, OSError):
        current_app.send_task("approvals.tasks.build_report", args=[str(build_id)], retry=False)
