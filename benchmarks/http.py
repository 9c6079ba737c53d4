"""A bare HTTP client over asyncio, so that what is measured is the server. It must not import the product."""

import asyncio
import json
import socket
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple


class Answer(NamedTuple):
    status: int
    body: Any
    ms: float
    at: float
    """When it was there, by the monotonic clock, which all processes of this machine share."""


class Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, headers: str, body: Any = None, media: str = "application/json"
    ) -> Answer:
        """Send one request and read its answer; a command has a key of its own."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        reader, writer = self.streams
        sent = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}"
        if sent:
            head += f"content-type: {media}\r\ncontent-length: {len(sent)}\r\nidempotency-key: {uuid.uuid4().hex}\r\n"
        began = time.monotonic()
        writer.write(head.encode() + b"\r\n" + sent)
        start = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next(int(line[15:]) for line in start.split("\r\n") if line.startswith("content-length:"))
        text = await reader.readexactly(length)
        at = time.monotonic()
        return Answer(int(start[9:12]), json.loads(text) if text else None, (at - began) * 1000, at)

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()


async def drive(
    port: int, clients: int, calls: list[Callable[[Line], Awaitable[Answer]]], allowed: tuple[int, ...] = (200, 201)
) -> list[Answer]:
    """The answers of all `calls`, made by so many clients at once. Raises AssertionError for another status."""
    left = list(reversed(calls))
    answers: list[Answer] = []

    async def one() -> None:
        line = Line(port)
        while left:
            answer = await left.pop()(line)
            assert answer.status in allowed, answer
            answers.append(answer)
        line.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return answers


class Posted(NamedTuple):
    """What came of posting bodies: seconds that all took, and what each took in ms."""

    seconds: float
    ms: list[float]


async def post(
    port: int, path: str, headers: str, bodies: list[bytes], connections: int, *, method: str = "POST"
) -> Posted:
    """Send each of `bodies` once, over so many kept connections. Raises AssertionError for an answer other than 200."""
    waiting = list(reversed(bodies))
    took: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        while waiting:
            body = waiting.pop()
            began = time.perf_counter()
            head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            start = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = next(int(line[15:]) for line in start.split("\r\n") if line.startswith("content-length:"))
            content = await reader.readexactly(length)
            assert start.startswith("http/1.1 200"), (start, content[:500])
            took.append((time.perf_counter() - began) * 1000)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(min(connections, len(bodies)))))
    return Posted(time.perf_counter() - began, took)


def cuts(values: list[float]) -> tuple[float, float]:
    """(p50, p99)."""
    found = statistics.quantiles(values, n=100, method="inclusive")
    return found[49], found[98]


def until_up(port: int) -> None:
    for _ in range(900):
        try:
            socket.create_connection(("127.0.0.1", port), 2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")
