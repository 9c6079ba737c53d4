"""The product's own server, which dies at a labelled step of a request that names one in `x-kill-at`.

A test starts it in place of the product; the product itself knows nothing of it.
"""

import os
import signal
import sys
from types import TracebackType
from typing import Any

from oversight.asgi import application as product

from django.db import connection  # isort: skip - Django is set up by the import above
from django.db.transaction import Atomic  # isort: skip

LABELS = ("before_tx", "in_tx", "after_commit", "before_reply")
WRITERS = frozenset({"decisions.models.bulk"})
"""What opens the transactions in which commands are committed."""
enter, leave = Atomic.__enter__, Atomic.__exit__
armed = b""


def reach(label: str) -> None:
    if armed == label.encode():
        os.kill(os.getpid(), signal.SIGKILL)


def entered(self: Any) -> None:
    self.counts = not connection.in_atomic_block and sys._getframe(1).f_globals["__name__"] in WRITERS
    if self.counts:
        reach("before_tx")
    enter(self)


def left(self: Any, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
    if self.counts:
        reach("in_tx")
    leave(self, kind, error, trace)
    if self.counts:
        reach("after_commit")


Atomic.__enter__, Atomic.__exit__ = entered, left  # type: ignore[method-assign]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The product; at most one request at a time may name a step."""
    global armed  # noqa: PLW0603 - one request at a time
    if scope["type"] != "http":
        await product(scope, receive, send)
        return
    named = dict(scope["headers"]).get(b"x-kill-at", b"")
    armed = named or armed

    async def reply(message: Any) -> None:
        if message["type"] == "http.response.start" and named:
            reach("before_reply")
        await send(message)

    await product(scope, receive, reply)
