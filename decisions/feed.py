"""The live timeline: rows as pages, API and sockets show them, and the hub that wakes this process's readers.

Every reader resumes by seq; a wake-up that is lost costs a second, never a row. It must not write.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import connection
from django.db.models import QuerySet

from decisions import clock, hints, inert, ledger, register
from decisions.models import Decision
from decisions.models.bulk import on_postgresql
from decisions.queries import open_holds
from decisions.states import effective_state, window_left_ms
from decisions.vocab import HOLDING, UNDER_WAY, SignOff, State

P = ParamSpec("P")
T = TypeVar("T")
_readers = ThreadPoolExecutor(4, "readers")
_commands = ThreadPoolExecutor(12, "commands")
_parsers = ThreadPoolExecutor(2, "parsers")
POLL_SECONDS = 1.0
REPLAY_LIMIT = 5000
TITLE = 300


async def in_reader(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a read of the database outside the event loop; few threads, since each holds a connection."""
    return await _in(_readers, function, *args, **kwargs)


async def in_parser(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Read a large body outside the event loop: few threads, and none that people's pages wait for."""
    return await _in(_parsers, function, *args, **kwargs)


async def in_command(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what waits for the writer outside the event loop: more threads, since what waits together is committed together.

    Reads are not kept waiting by it.
    """
    return await _in(_commands, function, *args, **kwargs)


async def outcome_of(asked: "Future[T]") -> T:
    """What the writer makes of `asked`, waited for by no thread: threads that wake together stand in each other's way."""
    return asked.result() if asked.done() else await asyncio.wrap_future(asked)


async def _in(pool: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    def run() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            if (on_postgresql() and pool is _commands) or connection.errors_occurred:
                # What few threads use all the time they keep: to fetch a connection takes as long as a read. Many that
                # are idle keep none that another could use.
                connection.close()

    return await asyncio.get_running_loop().run_in_executor(pool, run)


def millis(at: datetime | None) -> int:
    return int(at.timestamp() * 1000) if at else 0


def rows_of(decisions: Iterable[Decision], now: datetime) -> list[dict[str, Any]]:
    """Each decision as the row that every reader gets: names and titles as they are drawn, not as they were sent."""
    listed = list(decisions)
    known = register.latest()
    names = register.names({row.decided_by for row in listed if row.decided_by})
    return [_row(row, known, names, now) for row in listed]


def _row(row: Decision, known: register.Register, names: dict[Any, str], now: datetime) -> dict[str, Any]:
    state = effective_state(row, now)
    agent = known.agents.get(row.agent_id)
    return {
        "seq": row.last_seq,
        "id": str(row.id),
        "version": row.version,
        "at": millis(row.occurred_at),
        "due": _due(row, state, now),
        "stopped": row.stopped_at is not None,
        "service": inert.visible(row.service),
        "environment": inert.visible(row.environment),
        "tier": row.tier,
        "agent": agent.slug if agent else "",
        "kind": inert.visible(row.kind),
        "state": str(state),
        "title": inert.name(row.title, TITLE),
        "risk": row.risk,
        "level": row.level_used,
        "ruled": row.level_ruled,
        "beyond": row.beyond,
        "episode": inert.visible(row.episode),
        "by": names.get(row.decided_by, "") if row.decided_by else "",
        "outcome": row.outcome,
        "owed": row.sign_off == SignOff.REQUIRED and state not in UNDER_WAY,
        "replayed": row.replayed,
    }


def _due(row: Decision, state: State, now: datetime) -> int:
    """When the page counts to, in milliseconds: the end of a window as long as somebody is there, else of the hold."""
    if state not in HOLDING:
        return 0
    left = window_left_ms(row) if state is State.WINDOW else None
    return millis(row.hold_until) if left is None else min(millis(now) + left, millis(row.hold_until))


def head_seq() -> int:
    """The newest seq; -1 while the ledger is empty."""
    return ledger.size() - 1


COLUMNS = (
    *("seq", "id", "version", "last_seq", "agent_id", "episode", "service", "environment", "kind", "tier"),
    *("level_ruled", "level_used", "beyond", "risk", "title", "state", "outcome", "outcome_observed", "replayed"),
    *("occurred_at", "hold_until", "window_ms", "served_due", "stopped_at", "claim_until", "lease_until", "to_revert"),
    *("protect_until", "decided_by", "sign_off", "beat_until", "served_ms", "resumed_ms"),
)
"""What a row shows and its state asks for: read alone, it is as good as a whole decision and takes half the time."""


def _shown(rows: "QuerySet[Decision]") -> Any:
    return rows.values_list(*COLUMNS, named=True)


def changed_after(seq: int, limit: int) -> tuple[list[dict[str, Any]], int, bool]:
    """(rows of decisions that changed after entry `seq`, seq reached, whether more follow); each decision once, as now.

    Read on from the seq reached, nothing is skipped and no version of a row comes twice.
    """
    # Read before the rows: what is committed between the two reads is then read on from, or there with its own seq.
    head = head_seq()
    found = list(_shown(Decision.objects.filter(last_seq__gt=seq).order_by("last_seq"))[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    newest = found[-1].last_seq if found else seq
    return rows_of(found, clock.now()), newest if more else max(head, newest), more


def changed_before(seq: int | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """(rows whose last change is older than entry `seq`, newest change first; whether more follow)."""
    older = Decision.objects.order_by("-last_seq")
    if seq is not None:
        older = older.filter(last_seq__lt=seq)
    found = list(_shown(older[: limit + 1]))
    return rows_of(found[:limit], clock.now()), len(found) > limit


def missed(seq: int) -> int:
    """How many decisions changed after `seq`, counted up to one more than a replay may hold."""
    return Decision.objects.filter(last_seq__gt=seq)[: REPLAY_LIMIT + 1].count()


def snapshot(limit: int) -> dict[str, Any]:
    """The latest rows with the seq that they are complete up to: snapshot and stream together have no hole."""
    head = head_seq()
    now = clock.now()
    # The latest changes, as `changed_before` goes on with them; then in the order in which they are read.
    latest = list(_shown(Decision.objects.order_by("-last_seq")[:limit]))
    rows = rows_of(sorted(latest, key=lambda row: (row.occurred_at, row.seq), reverse=True), now)
    return {"seq": max(head, latest[0].last_seq) if latest else head, "now": millis(now), "rows": rows}


def held(limit: int) -> list[dict[str, Any]]:
    """The rows that wait for people, as they are now, at most so many, by deadline.

    A stop moves their deadlines, and they get no new version by it.
    """
    now = clock.now()
    return rows_of(_shown(open_holds(now)[:limit]), now)


class Hub:
    """Wakes the coroutines of one event loop when the ledger advances: by a hint, or by a poll each second."""

    def __init__(self) -> None:
        self.size = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self.waiting: set[asyncio.Future[int]] = set()
        self.polling: asyncio.Task[None] | None = None

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        if self.loop is None:
            hints.listen(self._committed)
        self.loop, self.waiting, self.size = loop, set(), 0
        self.polling = loop.create_task(self._poll())

    def _committed(self, size: int) -> None:
        loop = self.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake, size)

    def _wake(self, size: int) -> None:
        if size > self.size:
            self.size = size
            for future in self.waiting:
                if not future.done():
                    future.set_result(size)
            self.waiting.clear()

    async def beyond(self, seq: int, seconds: float) -> bool:
        """Wait until the ledger holds an entry after `seq`, at most `seconds`; whether it does."""
        self._start()
        if self.size > seq + 1:
            return True
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.waiting.add(future)
        try:
            # Not wait_for: on Python 3.11 it loses a cancellation that comes together with the result.
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            pass
        finally:
            self.waiting.discard(future)
        return self.size > seq + 1

    async def _poll(self) -> None:
        while True:
            if self.waiting:
                with contextlib.suppress(Exception):
                    self._wake(await in_reader(ledger.size))
            await asyncio.sleep(POLL_SECONDS)


hub = Hub()
