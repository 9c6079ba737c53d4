"""The live timeline over WebSocket: rows by seq, resumable. It carries no commands."""

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from decisions import feed
from decisions.auth import sessions
from decisions.auth.people import may_read, may_veto
from decisions.broadcast import FRAME_ROWS, PAUSE, broadcast, timed, worded
from decisions.models import Person
from decisions.presence import presence
from decisions.served import watch

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
        self.watches = await feed.in_reader(may_veto, person)
        if self.watches:
            watch.enter()
        self.seq = await self._first()
        self.stops: tuple[int, ...] | None = await feed.in_reader(feed.stops)
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
        presence.enter(self.handle, self.person.id)
        broadcast.enter()
        try:
            if await feed.in_reader(feed.missed, self.seq) > feed.REPLAY_LIMIT:
                self.seq = await feed.in_reader(feed.head_seq)
                await self._say("reset")
            else:
                await self._catch_up(replay=True)
            await self._say("live")
            await self._go_on()
        finally:
            broadcast.leave()
            presence.leave(self.handle)
        await self.close(code=4401)

    async def _go_on(self) -> None:
        """Pass on what is said to all, until the session is over; an open page counts as its person being seen."""
        place: int | None = None
        while await presence.lives(self.handle, CHECK):
            if place is None:
                place = await self._join()
                continue
            frames = await broadcast.after(place, BEAT)
            if frames is None:
                place = None
                continue
            place += len(frames)
            for frame in frames:
                self.seq = max(self.seq, frame.seq)
                await self.send(text_data=timed(frame.text))
            self.stops = broadcast.stops
            if not frames:
                await self._say("hb")

    async def _join(self) -> int | None:
        """From where on this page needs what is said to all; None if it is further behind, and has read more by itself."""
        place = broadcast.place(self.seq)
        if place is None:
            await self._catch_up(replay=False)
            await asyncio.sleep(PAUSE)
        elif broadcast.stops != self.stops:
            # Until then the page says what it found when it was opened.
            self.stops = broadcast.stops
            await self._say("stop")
        return place

    async def _catch_up(self, *, replay: bool) -> None:
        more = True
        while more:
            before = self.seq
            rows, self.seq, more = await feed.in_reader(feed.changed_after, before, FRAME_ROWS)
            if rows or self.seq != before:
                await self._say("rows", prev=before, rows=rows, **({"replay": 1} if replay else {}))

    async def _say(self, kind: str, **more: Any) -> None:
        await self.send(text_data=timed(worded(kind, self.seq, **more)))
