"""A granted call while it runs: its lease, its stops, its heartbeat. A run that was stopped must not go on as if it were not."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from secrets import token_hex
from typing import Any

from oversight_sdk import calls, canonical
from oversight_sdk.answers import Beat
from oversight_sdk.errors import GateError, GateStop, GateUnavailable, NotExecuted
from oversight_sdk.grants import Grant, boot_time
from oversight_sdk.steps import Patience, Steps
from oversight_sdk.transport import AsyncTransport, Transport

LOST = "lease-lost"
current: ContextVar["Run"] = ContextVar("oversight_run")


class Run:
    """Shared by the guarded function and its heartbeat."""

    def __init__(self, grant: Grant, *, clock: Callable[[], float] = boot_time) -> None:
        self.grant = grant
        self.stop_reason = ""
        self.started = False
        self.done = threading.Event()
        self.on_stop: Callable[[], None] = lambda: None
        self.observed: dict[str, Any] = {}
        self._clock = clock
        self._ahead = grant.verdict.issued_at - grant.claimed_at
        self._expires_at = grant.lease.expires_at
        self._lock = threading.Lock()

    @property
    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = self.grant.action["parameters"]
        return found

    @property
    def lost(self) -> bool:
        return self.stop_reason == LOST

    def left(self) -> float:
        """Seconds until the lease is over, on the gate's clock as far as we know it."""
        return self._expires_at - (self._clock() + self._ahead)

    def stop(self, reason: str) -> None:
        """The first reason stays, but a lost lease outweighs every other."""
        with self._lock:
            if not self.stop_reason or reason == LOST:
                self.stop_reason = reason
        self.on_stop()

    def checkpoint(self) -> None:
        """Go on only if nothing speaks against it. Raises GateStop."""
        if not self.lost and self.left() <= 0:
            self.stop(LOST)
        if self.stop_reason:
            raise GateStop(self.stop_reason, decision_id=self.grant.decision.id)

    def start(self) -> None:
        """The last look before the function runs. Raises GateStop."""
        self.checkpoint()
        self.started = True

    def observe(self, **seen: Any) -> None:
        """Keep what was seen `before` and `after` for the outcome. Raises ValueError for what is not JSON."""
        if set(seen) - {"before", "after"}:
            raise ValueError("what is observed is before or after")
        canonical.dump(seen)
        self.observed |= seen

    def pause(self) -> float:
        return max(0.01, min(self.grant.lease.heartbeat_s, self.left() / 3))

    def beat(self, patience: Patience, key: str) -> Steps[bool]:
        """One heartbeat, tried once; whether it was answered. Without an answer the lease runs out by itself."""
        once = replace(patience, seconds=0.0)
        try:
            beat: Beat = yield from calls.heartbeat(once, self.grant.lease.id, self.grant.lease.fencing, key=key)
        except GateUnavailable:
            if self.left() <= 0:
                self.stop(LOST)
            return False
        except GateError:
            self.stop(LOST)
            return True
        if self.done.is_set():
            return True
        self._expires_at = beat.expires_at
        if not beat.go_on:
            self.stop(beat.stop_reason)
        return True


def keep_beating(run: Run, transport: Transport, patience: Patience) -> None:
    """Heartbeats until the run is done or its lease is lost; for a thread of its own."""
    key, wait = token_hex(16), run.pause()
    while not run.done.wait(wait) and not run.lost:
        answered = transport.run(run.beat(patience, key))
        key = token_hex(16) if answered else key
        wait = run.pause() if answered else min(patience.pause(0), run.pause())


async def keep_beating_async(run: Run, transport: AsyncTransport, patience: Patience) -> None:
    """The same for a task, which its maker cancels."""
    key, wait = token_hex(16), run.pause()
    while not run.lost:
        await asyncio.sleep(wait)
        answered = await transport.run(run.beat(patience, key))
        key = token_hex(16) if answered else key
        wait = run.pause() if answered else min(patience.pause(0), run.pause())


def ending(run: Run, error: BaseException, classify: Callable[[Exception], str] | None) -> tuple[str, str]:
    """(status, detail) of a run that ended with `error`. The error's text stays here: it may hold secrets."""
    kind = type(error).__name__
    if not run.started:
        return "not_executed", "stopped before it ran"
    if run.lost:
        return "unknown", f"the lease was lost; ended with {kind}"
    if isinstance(error, GateStop):
        return "unknown", f"stopped: {error.reason}"
    if isinstance(error, NotExecuted):
        return "not_executed", kind
    if isinstance(error, Exception) and classify is not None:
        try:
            status = classify(error)
        except Exception:  # noqa: BLE001 - a classifier that fails has classified nothing
            status = "unknown"
        return (status if status in calls.OUTCOMES - {"succeeded"} else "unknown"), kind
    return "unknown", kind
