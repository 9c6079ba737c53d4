"""Work outside the request: a checkpoint each minute and its cosignatures, and what has expired swept away. A task is a call of one function; it must not hold rules."""

from celery import shared_task

from decisions import checkpoints, timestamps, witnesses
from decisions.auth import counters, links, sessions
from decisions.intake import tally


@shared_task(ignore_result=True)
def publish_checkpoint() -> None:
    """Sign and publish the head. A disagreement is an alarm and a failed task; the next minute tries again."""
    checkpoints.publish()


@shared_task(ignore_result=True)
def ask_witnesses() -> None:
    """Have the newest checkpoint cosigned. A witness that is away is asked again the next minute."""
    witnesses.gather()


@shared_task(ignore_result=True)
def stamp_checkpoint() -> None:
    """Have the newest checkpoint timestamped, at most once an hour."""
    timestamps.stamp()


@shared_task(ignore_result=True)
def forget_expired() -> None:
    """Delete sessions, counters, links and refused bodies whose time is over. None of them works or shows; this only makes room."""
    sessions.sweep()
    counters.sweep()
    links.sweep()
    tally.sweep()
