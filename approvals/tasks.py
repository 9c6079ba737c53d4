"""Celery tasks: a decorator, one call, a retry policy. Correctness never depends on them."""

import logging
import subprocess
import sys
import threading
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, connection

from approvals import idempotency
from approvals.actions import end_calls as calls
from approvals.actions import expire as expiry
from approvals.actions import record_check, request_check
from approvals.actions import request_report as reports
from approvals.actions import watch_sources as watching
from approvals.models import LedgerCheck, Report, ReportBuild
from approvals.periods import Period
from approvals.queries.reports import is_mature
from approvals.reports import files, unfinished
from decisions import clock
from decisions.errors import Problem
from decisions.models.bulk import cut_log

log = logging.getLogger(__name__)
BUILD_SECONDS = 600
AGAIN = timedelta(hours=6)
"""How long after the schedule asked for a report in vain it asks again."""
STUCK = timedelta(seconds=BUILD_SECONDS + 60)


@shared_task(name="approvals.tasks.expire", ignore_result=True)
def expire() -> int:
    """Write down the holds and leases that are over, send on what a lost message left behind, drop stale drafts."""
    resend_builds()
    resend_checks()
    files.remove_stale()
    found = expiry.expire()
    calls.end_calls()
    return found


def resend_builds() -> None:
    now = clock.now()
    stuck = ReportBuild.objects.filter(state="building", updated_at__lt=now - STUCK)
    unfinished.close(stuck, "The building process ended without a word.")
    for build in ReportBuild.objects.filter(state="queued", requested_at__lt=now - timedelta(seconds=30)):
        reports.send(build.id)


@shared_task(name="approvals.tasks.watch_sources", ignore_result=True)
def watch_sources() -> int:
    """Raise what people must see of other systems."""
    return watching.watch_sources()


@shared_task(name="approvals.tasks.forget_answers", ignore_result=True)
def forget_answers() -> None:
    """Remove what is kept for a time alone: answers to commands, and files of reports that nobody needs any more."""
    while idempotency.forget(clock.now()):
        pass
    files.remove_old(clock.now())
    cut_log()


@shared_task(name="approvals.tasks.build_report", ignore_result=True)
def build_report(build_id: str) -> None:
    """Build in a child process: the memory of a big report goes back to the system with it."""
    claimed = ReportBuild.objects.filter(id=build_id, state="queued").update(state="building", updated_at=clock.now())
    if claimed != 1:
        return
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "build_report", "--build", build_id]
    try:
        done = subprocess.run(command, capture_output=True, timeout=BUILD_SECONDS, check=False)  # noqa: S603 - our own command
        error = "" if done.returncode == 0 else done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1][:300]
        failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        failed, error = True, f"It took longer than {BUILD_SECONDS} seconds."
    if failed:
        log.error("a report was not built", extra={"status": "failed"})
        left = ReportBuild.objects.filter(id=build_id).exclude(state="draft")
        unfinished.close(left, error or "The building process failed.")


def resend_checks() -> None:
    """Close the check of the ledger that fell silent; tell the workers again of one that waits."""
    try:
        record_check.close_silent()
        request_check.send_again()
    except Problem:
        # Nobody waits for it; the next time tries again.
        log.exception("a check of the ledger could not be closed")


@shared_task(name="approvals.tasks.check_ledger", ignore_result=True)
def check_ledger(check_id: str) -> None:
    """Start the check in a child process, which says by itself how far it is and what came of it.

    It may take longer than anything else: a worker that waited for it would do nothing else meanwhile.
    """
    if not request_check.take_up(UUID(check_id)):
        return
    child = subprocess.Popen([sys.executable, str(settings.BASE_DIR / "manage.py"), "check_ledger", check_id])  # noqa: S603 - our own command
    threading.Thread(target=_see_out, args=(child, check_id), name="check-child", daemon=True).start()


def _see_out(child: "subprocess.Popen[bytes]", check_id: str) -> None:
    """Say at once that a check was interrupted whose process has ended without a word of it."""
    child.wait()
    try:
        for check in LedgerCheck.objects.filter(id=check_id, over=False):
            record_check.record_check(check, None)
    except (Problem, DatabaseError):
        log.exception("a check of the ledger could not be closed; its silence says the same")
    finally:
        connection.close()


@shared_task(name="approvals.tasks.build_due", ignore_result=True)
def build_due() -> None:
    """The draft of last month from the first of this one on, and its final edition once every action has matured."""
    now, period = clock.now(), Period.read(last_month())
    latest = Report.objects.filter(period=period.key, scope="").order_by("-seq").first()
    if latest is not None and (is_mature(latest) or now < period.matures):
        return
    tried = ReportBuild.objects.filter(period=period.key, scope="", requested_at__gt=now - AGAIN)
    if not tried.filter(requested_by=None).exists():
        reports.request_report(period.key, actor=None)


def last_month() -> str:
    """The month before this one, as a period."""
    return (clock.now().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
