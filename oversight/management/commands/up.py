"""Run everything in one process: migrations, ASGI server, Celery worker and beat. The embedded mode's one command."""

import logging
import threading
from typing import Any

import uvicorn
from celery.apps.beat import Beat
from celery.worker import WorkController
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from decisions.auth import links
from oversight.celery import app

log = logging.getLogger("oversight.up")


class Command(BaseCommand):
    help = "Run Oversight in one process on this machine."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare()
        if links.needed():
            self.stdout.write(f"Make the first administrator: {address()}/welcome/{links.make()}/")
        self.stdout.write(f"Oversight is at {address()}")
        self.stdout.flush()
        serve()


def address() -> str:
    return f"http://localhost:{settings.PORT}"


def prepare() -> None:
    """Tables and static files as this version wants them."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)


def serve() -> None:
    """Serve until a signal ends it. Listens on loopback only; a proxy or a container publishes it."""
    if not settings.REDIS_URL:
        threading.Thread(target=work, name="celery-worker", daemon=True).start()
        threading.Thread(target=beat, name="celery-beat", daemon=True).start()
    uvicorn.run(
        "oversight.asgi:application",
        host="127.0.0.1",
        port=settings.PORT,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        ws_max_size=64 * 1024,
        # The quickest of them to send: with many pages open that is what a process does.
        ws="websockets-sansio",
        # What is said to all pages would be packed for each of them anew: with many open that took most of a core.
        ws_per_message_deflate=False,
    )


def work() -> None:
    """A Celery worker on threads; it dies with the process, and beat sends again what it left."""
    WorkController(app=app, pool_cls="threads", concurrency=2, quiet=True).start()


def beat() -> None:
    Beat(app=app, quiet=True, loglevel="WARNING", schedule=settings.CELERY_BEAT_SCHEDULE_FILENAME).start_scheduler()
