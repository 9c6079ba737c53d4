"""Runs the granted command under a lease and ends it when the gate, time or a signal says so. It must not leave it running."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Self

from oversight_sdk.runs import LOST, Run

HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupted(Exception):
    """A signal came while nothing was claimed or run."""


class Signals:
    """While we wait for people a signal ends the wait; from the claim on it is kept until it can be obeyed in order."""

    def __init__(self) -> None:
        self.got = 0
        self.raising = False
        self.wake = threading.Event()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in HEEDED:
            # Whoever started us with a signal ignored (nohup, a job in the background) keeps it so.
            if signal.getsignal(number) is signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.got = self.got or number
        self.wake.set()
        if self.raising:
            self.raising = False
            raise Interrupted


@dataclass(frozen=True, slots=True)
class Ended:
    """How the child ended: its code (negative for a signal), and whether it was we who ended it."""

    code: int
    stopped: bool


class Child:
    """The command as a process; in a group of its own unless it shares a terminal with us."""

    def __init__(
        self, path: str, argv: Sequence[str], *, cwd: str, environment: Mapping[str, str], descriptors: Sequence[int]
    ) -> None:
        self._own_group = not sys.stdin.isatty()
        self._process = subprocess.Popen(  # noqa: S603 - an argument list, never a shell's text
            list(argv),
            executable=path,
            cwd=cwd,
            env=dict(environment),
            pass_fds=tuple(descriptors),
            process_group=0 if self._own_group else None,
        )

    def supervise(self, run: Run, signals: Signals, *, grace: float) -> Ended:
        """Wait for the end, or bring it about: TERM, `grace` seconds, KILL."""
        run.on_stop = signals.wake.set
        waiter = threading.Thread(target=self._await, args=(signals.wake,), daemon=True)
        waiter.start()
        while self._process.poll() is None:
            if signals.got or run.stop_reason:
                return self._end(waiter, grace)
            signals.wake.wait(max(0.01, min(1.0, run.left())))
            signals.wake.clear()
            if run.left() <= 0:
                run.stop(LOST)
        waiter.join()
        return Ended(self._process.returncode, stopped=False)

    def _await(self, wake: threading.Event) -> None:
        self._process.wait()
        wake.set()

    def _end(self, waiter: threading.Thread, grace: float) -> Ended:
        self._send(signal.SIGTERM)
        waiter.join(grace)
        # The group may outlive the command that started it.
        self._send(signal.SIGKILL)
        waiter.join()
        return Ended(self._process.returncode, stopped=True)

    def _send(self, number: signal.Signals) -> None:
        try:
            if self._own_group:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
        except (ProcessLookupError, PermissionError):
            pass
