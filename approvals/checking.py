"""Does one full check of the ledger, in a process of its own, and says each second how far it is. It must not judge by itself."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self
from uuid import UUID

from django.db import OperationalError, connection

from approvals.actions.record_check import record_check
from approvals.models import LedgerCheck
from decisions import clock
from decisions.verify import verify_ledger

EVERY = 1.0


class OverError(Exception):
    """The check was taken for dead, and that it was is recorded: what it would find is not asked for any more."""


def check_ledger(check: LedgerCheck, progress: Callable[[int, int], None] | None = None) -> None:
    """Check everything as of now and record what came of it. A check that fails is recorded as interrupted."""
    try:
        verdict = verify_ledger(progress=progress)
    except OverError:
        raise
    except BaseException:
        record_check(check, None)
        raise
    record_check(check, verdict)


class Pulse:
    """Writes how far a check is, from a thread: the check itself reads as of one moment, and cannot write meanwhile."""

    def __init__(self, check_id: UUID) -> None:
        self._id = check_id
        self._at = (0, 0)
        self._over = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="check-pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def progress(self, done: int, total: int) -> None:
        """Note how far it is. Raises OverError where the check was ended by somebody else."""
        self._at = (done, total)
        if self._over:
            raise OverError

    def _run(self) -> None:
        try:
            while not self._ended.wait(EVERY):
                try:
                    self._over = not self._beat()
                except OperationalError:
                    # The database is busy or away; one beat is not missed.
                    connection.close()
        finally:
            connection.close()

    def _beat(self) -> int:
        done, total = self._at
        return LedgerCheck.objects.filter(id=self._id, over=False).update(done=done, total=total, seen_at=clock.now())
