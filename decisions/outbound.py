"""Requests that leave this house, to addresses that an operator has written down. Short, bounded, and nowhere else.

https alone, but to this machine; no redirect is followed, no proxy of the environment used, no more read than was agreed.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MOST_BYTES = 64 * 1024
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class UnreachableError(Exception):
    """There was no answer that can be used; the message says why, without what was answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


def why_not(url: str) -> str:
    """Why nothing is sent to `url`; empty where it may be."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is no address"
    if parts.username or parts.password or parts.query or parts.fragment or not host:
        return "it is a host and a path, without user, query or fragment"
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        return "it is not https"
    return ""


def post(url: str, body: bytes, content_type: str) -> Answer:
    """What is answered at `url`. Raises UnreachableError."""
    if why := why_not(url):
        raise UnreachableError(f"{url} is never asked: {why}")
    until = time.monotonic() + TOTAL_SECONDS
    limits = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
    try:
        with (
            httpx.Client(timeout=limits, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers={"Content-Type": content_type}) as answer,
        ):
            parts: list[bytes] = []
            for part in answer.iter_bytes(4096):
                parts.append(part)
                if sum(map(len, parts)) > MOST_BYTES:
                    raise UnreachableError("it answers with more than 64 KiB")
                if time.monotonic() > until:
                    raise UnreachableError("it takes too long")
            return Answer(answer.status_code, b"".join(parts), answer.headers)
    except httpx.HTTPError as error:
        raise UnreachableError(f"it does not answer: {type(error).__name__}") from None
