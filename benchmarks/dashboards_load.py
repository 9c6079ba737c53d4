"""The load of `benchmarks.dashboards`, in processes of their own: other people's pages, and an agent that reports at a steady rate.

    python -m benchmarks.dashboards_load pages PORT COUNT
    python -m benchmarks.dashboards_load events PORT RATE SECONDS FIRST

Headers and an event to copy come as JSON by standard input. It says what it found as a line of JSON when it is told to end, or is done. It must not import the product.
"""

import asyncio
import contextlib
import json
import re
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

import websockets

from benchmarks.http import Line

CHAIN = re.compile(r'\{"t":"rows","seq":(\d+),"prev":(-?\d+)')
AT_ONCE, SERVICES = 50, 40
EVERY = 0.05
MEDIA = "application/cloudevents-batch+json"


class Page:
    """Another page that is open: it follows the chain of frames and reads no row."""

    def __init__(self) -> None:
        self.first = self.seq = -1
        self.frames = self.gaps = 0

    async def follow(self, port: int, cookie: str, gate: asyncio.Semaphore, ready: "asyncio.Queue[None]") -> None:
        url, origin = f"ws://127.0.0.1:{port}/ws/timeline", websockets.Origin(f"http://127.0.0.1:{port}")
        async with gate:
            socket = await websockets.connect(
                url, additional_headers={"cookie": cookie}, origin=origin, max_size=2**24, open_timeout=60
            )
        async with socket:
            async for frame in socket:
                if frame.startswith('{"t":"live"'):  # type: ignore[arg-type]  # text frames alone
                    ready.put_nowait(None)
                found = CHAIN.match(str(frame[:80]))
                if found is None:
                    continue
                seq, prev = int(found[1]), int(found[2])
                self.gaps += self.seq != -1 and prev > self.seq
                self.seq, self.frames = max(self.seq, seq), self.frames + 1


async def pages(port: int, count: int, headers: str) -> dict[str, Any]:
    cookie = headers.split("\r\n", maxsplit=1)[0].partition(": ")[2]
    gate, ready, over = asyncio.Semaphore(AT_ONCE), asyncio.Queue[None](), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    opened = [Page() for _ in range(count)]
    began = time.monotonic()
    tasks = [asyncio.create_task(page.follow(port, cookie, gate, ready)) for page in opened]
    for _ in opened:
        await ready.get()
    print(json.dumps({"open_after": time.monotonic() - began}), flush=True)
    await over.wait()
    lost = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    seqs = [page.seq for page in opened]
    return {
        "lost": lost,
        "gaps": sum(page.gaps for page in opened),
        "frames": sum(page.frames for page in opened),
        "seqs": [min(seqs, default=0), max(seqs, default=0)],
    }


def like(event: dict[str, Any], number: int, time: str) -> dict[str, Any]:
    """Another event like it, of now and of one of the services."""
    data = event["data"]
    target = data["action"]["target"] | {"service": f"s-{number % SERVICES}"}
    told = data | {"decision": f"d-{number}", "action": data["action"] | {"target": target}}
    return event | {"id": f"bench-{number}", "time": time, "data": told}


async def events(port: int, rate: int, seconds: float, first: int, given: dict[str, Any]) -> dict[str, Any]:
    """So many a second, twenty requests a second at most, at their time whether or not the server keeps up."""
    headers, event = given["headers"], given["event"]
    lines = [Line(port) for _ in range(8)]
    free = asyncio.Queue[Line]()
    for line in lines:
        free.put_nowait(line)
    began, sent, answered, slow = time.monotonic(), 0, 0, 0.0
    sending: set[asyncio.Task[None]] = set()

    async def send(some: list[dict[str, Any]]) -> None:
        nonlocal answered, slow
        line = await free.get()
        answer = await line.ask("POST", "/api/v1/events", headers, some, MEDIA)
        free.put_nowait(line)
        assert answer.status == 200, answer
        answered += len(some)
        slow = max(slow, answer.ms)

    while (passed := time.monotonic() - began) < seconds:
        count = int(passed * rate) - sent
        if count:
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            some = [like(event, first + sent + at, now) for at in range(count)]
            task = asyncio.create_task(send(some))
            sending.add(task)
            task.add_done_callback(sending.discard)
            sent += count
        await asyncio.sleep(EVERY)
    await asyncio.gather(*sending)
    return {"sent": sent, "answered": answered, "slowest_answer_ms": slow}


def main(what: str, port: str, *more: str) -> None:
    given = json.load(sys.stdin)
    with contextlib.suppress(KeyboardInterrupt):
        if what == "pages":
            found = asyncio.run(pages(int(port), int(more[0]), given["headers"]))
        else:
            found = asyncio.run(events(int(port), int(more[0]), float(more[1]), int(more[2]), given))
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
