"""The writer thread of a process: gathers what concurrent callers ask for into batches. It must not know what a batch does."""

import itertools
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, Generic, Protocol, TypeVar

from django.db import connection

from decisions.errors import Problem

BATCH_ENTRIES = 4096
BATCH_WAIT = 0.002
QUEUE_LENGTH = 10_000
QUEUE_ENTRIES = 40_000
"""So many entries may wait, in however few pieces of work: each is a few kilobytes of memory. One alone may be of more."""


class Work(Protocol):
    weight: int
    """About how many entries it will make."""
    urgent: bool
    """Whether it goes before what is not, is never refused, and is committed without waiting for more."""
    future: "Future[Any]"


class _Lane(IntEnum):
    """What is taken first."""

    URGENT = 0
    ORDINARY = 1
    END = 2


W = TypeVar("W", bound=Work)


class Writer(Generic[W]):
    """One thread that hands batches to `commit`; it starts with the first piece of work, again if it was stopped.

    `commit` answers the future of each piece of work and must not raise because of one.
    """

    def __init__(self, commit: Callable[[list[W]], None]) -> None:
        self._commit = commit
        self._queue: queue.PriorityQueue[tuple[_Lane, int, W | None]] = queue.PriorityQueue()
        self._count = itertools.count()
        self._weight = 0
        """Of all that waits."""
        # Not the other lock: whoever stops the thread holds that while it ends.
        self._weighing = threading.Lock()
        self._lock = threading.Lock()
        self._ending = False
        self.thread: threading.Thread | None = None

    def waiting(self) -> int:
        return self._queue.qsize()

    def put(self, work: W) -> None:
        """Queue `work`. Raises a 429 problem if too much is waiting."""
        with self._lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="spine-writer", daemon=True)
                self.thread.start()
            full = self.waiting() >= QUEUE_LENGTH or (self._weight and self._weight + work.weight > QUEUE_ENTRIES)
            if not work.urgent and full:
                raise Problem(
                    429,
                    "queue-full",
                    "Too much at once",
                    "More is waiting than can be stored in a second. Send it again after the time in Retry-After.",
                    {"retryable": True, "retry_after_s": 1},
                )
            self._weigh(work.weight)
            self._queue.put((_Lane.URGENT if work.urgent else _Lane.ORDINARY, next(self._count), work))

    def stop(self) -> None:
        """Commit what is queued, end the thread and close its connection."""
        with self._lock:
            if self.thread is not None and self.thread.is_alive():
                self._queue.put((_Lane.END, 0, None))
                self.thread.join()
            self.thread, self._ending = None, False

    def _run(self) -> None:
        try:
            while not self._ending:
                # Work whose caller has gone before it was begun is not begun; later, its caller cannot take it back.
                batch = [work for work in self._gather() if work.future.set_running_or_notify_cancel()]
                if batch:
                    self._commit(batch)
        finally:
            connection.close()

    def _urgent_next(self) -> bool:
        # Only this thread takes anything out: what is seen here is still there.
        waiting = self._queue.queue
        return bool(waiting) and waiting[0][0] is _Lane.URGENT

    def _gather(self) -> list[W]:
        batch: list[W] = []
        weight, until = 0, 0.0
        while weight < BATCH_ENTRIES:
            # An empty queue means that nobody is waiting behind the first: commit at once rather than sit out the wait.
            # Nor is what is urgent made to wait until what is not is done with.
            if (len(batch) == 1 and self._queue.empty()) or (batch and batch[0].urgent and not self._urgent_next()):
                break
            try:
                _, _, work = self._queue.get(timeout=max(0.0, until - time.monotonic()) if batch else None)
            except queue.Empty:
                break
            if work is None:
                self._ending = True
                break
            batch.append(work)
            weight += work.weight
            until = until or time.monotonic() + BATCH_WAIT
        self._weigh(-weight)
        return batch

    def _weigh(self, more: int) -> None:
        with self._weighing:
            self._weight += more
