"""Claim: a flood that the server cannot take makes it send callers away, not grow, fall or forget.

For ten minutes more is sent than the server can hold: batches of 10,000 events over 48 connections and single ones over
64, each sent again after Retry-After when it is sent away. The server's memory is read every few seconds. At the end
every event that was acknowledged is looked for in the ledger, and must be there once.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.flood [--seconds 600]
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import installed  # isort: skip - it sets the product up
from benchmarks.http import cuts
from benchmarks.plain import event
from decisions import ledger
from decisions.intake.told import ref_key
from decisions.models import Agent, Decision
from decisions.models.bulk import chunks
from decisions.recording import stop
from decisions.vocab import Kind

BATCH, BATCHES, SINGLES = 10_000, 48, 64
EVERY = 5.0
"""Seconds from one reading of the memory to the next."""
CUT = 0
"""Stands for the status where a connection ended without an answer."""
LAST = 120
"""How long those who still wait for an answer when the time is over are left to wait."""


@dataclass
class Flood:
    """What is sent, and what came of it."""

    port: int
    key: str
    until: float
    numbers: Iterator[int] = field(default_factory=itertools.count)
    stored: list[range] = field(default_factory=list)
    """The numbers of the events that were acknowledged."""
    open: int = 0
    """How many events were sent and had no answer at the end: they may be there or not."""
    answers: Counter[int] = field(default_factory=Counter)
    told_when: int = 0
    """How often a caller was sent away with the time to come back."""
    took: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """(seconds since the beginning, MiB that the server holds)."""

    def next(self, count: int) -> range:
        number = next(self.numbers)
        return range(number * BATCH, number * BATCH + count)

    async def client(self, count: int) -> None:
        """Send batches of `count` events, one after another, until the time is over."""
        line = _Line(self.port, self.key, "cloudevents-batch+json" if count > 1 else "cloudevents+json")
        while time.monotonic() < self.until:
            numbers = self.next(count)
            body, unsure = _body(numbers), False
            self.open += count
            while True:
                began = time.monotonic()
                status, wait = await line.send(body)
                self.answers[status] += 1
                if status == 200:
                    self.took.append((time.monotonic() - began) * 1000)
                    self.stored.append(numbers)
                    self.open -= count
                    break
                if status not in (CUT, 429, 503):
                    raise AssertionError(status)
                unsure |= status == CUT
                self.told_when += wait is not None
                if time.monotonic() > self.until:
                    # What was sent away is not there; what was cut off may be.
                    self.open -= 0 if unsure else count
                    break
                await asyncio.sleep(wait or 1)
        line.close()

    async def watch(self, pid: int, began: float) -> None:
        while True:
            self.memory.append((time.monotonic() - began, memory(pid, "VmRSS")))
            await asyncio.sleep(EVERY)


class _Line:
    """A connection, made anew when the server has closed it: it does with a caller that it sends away unread."""

    def __init__(self, port: int, key: str, media: str) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.head = f"POST /api/v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\n{key}content-type: application/{media}\r\n"

    async def send(self, body: bytes) -> tuple[int, float | None]:
        """(status, seconds of Retry-After); CUT where the connection ended before an answer."""
        try:
            if self.streams is None:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            reader, writer = self.streams
            writer.write(f"{self.head}content-length: {len(body)}\r\n\r\n".encode() + body)
            start = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            fields = dict(line.split(": ", 1) for line in start.split("\r\n")[1:] if ": " in line)
            await reader.readexactly(int(fields["content-length"]))
        except (asyncio.IncompleteReadError, OSError):
            self.close()
            return CUT, None
        if fields.get("connection") == "close":
            self.close()
        return int(start[9:12]), float(fields["retry-after"]) if "retry-after" in fields else None

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None


ONE = json.dumps(event(0, "s-0")).replace('"bench-0"', '"bench-@"').replace('"d-0"', '"d-@"')


def _body(numbers: range) -> bytes:
    # Put together from text: the client must not need the processor that the server is to be flooded with.
    made = [ONE.replace("@", str(number)) for number in numbers]
    return (f"[{','.join(made)}]" if len(made) > 1 else made[0]).encode()


def memory(pid: int, name: str) -> float:
    """MiB that the process holds (VmRSS), or held at most (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


async def run(flood: Flood, pid: int) -> None:
    watching = asyncio.create_task(flood.watch(pid, time.monotonic()))
    clients = [asyncio.create_task(flood.client(count)) for count in [BATCH] * BATCHES + [1] * SINGLES]
    ended, waiting = await asyncio.wait(clients, timeout=flood.until - time.monotonic() + LAST)
    for one in (*waiting, watching):
        one.cancel()
    for one in ended:
        one.result()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--port", type=int, default=8772)
    chosen = parser.parse_args()
    try:
        agent, headers = installed.prepare()
        about = f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores"
        print(f"{about}, load {os.getloadavg()[0]:.1f}", flush=True)
        first = ledger.size()
        with installed.serving(chosen.port) as server:
            flood = Flood(chosen.port, headers["agent"], time.monotonic() + chosen.seconds)
            asyncio.run(run(flood, server.pid))
            peak = memory(server.pid, "VmHWM")
        report(flood, chosen.seconds, peak)
        return 0 if whole(flood, agent, first) else 1
    finally:
        stop()
        installed.remove()


def report(flood: Flood, seconds: int, peak: float) -> None:
    events = sum(map(len, flood.stored))
    print(f"{events:,} events stored, {events / seconds:,.0f}/s; load {os.getloadavg()[0]:.1f}")
    counted = ", ".join(f"{count:,} × {status or 'cut off'}" for status, count in sorted(flood.answers.items()))
    print(f"answers: {counted}; {flood.told_when:,} of those sent away were told when to come back")
    if len(flood.took) > 1:
        p50, p99 = cuts(flood.took)
        print(f"an answer of 200 after p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    held = [held for _, held in flood.memory]
    tenth = max(1, len(held) // 10)
    course = ", ".join(
        f"{statistics.median(held[at : at + tenth]):.0f}" for at in range(0, len(held) - tenth + 1, tenth)
    )
    print(f"memory of the server at most {peak:.0f} MiB; its median in each tenth of the time: {course}")


def whole(flood: Flood, agent: Agent, first: int) -> bool:
    """Whether the ledger holds every acknowledged event once, and none but what was sent."""
    lost = 0
    for some in chunks(number for numbers in flood.stored for number in numbers):
        keys = [ref_key(agent.id, f"d-{number}") for number in some]
        lost += len(some) - Decision.rows.filter(ref_key__in=keys).count()
    reported = sum(1 for page in ledger.pages_of([Kind.ACTION_REPORTED], first, ledger.size()) for _ in page)
    acknowledged, decisions = sum(map(len, flood.stored)), Decision.rows.count()
    print(
        f"acknowledged {acknowledged:,}, lost {lost}; entries of them {reported:,}, decisions {decisions:,}, unanswered {flood.open:,}"
    )
    return lost == 0 and reported == decisions and acknowledged <= reported <= acknowledged + flood.open


if __name__ == "__main__":
    sys.exit(main())
