"""Whose live pages this process has open, and whether they may still read: asked for all of them at once.

It must not let anybody in: a page was let in when it was opened.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from decisions.auth import sessions
from decisions.auth.people import has_a_role
from decisions.feed import in_reader


class Presence:
    """The open pages of one event loop, by the handles of their sessions; `living` says which of these live."""

    def __init__(self, living: Callable[[Iterable[str]], set[str]]) -> None:
        self._living = living
        self.loop: asyncio.AbstractEventLoop | None = None
        self._forget()

    def _forget(self) -> None:
        self.pages: Counter[str] = Counter()
        self.people: dict[str, UUID] = {}
        self.living: set[str] = set()
        self.looked = time.monotonic()
        self.looking: asyncio.Task[None] | None = None

    def enter(self, handle: str, person: UUID) -> None:
        """A page of `person` is open, until `leave`."""
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            self.loop = loop
            self._forget()
        self.pages[handle] += 1
        self.people[handle] = person
        self.living.add(handle)

    def leave(self, handle: str) -> None:
        self.pages[handle] -= 1
        if not self.pages[handle]:
            del self.pages[handle], self.people[handle]
            self.living.discard(handle)

    async def lives(self, handle: str, every: float) -> bool:
        """Whether the session lives and its person has a role, as of so many seconds ago at most."""
        if time.monotonic() - self.looked >= every:
            if self.looking is None:
                self.looking = asyncio.get_running_loop().create_task(self._look())
            # One look is for all: that one page goes away does not end it.
            await asyncio.shield(self.looking)
        return handle in self.living

    async def _look(self) -> None:
        asked = dict(self.people)
        try:
            found = await in_reader(_reading, asked, self._living)
            self.living -= asked.keys() - found
            self.looked = time.monotonic()
        finally:
            self.looking = None


def _reading(people: Mapping[str, UUID], living: Callable[[Iterable[str]], set[str]]) -> set[str]:
    return {handle for handle in living(people) if has_a_role(people[handle])}


presence = Presence(sessions.living)
"""Live pages: while they are open their people count as seen."""
beside = Presence(sessions.alive)
"""All other pages, which people leave open: their sessions end as if these were not."""
