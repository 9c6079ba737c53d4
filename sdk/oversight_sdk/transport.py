"""Performs the steps of the protocol over HTTP, blocking or on an event loop. It must not follow a redirect, nor read without bounds."""

import asyncio
import functools
import ssl
import time
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx

from oversight_sdk.errors import ConfigError
from oversight_sdk.steps import NoReply, Pause, Reply, Request, Step, Steps, Work

T = TypeVar("T")

LONGEST_ANSWER = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the gate is and who asks. The key is in no text that this makes."""

    url: str
    key: str

    @classmethod
    def of(cls, url: str, key: str) -> Self:
        """Raises ConfigError where the URL or the key cannot be used."""
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            raise ConfigError("the gate's URL cannot be read") from None
        if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo or parsed.query:
            raise ConfigError("the gate's URL is http(s)://host, without a user or a query")
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigError("the key of the agent is missing or is not a key")
        return cls(url.rstrip("/"), key)

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r})"

    def headers(self, request: Request) -> dict[str, str]:
        made = {"Authorization": f"Bearer {self.key}", "Accept": "application/json", "Accept-Encoding": "identity"}
        made |= {"Content-Type": "application/json"} if request.body is not None else {}
        return made | ({"Idempotency-Key": request.key} if request.key else {})


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts, read once: an asynchronous call makes a client of its own."""
    return httpx.create_ssl_context()


def _after(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0


def _wait(request: Request) -> httpx.Timeout:
    return httpx.Timeout(request.timeout, connect=min(5.0, request.timeout))


def _short(error: Exception) -> NoReply:
    return NoReply(type(error).__name__)


class Transport:
    """Performs steps with a blocking HTTP client; several threads may share it."""

    def __init__(self, endpoint: Endpoint, *, http: httpx.Client | None = None) -> None:
        self.endpoint = endpoint
        self.http = http or httpx.Client(follow_redirects=False, verify=_trusted())

    def run(self, steps: Steps[T]) -> T:
        """The value that `steps` ends with."""
        try:
            step = next(steps)
            while True:
                try:
                    got = self._perform(step)
                except BaseException as error:  # noqa: BLE001 - the steps decide what any failure means
                    step = steps.throw(error)
                else:
                    step = steps.send(got)
        except StopIteration as end:
            value: T = end.value
            return value

    def _perform(self, step: Step) -> Any:
        match step:
            case Pause():
                return time.sleep(step.seconds)
            case Work():
                return step.function()
            case Request():
                return self._send(step)

    def _send(self, request: Request) -> Reply | NoReply:
        until = time.monotonic() + request.timeout
        try:
            with self.http.stream(
                request.method,
                self.endpoint.url + request.path,
                content=request.body,
                headers=self.endpoint.headers(request),
                timeout=_wait(request),
                follow_redirects=False,
            ) as response:
                body = b""
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LONGEST_ANSWER or time.monotonic() > until:
                        return NoReply("an answer too long or too slow")
                return Reply(response.status_code, body, _after(response))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            return _short(error)

    def close(self) -> None:
        self.http.close()


class AsyncTransport:
    """Performs steps on an event loop; it belongs to the loop that it was made in."""

    def __init__(self, endpoint: Endpoint, *, http: httpx.AsyncClient | None = None) -> None:
        self.endpoint = endpoint
        self.http = http or httpx.AsyncClient(follow_redirects=False, verify=_trusted())

    async def run(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    got = await self._perform(step)
                except BaseException as error:  # noqa: BLE001 - the steps decide what any failure means
                    step = steps.throw(error)
                else:
                    step = steps.send(got)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _perform(self, step: Step) -> Any:
        match step:
            case Pause():
                return await asyncio.sleep(step.seconds)
            case Work():
                return await asyncio.to_thread(step.function)
            case Request():
                return await self._send(step)

    async def _send(self, request: Request) -> Reply | NoReply:
        try:
            async with (
                asyncio.timeout(request.timeout),
                self.http.stream(
                    request.method,
                    self.endpoint.url + request.path,
                    content=request.body,
                    headers=self.endpoint.headers(request),
                    timeout=_wait(request),
                    follow_redirects=False,
                ) as response,
            ):
                body = b""
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > LONGEST_ANSWER:
                        return NoReply("an answer too long")
                return Reply(response.status_code, body, _after(response))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            return _short(error)

    async def close(self) -> None:
        await self.http.aclose()
