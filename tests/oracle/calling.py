"""HTTP without a network or a thread: requests are answered by the product's own routes, inside the test's transaction.

It must not be used for a route that waits: nothing else would run meanwhile.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

import pytest
from django.test import Client

from decisions.models import Person
from oversight.routing import hot_routes

P = ParamSpec("P")
T = TypeVar("T")


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


async def at_once(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In place of the readers' threads: they would see nothing of what the test has not committed."""
    return function(*args, **kwargs)


def without_threads(patch: pytest.MonkeyPatch) -> None:
    for module in ("approvals.api.gate", "approvals.api.hot", "approvals.api.polls", "decisions.auth.keys"):
        patch.setattr(f"{module}.in_reader", at_once)
        patch.setattr(f"{module}.in_command", at_once, raising=False)


def as_agent(key: str, method: str, path: str, body: Any = None) -> Answer:
    """One request of a machine, through the thin routes."""
    raw = b"" if body is None else json.dumps(body).encode()
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "idempotency-key": uuid.uuid4().hex,
        "host": "localhost",
    }
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    application = hot_routes(scope)
    assert application is not None, path
    running = application(scope, receive, send)
    try:
        running.send(None)
    except StopIteration:
        return Answer(sent[0]["status"], json.loads(sent[1]["body"]))
    running.close()
    raise AssertionError(f"{method} {path} waits")


class Browser:
    """A browser in which `person` has just signed in."""

    def __init__(self, person: Person) -> None:
        self.person, self.client = person, Client()
        self.signed_in_at = 0.0
        self.sign_in()

    def sign_in(self) -> None:
        """Again, where it is longer ago than a minute: many walks take longer than a sign-in counts as recent."""
        if time.monotonic() - self.signed_in_at > 60:
            self.client.force_login(self.person)
            self.signed_in_at = time.monotonic()

    def post(self, path: str, body: Any, *, version: int | None = None) -> Answer:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        answer = self.client.post(path, json.dumps(body), content_type="application/json", headers=headers)
        return Answer(answer.status_code, answer.json())
