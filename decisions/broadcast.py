"""What happens, read once and put into words once for all open pages of this process, however many they are.

Each of them still resumes by seq: one that is further behind than what is kept here reads the ledger by itself. It must
not know who listens, and nothing may rest on it but how much work it saves.
"""

import asyncio
import contextlib
import json
import logging
from collections import deque
from dataclasses import dataclass
from typing import Any

from decisions import clock, feed
from decisions.feed import in_reader

log = logging.getLogger(__name__)
PAUSE = 0.05
"""Seconds between two frames at least, so that a burst goes out together."""
FRAME_ROWS = 500
KEPT = 64
"""Frames: three seconds at least, for pages that join or are slow."""
LOOK = 5.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Something to say to every page, but for the time at which it is said."""

    prev: int
    seq: int
    """What a page has before it, and with it."""
    text: str


def worded(kind: str, seq: int, **more: Any) -> str:
    """A frame as JSON, open at its end: `timed` closes it."""
    return json.dumps({"t": kind, "seq": seq, **more}, ensure_ascii=False, separators=(",", ":"))[:-1]


def timed(text: str) -> str:
    """The frame of `text`, with the server's clock as it is now: pages set theirs by it."""
    return f'{text},"now":{feed.millis(clock.local())}}}'


class Broadcast:
    """The frames of one event loop, by their numbers. It reads while somebody listens, and forgets when nobody does."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._forget()

    def _forget(self) -> None:
        self.listeners = 0
        self.frames: deque[Frame] = deque(maxlen=KEPT)
        self.end = 0
        """The number of the frame that comes next."""
        self.seq: int | None = None
        self.stops: tuple[int, ...] | None = None
        self.more = asyncio.Event()
        self.reading: asyncio.Task[None] | None = None

    def enter(self) -> None:
        """Somebody listens, until `leave`."""
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            self.loop = loop
            self._forget()
        self.listeners += 1
        if self.reading is None:
            self.reading = loop.create_task(self._read())

    def leave(self) -> None:
        self.listeners -= 1
        if not self.listeners and self.reading is not None:
            self.reading.cancel()
            self._forget()

    def place(self, seq: int) -> int | None:
        """The number of the first frame that a page needs which has everything up to `seq`; None if it is not kept."""
        if self.seq is None:
            return None
        number = self.end
        for frame in reversed(self.frames):
            if frame.seq <= seq:
                return number
            number -= 1
            if frame.prev <= seq:
                return number
        return number if self.seq <= seq and not self.frames else None

    async def after(self, number: int, seconds: float) -> list[Frame] | None:
        """The frames from that number on, waited for so long; none if there is none then, None if it is not kept any more."""
        if number >= self.end:
            more = self.more
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await more.wait()
        first = self.end - len(self.frames)
        if self.seq is None or number < first:
            return None
        return [self.frames[at - first] for at in range(number, self.end)]

    def _say(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.end += 1
        waiting, self.more = self.more, asyncio.Event()
        waiting.set()

    def _lose(self) -> None:
        """Send every page to the ledger: none may be told that all is well of what it cannot be given."""
        self.frames.clear()
        self.seq = None
        waiting, self.more = self.more, asyncio.Event()
        waiting.set()

    async def _read(self) -> None:
        while True:
            try:
                await self._go_on()
            except Exception:
                log.exception("what happened could not be read for all pages; each reads it by itself")
                self._lose()
                await asyncio.sleep(feed.POLL_SECONDS)

    async def _go_on(self) -> None:
        if self.seq is None:
            self.stops, self.seq = await in_reader(feed.stops), await in_reader(feed.head_seq)
        seq: int = self.seq
        while True:
            if not await feed.hub.beyond(seq, LOOK):
                continue
            rows, reached, more = await in_reader(feed.changed_after, seq, FRAME_ROWS)
            if rows or reached != seq:
                self._say(Frame(seq, reached, worded("rows", reached, prev=seq, rows=rows)))
                self.seq = seq = reached
            stops = await in_reader(feed.stops)
            if stops != self.stops:
                self.stops = stops
                self._say(Frame(seq, seq, worded("stop", seq)))
            if not more:
                await asyncio.sleep(PAUSE)


broadcast = Broadcast()
