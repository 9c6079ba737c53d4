"""Work outside the request: a checkpoint each minute. A task is a call of one function; it must not hold rules."""

from celery import shared_task

from decisions import checkpoints


@shared_task(ignore_result=True)
def publish_checkpoint() -> None:
    """Sign and publish the head. A disagreement is an alarm and a failed task; the next minute tries again."""
    checkpoints.publish()
