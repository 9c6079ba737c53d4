"""Served time: how long somebody who can veto was really reachable. Veto windows count nothing else.

It runs while a person with the right to veto has a live page open, and stands still through downtime, suspension and
jumps of the clock. It must not decide what a window is for.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from decisions import clock
from decisions.feed import in_reader
from decisions.models import ServedClock
from decisions.models.bulk import writing
from decisions.states import TICK

log = logging.getLogger(__name__)
EVERY = 1.0
MOST = TICK
"""A longer silence than this was not served: nobody knows that anybody was there."""


def tick(now: datetime | None = None) -> int:
    """Add the time since the last tick of any process, if it was served; the served milliseconds after it."""
    with writing():
        held, _ = ServedClock.objects.select_for_update().get_or_create(id=1)
        at = now or clock.now()
        since = at - held.beat_at if held.beat_at else None
        if since is not None and timedelta(0) <= since <= MOST:
            held.served_ms += since // timedelta(milliseconds=1)
        else:
            held.resumed_ms = held.served_ms
        held.beat_at = at
        held.save(update_fields=["served_ms", "resumed_ms", "beat_at"])
    return held.served_ms


def spent(now: datetime) -> int:
    """The served milliseconds at `now`, at most: with all of the time since the last tick, which may yet be counted."""
    held = ServedClock.objects.filter(id=1).first()
    if held is None:
        return 0
    since = now - held.beat_at if held.beat_at else timedelta(0)
    counts = timedelta(0) <= since <= MOST
    return held.served_ms + (since // timedelta(milliseconds=1) if counts else 0)


def running(now: datetime) -> bool:
    """Whether somebody who can veto was reachable a moment ago."""
    beat = ServedClock.objects.filter(id=1).values_list("beat_at", flat=True).first()
    return beat is not None and now - beat <= 2 * MOST


class Watch:
    """The people of this process who can veto and have a live page; it ticks while there is one."""

    def __init__(self) -> None:
        self.present = 0
        self.ticking: asyncio.Task[None] | None = None

    def enter(self) -> None:
        """Somebody came. Called in the event loop that serves them."""
        self.present += 1
        if self.ticking is None or self.ticking.done():
            self.ticking = asyncio.get_running_loop().create_task(self._tick())

    def leave(self) -> None:
        """Somebody went."""
        self.present -= 1

    async def _tick(self) -> None:
        while self.present > 0:
            try:
                await in_reader(tick)
            except Exception:
                # Time that was not written down was not served: windows stay open longer, never shorter.
                log.exception("the served clock could not be moved")
            await asyncio.sleep(EVERY)


watch = Watch()
