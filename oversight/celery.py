"""The Celery application: work outside the request. Correctness never depends on it."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init

from oversight import roles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")

app = Celery("oversight")
# The current application is one of a thread: without this, other threads of a web process would send into the void.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "expire": {"task": "approvals.tasks.expire", "schedule": 10.0},
    "watch-sources": {"task": "approvals.tasks.watch_sources", "schedule": 60.0},
    # Each hour, so that one that was missed while nothing ran is not missed for a month.
    "build-due": {"task": "approvals.tasks.build_due", "schedule": crontab(minute="15")},
    "forget-answers": {"task": "approvals.tasks.forget_answers", "schedule": crontab(hour="3", minute="30")},
    "forget-expired": {"task": "decisions.tasks.forget_expired", "schedule": 3600.0},
    "ask-witnesses": {"task": "decisions.tasks.ask_witnesses", "schedule": 60.0},
    "stamp-checkpoint": {"task": "decisions.tasks.stamp_checkpoint", "schedule": 600.0},
    "publish-checkpoint": {"task": "decisions.tasks.publish_checkpoint", "schedule": 60.0},
}


@worker_init.connect  # type: ignore[untyped-decorator]  # Celery's signals are not typed
def refuse_an_unsafe_role(**_: Any) -> None:
    """A worker writes too: where roles are strict, it does not start with one that could change the ledger."""
    try:
        roles.check()
    except roles.UnsafeRoleError as error:
        raise SystemExit(str(error)) from None
