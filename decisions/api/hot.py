"""Thin ASGI for the machine routes that must be quick. Everything they do is in the same functions as the rest.

A hot route is an async function from a Request to (status, body); a Problem it raises becomes the answer.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from decisions.api.problems import MEDIA_TYPE, as_problem, headers_of
from decisions.errors import Problem, request_id, too_large

log = logging.getLogger(__name__)
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

@dataclass
class Request:
    """One HTTP request of a hot route."""

    scope: Scope
    receive: Receive
    headers: dict[str, str]

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
            if not message.get("more_body", False):
                return b"".join(parts)


Answer = tuple[int, Any]
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


async def _answer(scope: Scope, receive: Receive, method: str, route: Route) -> tuple[int, bytes, dict[str, str]]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        if scope["method"] != method:
            raise Problem(405, "method-not-allowed", "The method is not allowed here", f"Use {method}.")
        status, body = await route(Request(scope, receive, headers))
    except Exception as error:  # noqa: BLE001 - every failure becomes a problem document
        problem = as_problem(error)
        if problem is None:
            log.exception("a hot route failed")
            problem = Problem(500, "fault", "The server failed", "Nothing that was answered with 2xx is lost. Try again.")
        return problem.status, _json(problem.document()), {"Content-Type": MEDIA_TYPE, **headers_of(problem)}
    return status, _json(body), {"Content-Type": "application/json"}


_json_text = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), default=str)


def _json(value: Any) -> bytes:
    return _json_text(value).encode()
