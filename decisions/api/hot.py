"""Thin ASGI for the machine routes that must be quick. Everything they do is in the same functions as the rest.

A hot route is an async function from a Request to (status, body); a Problem it raises becomes the answer.
"""

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from decisions.api.problems import MEDIA_TYPE, as_problem, headers_of
from decisions.errors import Problem, bad_request, request_id, too_large

log = logging.getLogger(__name__)
SMALL = 16 * 1024
"""Up to this size a body is read on the event loop: handing it to a thread would cost more."""
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
ONCE = frozenset({"authorization", "content-type", "content-encoding", "content-length", "idempotency-key"})


@dataclass
class Request:
    """One HTTP request of a hot route."""

    scope: Scope
    receive: Receive
    headers: dict[str, str]
    answered: dict[str, str] = field(default_factory=dict)
    """Headers that its answer gets, whatever that is."""
    held: int = 0
    """How many bytes of large bodies it holds."""

    async def body(self, limit: int) -> bytes:
        """The raw body. Raises 413 as soon as more than `limit` bytes have come."""
        stated = self.headers.get("content-length", "")
        if stated.isdigit() and int(stated) > limit:
            raise too_large(limit)
        parts, size = [], 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Problem(400, "disconnected", "The request was cut off")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise too_large(limit)
            if size > SMALL:
                self.held += _large.take(size - self.held)
            if not message.get("more_body", False):
                return b"".join(parts)

    @contextlib.asynccontextmanager
    async def left(self, gone: Callable[[], None]) -> AsyncIterator[None]:
        """Inside, call `gone` as soon as the client has closed the connection. For a request without a body."""

        async def listen() -> None:
            while (await self.receive())["type"] != "http.disconnect":
                pass
            gone()

        listening = asyncio.create_task(listen())
        try:
            yield
        finally:
            listening.cancel()


class Budget:
    """How many bytes of large bodies a process holds at once: what comes in faster than it is stored is sent away."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0

    def take(self, size: int) -> int:
        """Count `size` more. Raises a 429 problem where that is too much."""
        if self.held + size > self.most:
            raise Problem(
                429,
                "queue-full",
                "Too much at once",
                "More is being read than this process can hold. Send it again after the time in Retry-After.",
                {"retryable": True, "retry_after_s": 2},
            )
        self.held += size
        return size

    def give_back(self, size: int) -> None:
        self.held -= size


_large = Budget(128 << 20)


@dataclass(frozen=True, slots=True)
class Text:
    """A body that is plain text, with headers of its own."""

    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Raw:
    """A body in a form of its own."""

    content: bytes
    media: str


Answer = tuple[int, Any]
"""Status and body: a Text, a Raw, or what is sent as JSON."""
Route = Callable[[Request], Awaitable[Answer]]


def hot(method: str, route: Route) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """`route` as an ASGI application that answers `method` alone."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        id_ = uuid.uuid4().hex
        token = request_id.set(id_)
        try:
            status, body, headers = await _answer(scope, receive, method, route)
        finally:
            request_id.reset(token)
        head = [(b"content-type", headers.pop("Content-Type").encode()), (b"x-request-id", id_.encode())]
        head += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        head += [(b"cache-control", b"no-store"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    return application


def refuse_large(limit: int) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An application that answers 413 without reading the body, whatever the method."""

    async def refuse(request: Request) -> Answer:
        raise too_large(limit)

    return hot("", refuse)


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by lower-case name. Raises 400 where one that decides something is there twice."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in found and (name in ONCE or name.startswith("ce-")):
            raise bad_request(f"The header {name[:60]} is there twice.")
        found[name] = f"{found[name]}; {value}" if name == "cookie" and name in found else value
    return found


def _allowed(scope: Scope, method: str) -> None:
    if method and scope["method"] != method:
        raise Problem(405, "method-not-allowed", "The method is not allowed here", f"Use {method}.")


async def _answer(scope: Scope, receive: Receive, method: str, route: Route) -> tuple[int, bytes, dict[str, str]]:
    request = Request(scope, receive, {})
    try:
        return await _routed(request, method, route)
    finally:
        _large.give_back(request.held)


async def _routed(request: Request, method: str, route: Route) -> tuple[int, bytes, dict[str, str]]:
    scope = request.scope
    try:
        _allowed(scope, method)
        request.headers = _headers(scope)
        status, body = await route(request)
    except Exception as error:
        problem = as_problem(error)
        if problem is None:
            log.exception("a hot route failed")
            problem = Problem(
                500, "fault", "The server failed", "Nothing that was answered with 2xx is lost. Try again."
            )
        more = request.answered | ({"Allow": method} if problem.status == 405 else {})
        return problem.status, _json(problem.document()), {"Content-Type": MEDIA_TYPE, **headers_of(problem), **more}
    if isinstance(body, Text):
        return (
            status,
            body.text.encode(),
            {"Content-Type": "text/plain; charset=utf-8", **body.headers, **request.answered},
        )
    if isinstance(body, Raw):
        return status, body.content, {"Content-Type": body.media, **request.answered}
    return status, _json(body), {"Content-Type": "application/json", **request.answered}


_json_text = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), default=str)


def _json(value: Any) -> bytes:
    return _json_text(value).encode()
