"""The live timeline over WebSocket: rows by seq, resumable. It carries no commands."""

import asyncio
import contextlib
import json
import time
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from decisions import clock, feed
from decisions.auth import sessions
from decisions.auth.people import may_read, may_veto
from decisions.models import Person
from decisions.served import watch

FRAME_ROWS = 500
PAUSE = 0.05
BEAT = 5.0
CHECK = 3.0


class TimelineConsumer(AsyncWebsocketConsumer):
    """One reader. It sends what came after the seq that the client names, then what comes, at most 20 frames a second."""

    async def connect(self) -> None:
        person = self.scope.get("user")
        if not isinstance(person, Person) or not await feed.in_reader(may_read, person):
            await self.close(code=4401)
            return
        await self.accept()
        self.person, self.handle = person, self.scope["session"].get(sessions.HANDLE, "")
        self.checked = time.monotonic()
        self.watches = await feed.in_reader(may_veto, person)
        if self.watches:
            watch.enter()
        self.seq = await self._first()
        self.stops = await feed.in_reader(feed.stops)
        self.resumed = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    async def _first(self) -> int:
        asked = parse_qs(self.scope.get("query_string", b"").decode("latin-1")).get("after", [""])[0]
        if asked.lstrip("-").isdigit() and len(asked) < 16:
            return int(asked)
        return await feed.in_reader(feed.head_seq)

    async def disconnect(self, code: int) -> None:
        if getattr(self, "watches", False):
            self.watches = False
            watch.leave()
        if hasattr(self, "task"):
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Only `{"t": "resume", "seq": n}` is understood; anything else closes the socket."""
        try:
            message = json.loads(text_data or "")
            seq = int(message["seq"]) if message["t"] == "resume" else None
        except (ValueError, KeyError, TypeError):
            seq = None
        if seq is None:
            await self.close(code=4400)
            return
        self.task.cancel()
        self.seq = seq
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        if await feed.in_reader(feed.missed, self.seq) > feed.REPLAY_LIMIT:
            self.seq = await feed.in_reader(feed.head_seq)
            await self._say("reset")
        else:
            await self._catch_up(replay=True)
        await self._say("live")
        while await self._signed_in():
            if await feed.hub.beyond(self.seq, BEAT):
                await self._catch_up(replay=False)
                await self._stops()
                await asyncio.sleep(PAUSE)
            else:
                await self._say("hb")
        await self.close(code=4401)

    async def _signed_in(self) -> bool:
        """Whether the session lives and its person may still read, asked every few seconds; an open page counts as being seen."""
        if time.monotonic() - self.checked < CHECK:
            return True
        self.checked = time.monotonic()
        return await feed.in_reader(lambda: may_read(self.person) and sessions.seen(self.handle))

    async def _catch_up(self, *, replay: bool) -> None:
        more = True
        while more:
            before = self.seq
            rows, self.seq, more = await feed.in_reader(feed.changed_after, before, FRAME_ROWS)
            if rows or self.seq != before:
                await self._say("rows", prev=before, rows=rows, **({"replay": 1} if replay else {}))

    async def _stops(self) -> None:
        """Say that people have stopped agents, or let them go on: the page then asks what its bar should show."""
        stops = await feed.in_reader(feed.stops)
        if stops != self.stops:
            self.stops = stops
            await self._say("stop")

    async def _say(self, kind: str, **more: Any) -> None:
        frame = {"t": kind, "seq": self.seq, "now": feed.millis(clock.local()), **more}
        await self.send(text_data=json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
