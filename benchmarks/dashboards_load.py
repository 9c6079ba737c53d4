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
from typing import Any, cast

from benchmarks.http import Line

CHAIN = re.compile(rb'\{"t":"rows","seq":(\d+),"prev":(-?\d+)')
PING, PONG = 9, 10
LONG = {126: 4, 127: 10}
"""Where a payload begins whose length does not fit the second byte."""
AT_ONCE, SERVICES = 50, 40
EVERY = 0.05
MEDIA = "application/cloudevents-batch+json"


class Page(asyncio.Protocol):
    """Another page that is open: it follows the chain of frames and reads no row (RFC 6455, as much of it as that takes).

    A library would take most of a core for a thousand of them, from the server that is measured.
    """

    def __init__(self, request: bytes, ready: "asyncio.Queue[None]") -> None:
        self.request, self.ready = request, ready
        self.upgraded = asyncio.get_running_loop().create_future()
        self.held = bytearray()
        self.first = self.seq = -1
        self.frames = self.gaps = 0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def data_received(self, data: bytes) -> None:
        self.held += data
        if not self.upgraded.done():
            head, end, rest = bytes(self.held).partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head[:200]
            self.held = bytearray(rest)
            self.upgraded.set_result(None)
        while self._take():
            pass

    def _take(self) -> bool:
        """Take one whole frame, if there is one: the server sends none in parts."""
        held = self.held
        start = LONG.get(held[1], 2) if len(held) > 1 else 2
        if len(held) < start:
            return False
        short = held[1]
        length = int.from_bytes(held[2:start], "big") if start > 2 else short
        if len(held) < start + length:
            return False
        kind, text = held[0] & 15, bytes(held[start : start + min(length, 125)])
        del held[: start + length]
        if kind == PING:
            # Masked with nothing, as a client's frames are masked.
            self.transport.write(bytes([0x80 | PONG, 0x80 | length]) + bytes(4) + text)
        elif text.startswith(b'{"t":"live"'):
            self.ready.put_nowait(None)
        elif found := CHAIN.match(text):
            seq, prev = int(found[1]), int(found[2])
            self.gaps += self.seq != -1 and prev > self.seq
            self.seq, self.frames = max(self.seq, seq), self.frames + 1
        return True


async def pages(port: int, count: int, headers: str) -> dict[str, Any]:
    cookie = headers.split("\r\n", maxsplit=1)[0]
    request = (
        f"GET /ws/timeline HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: http://127.0.0.1:{port}\r\n{cookie}\r\n"
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()
    gate, ready, over = asyncio.Semaphore(AT_ONCE), asyncio.Queue[None](), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)

    async def open_one() -> Page:
        async with gate:
            _, page = await loop.create_connection(lambda: Page(request, ready), "127.0.0.1", port)
            await page.upgraded
        return page

    began = time.monotonic()
    opened = await asyncio.gather(*(open_one() for _ in range(count)))
    for _ in opened:
        await ready.get()
    print(json.dumps({"open_after": time.monotonic() - began}), flush=True)
    await over.wait()
    seqs = [page.seq for page in opened]
    found = {
        "lost": sum(page.lost for page in opened),
        "gaps": sum(page.gaps for page in opened),
        "frames": sum(page.frames for page in opened),
        "seqs": [min(seqs, default=0), max(seqs, default=0)],
    }
    for page in opened:
        page.transport.abort()
    return found


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
