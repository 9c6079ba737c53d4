"""What happens, read once and put into words once for all open pages of this process, however many they are.

Each of them still resumes by seq: one that is further behind than what is kept here reads the ledger by itself. It must
not know who listens, and nothing may rest on it but how much work it saves.
"""

import asyncio
import json
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from decisions import clock, feed, freezes, queries
from decisions.alarms import Open, opened
from decisions.feed import in_reader
from decisions.freezes import Epochs

log = logging.getLogger(__name__)
COUNT = 1.0
"""Seconds between two counts of what needs people."""
PAUSE, SHORTEST, EACH = 0.05, 0.02, 30e-6
"""Seconds between two frames at most and at least, so that a burst goes out together; what each page adds to the least."""
FRAME_ROWS = 500
KEPT = 160
"""Frames: three seconds at least, for pages that join or are slow."""
BEAT = 5.0
"""Seconds after which pages are told that all is well, whether or not something was said meanwhile."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Something to say to every page, but for the time at which it is said."""

    prev: int
    seq: int
    """What a page has before it, and with it."""
    text: str
    kind: str = "rows"

    def rest(self, seq: int) -> str:
        """What it says to a page that has everything up to `seq`, which no row of it need be told twice."""
        if self.kind != "rows" or self.prev >= seq:
            return self.text
        rows = [row for row in json.loads(self.text + "}")["rows"] if row["seq"] > seq]
        return worded("rows", self.seq, prev=seq, rows=rows)


def worded(kind: str, seq: int, **more: Any) -> str:
    """A frame as JSON, open at its end: `timed` closes it."""
    return json.dumps({"t": kind, "seq": seq, **more}, ensure_ascii=False, separators=(",", ":"))[:-1]


def timed(text: str) -> str:
    """The frame of `text`, with the server's clock as it is now: pages set theirs by it."""
    return f'{text},"now":{feed.millis(clock.local())}}}'


def pause(pages: int) -> float:
    """Seconds to rest after a frame for so many pages: to send to each takes the loop about as long as `EACH`."""
    return min(PAUSE, SHORTEST + pages * EACH)


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
        self.stops: Epochs | None = None
        self.alarms: frozenset[Open] = frozenset()
        self.needs: tuple[int, int] | None = None
        """How many decisions need people, and the mark of them."""
        self.uncounted = False
        """Whether something happened since they were counted."""
        self.counted_at = self.beat_at = time.monotonic()
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

    def newest(self) -> int | None:
        """The number of the frame that comes next; None while nothing is read."""
        return None if self.seq is None else self.end

    async def after(self, number: int) -> list[Frame] | None:
        """The frames from that number on, waited for: `BEAT` seconds at most. None if it is not kept any more."""
        if number >= self.end:
            await self.more.wait()
        first = self.end - len(self.frames)
        if self.seq is None or number < first:
            return None
        return [self.frames[at - first] for at in range(number, self.end)]

    def _say(self, kind: str, prev: int, seq: int, **more: Any) -> None:
        chain = {"prev": prev} if kind == "rows" else {}
        self._add(Frame(prev, seq, worded(kind, seq, **chain, **more), kind))

    def _add(self, frame: Frame) -> None:
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
            self.stops, self.alarms = await in_reader(_looked)
            self.needs = await in_reader(_needing)
            self.seq = await in_reader(feed.head_seq)
        while True:
            await self._go_one_on(self.seq)

    async def _go_one_on(self, before: int) -> None:
        """Say what came after entry `before`, what it changed around it, and now and then that all is well."""
        reached, more = before, False
        if await feed.hub.beyond(before, COUNT if self.uncounted else BEAT):
            rows, reached, more = await in_reader(feed.changed_after, before, FRAME_ROWS)
            if rows or reached != before:
                self._say("rows", before, reached, rows=rows)
            self.seq, self.uncounted = reached, True
            await self._look_around(reached)
        now = time.monotonic()
        beats = now - self.beat_at >= BEAT
        # Time alone ends what waits for people: no entry says so.
        if now - self.counted_at >= COUNT and (self.uncounted or beats):
            await self._count(reached)
        if beats:
            self.beat_at = now
            self._say("hb", reached, reached)
        if not more:
            await asyncio.sleep(pause(self.listeners))

    async def _look_around(self, seq: int) -> None:
        stops, alarms = await in_reader(_looked)
        if stops != self.stops:
            self.stops, told = await in_reader(stopped)
            self._say("stop", seq, seq, **told)
        if alarms != self.alarms:
            # It wakes the pages, and each says what it makes of it: that depends on its reader.
            self.alarms = alarms
            self._say("alarms", seq, seq)

    async def _count(self, seq: int) -> None:
        self.uncounted, self.counted_at = False, time.monotonic()
        needs = await in_reader(_needing)
        if needs != self.needs:
            self.needs = needs
            self._say("needs", seq, seq, n=needs[0], mark=needs[1])


def _looked() -> tuple[Epochs, frozenset[Open]]:
    """The freezes in force, and the open alarms."""
    return freezes.epochs(), opened()


def _needing() -> tuple[int, int]:
    return queries.needing_people(clock.now())


def stopped() -> tuple[Epochs, dict[str, Any]]:
    """The freezes in force, and what a page is told of them: the red bar, and the rows whose deadlines they move."""
    epochs, bar = freezes.drawn()
    return epochs, {"stops": epochs, "bar": bar, "held": feed.held(FRAME_ROWS)}


broadcast = Broadcast()
