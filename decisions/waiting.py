"""Long polls: whoever waits for one thing is woken when it changes, and nobody else is. One reader a process serves them all.

A waiter holds neither a thread nor a connection. It must not know what a thing is, nor who may see it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from decisions import hints, ledger
from decisions.feed import POLL_SECONDS, in_reader
from decisions.models import Decision, Timeline
from decisions.models.bulk import chunks

Read = Callable[[Sequence[UUID]], Mapping[UUID, Any]]
"""Reads many things at once, by their ids. What has no value in the answer is not there."""
Topic = tuple[Read, UUID]
PORTION = 50
"""How many things are read, and their waiters woken, before others get a turn."""
MOST_ENTRIES = 5000
"""After more entries than this at once, everything that is waited for is looked at."""


class Mark(NamedTuple):
    """How far the ledger was read: its size, and the entry that last changed register, policy or freezes."""

    size: int
    config: str


def mark() -> Mark:
    head = ledger.current()
    return Mark(head.size, str(head.config or ""))


def changed_since(before: Mark) -> tuple[set[UUID], bool, Mark]:
    """(decisions that changed and agents whose decisions did, by id; whether anything else may have; the mark now)."""
    now = mark()
    if now.size == before.size:
        return set(), False, now
    if now.size - before.size > MOST_ENTRIES:
        return set(), True, now
    spoken = Timeline.objects.filter(seq__gte=before.size, seq__lt=now.size)
    found: set[UUID] = set()
    for some in chunks(set(spoken.values_list("decision_seq", flat=True))):
        for pair in Decision.objects.filter(seq__in=some).values_list("id", "agent_id"):
            found.update(pair)
    # A freeze moves the deadlines of what no entry names.
    return found, now.config != before.config, now


class Watch:
    """One waiter for one thing, inside `Lobby.watch`."""

    __slots__ = ("_ask", "_told", "_value")

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._told = asyncio.Event()
        self._value: Any = None

    async def news(self, seconds: float) -> Any:
        """The thing as it is after its next change, or when `seconds` are over; None if it is not there.

        Raises what reading it raised. A change that came since the last call counts.
        """
        try:
            # Not wait_for: on Python 3.11 it loses a cancellation that comes together with the result.
            async with asyncio.timeout(seconds):
                await self._told.wait()
        except TimeoutError:
            self._ask()
            await self._told.wait()
        self._told.clear()
        # Not kept: what a waiter holds while it waits is the same however large the thing is.
        value, self._value = self._value, None
        if isinstance(value, BaseException):
            raise value
        return value

    def tell(self, value: Any) -> None:
        """End the wait with `value`; an exception is raised there."""
        self._value = value
        self._told.set()


class Lobby:
    """Everybody who waits in this process, and the one task that reads for them; it ends with the last of them."""

    def __init__(self) -> None:
        self.watches: dict[Topic, set[Watch]] = {}
        self._changed: dict[Topic, None] = {}
        self._asked: dict[Topic, None] = {}
        self._stir: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._listens = False

    @contextlib.contextmanager
    def watch(self, read: Read, key: UUID) -> Iterator[Watch]:
        """Wait for what `read` gives for `key`. Called in the event loop; the first `news(0)` is how it is now."""
        self._start()
        topic = (read, key)
        made = Watch(lambda: self._ask(topic))
        self.watches.setdefault(topic, set()).add(made)
        try:
            yield made
        finally:
            held = self.watches.get(topic, set())
            held.discard(made)
            if not held:
                self.watches.pop(topic, None)

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._task is not None and not self._task.done() and self._task.get_loop() is loop:
            return
        if not self._listens:
            self._listens = True
            hints.listen(self._committed)
        self.watches, self._changed, self._asked = {}, {}, {}
        self._stir = asyncio.Event()
        self._task = loop.create_task(self._run(self._stir), name="lobby")

    def _committed(self, size: int) -> None:
        task, stir = self._task, self._stir
        if task is not None and stir is not None and not task.done():
            # The loop may have been closed since.
            with contextlib.suppress(RuntimeError):
                task.get_loop().call_soon_threadsafe(stir.set)

    def _ask(self, topic: Topic) -> None:
        self._asked[topic] = None
        if self._stir is not None:
            self._stir.set()

    async def _run(self, stir: asyncio.Event) -> None:
        """Look what changed, read that and what was asked for, wake who waits for it; by a hint, or each second."""
        # Before any waiter's first read: what is committed after that read is after this mark.
        reached: Mark | None = None
        while self.watches:
            stir.clear()
            try:
                reached = await self._follow(reached)
            except Exception as error:  # noqa: BLE001 - each waiter answers for it
                self._tell(list(self._asked), error)
                self._asked.clear()
            else:
                await self._read(self._portion())
            if not (self._changed or self._asked):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await stir.wait()
        self._task = None

    async def _follow(self, reached: Mark | None) -> Mark:
        if reached is None:
            return await in_reader(mark)
        changed, everything, now = await in_reader(changed_since, reached)
        for read in {read for read, _ in self.watches}:
            self._changed |= {(read, id_): None for id_ in changed if (read, id_) in self.watches}
        if everything:
            self._asked |= dict.fromkeys(self.watches)
        return now

    def _portion(self) -> list[Topic]:
        """What is read next: what changed before what somebody only wants to know."""
        taken: list[Topic] = []
        for waiting in (self._changed, self._asked):
            some = list(islice(waiting, PORTION - len(taken)))
            for topic in some:
                del waiting[topic]
            taken += some
        return list(dict.fromkeys(taken))

    async def _read(self, topics: Sequence[Topic]) -> None:
        keys: dict[Read, list[UUID]] = {}
        for read, key in topics:
            if (read, key) in self.watches:
                keys.setdefault(read, []).append(key)
        for read, some in keys.items():
            try:
                found = await in_reader(read, some)
            except Exception as error:  # noqa: BLE001 - each waiter answers for it
                self._tell([(read, key) for key in some], error)
            else:
                for key in some:
                    self._tell([(read, key)], found.get(key))

    def _tell(self, topics: Iterable[Topic], value: Any) -> None:
        for topic in topics:
            for watch in self.watches.get(topic, ()):
                watch.tell(value)


lobby = Lobby()
