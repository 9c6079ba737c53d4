"""The live timeline over WebSocket: rows by seq, resumable. It carries no commands."""

import asyncio
import contextlib
import json
import re
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from decisions import alarms, feed, freezes
from decisions.auth import sessions
from decisions.auth.people import may_read, may_veto
from decisions.broadcast import FRAME_ROWS, PAUSE, broadcast, stopped, timed, worded
from decisions.freezes import Epochs
from decisions.models import Person
from decisions.presence import beside, presence
from decisions.served import watch

CHECK = 3.0
WHOLE = re.compile("-?[0-9]{1,15}")
LONGEST = 4000
"""Characters of what a page asks for: the stops that it shows are listed in it."""


class TimelineConsumer(AsyncWebsocketConsumer):
    """One page. It sends what came after the seq that the client names, then what comes, in frames that are 20 to 50 ms apart.

    A page that asks for `only=notices` is told of stops, of alarms and of how many decisions need people, and of no rows.
    """

    async def connect(self) -> None:
        person = self.scope.get("user")
        if not isinstance(person, Person) or not await feed.in_reader(may_read, person):
            await self.close(code=4401)
            return
        await self.accept()
        self.person, self.handle = person, self.scope["session"].get(sessions.HANDLE, "")
        asked = parse_qs(self.scope.get("query_string", b"").decode("latin-1")[:LONGEST], keep_blank_values=True)
        self.live = asked.get("only") != ["notices"]
        self.presence = presence if self.live else beside
        self.seq = await self._first(asked.get("after", [""])[0])
        self.stops: Epochs | None = await self._shown_stops(asked.get("stops"))
        self.alarms = asked.get("alarms", [None])[0]
        self.watches = self.live and await feed.in_reader(may_veto, person)
        if self.watches:
            # Last: who fails to open is not there, and nobody would say that they left.
            watch.enter()
        self.task = asyncio.create_task(self._run())

    async def _first(self, asked: str) -> int:
        if WHOLE.fullmatch(asked):
            return int(asked)
        return await feed.in_reader(feed.head_seq)

    async def _shown_stops(self, asked: list[str] | None) -> Epochs:
        """The stops that the page shows; those in force for one that does not tell."""
        if asked is None:
            return await feed.in_reader(freezes.epochs)
        return tuple(int(seq) for seq in asked[0].split(",") if WHOLE.fullmatch(seq))

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
        self.presence.enter(self.handle, self.person.id)
        broadcast.enter()
        try:
            if self.live:
                await self._replay()
            await self._say("live")
            await self._go_on()
        finally:
            broadcast.leave()
            self.presence.leave(self.handle)
        await self.close(code=4401)

    async def _replay(self) -> None:
        if await feed.in_reader(feed.missed, self.seq) > feed.REPLAY_LIMIT:
            self.seq = await feed.in_reader(feed.head_seq)
            await self._say("reset", held=await feed.in_reader(feed.held, FRAME_ROWS))
        else:
            await self._catch_up(replay=True)

    async def _go_on(self) -> None:
        """Pass on what is said to all, until the session is over."""
        place: int | None = None
        while await self.presence.lives(self.handle, CHECK):
            if place is None:
                place = await self._join()
                continue
            frames = await broadcast.after(place)
            if frames is None:
                place = None
                continue
            place += len(frames)
            for frame in frames:
                had, self.seq = self.seq, max(self.seq, frame.seq)
                if frame.kind == "alarms":
                    await self._tell_alarms()
                elif self.live or frame.kind != "rows":
                    await self.send(text_data=timed(frame.rest(had)))
            self.stops = broadcast.stops

    async def _join(self) -> int | None:
        """From where on this page needs what is said to all; None if it is further behind, and has read more by itself."""
        place = broadcast.place(self.seq) if self.live else broadcast.newest()
        if place is None:
            if self.live:
                await self._catch_up(replay=False)
            await asyncio.sleep(PAUSE)
            return None
        if broadcast.stops != self.stops:
            # People have stopped agents, or let them go on, since the page was drawn.
            self.stops, told = await feed.in_reader(stopped)
            await self._say("stop", **told)
        if broadcast.needs is not None:
            await self._say("needs", n=broadcast.needs[0], mark=broadcast.needs[1])
        await self._tell_alarms()
        return place

    async def _tell_alarms(self) -> None:
        """Say that the bar of alarms is another for its reader now; the page asks for it."""
        now = alarms.mark(broadcast.alarms, self.person.id)
        if self.alarms is not None and self.alarms != now:
            self.alarms = now
            await self._say("alarms", called=any(one.person == self.person.id for one in broadcast.alarms))

    async def _catch_up(self, *, replay: bool) -> None:
        more = True
        while more:
            before = self.seq
            rows, self.seq, more = await feed.in_reader(feed.changed_after, before, FRAME_ROWS)
            if rows or self.seq != before:
                await self._say("rows", prev=before, rows=rows, **({"replay": 1} if replay else {}))

    async def _say(self, kind: str, **more: Any) -> None:
        await self.send(text_data=timed(worded(kind, self.seq, **more)))
