"""A client of the whole ASGI application, hot routes included, on a loop of its own. It must not use the network."""

import asyncio
import sys
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils.module_loading import import_string

from decisions import ledger
from decisions.models import Agent, Person
from decisions.vocab import Scope
from tests import factories

CSRF = "c" * 32
ALWAYS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
# Without it httpx looks for it at each request, in every folder there is.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # which says that it is not there


class Loop:
    """An event loop in a thread, as a server has one."""

    def __init__(self) -> None:
        # Not at import: whitenoise warns of the folder that no test collects its files into.
        self.application: Any = import_string("oversight.asgi.application")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="api-loop", daemon=True)
        self.thread.start()

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def stop(self) -> None:
        async def cancel() -> None:
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.start(cancel()).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@dataclass(frozen=True)
class Api:
    """Sends requests as one caller: nobody, an agent or a person."""

    loop: Loop
    headers: dict[str, str] = field(default_factory=dict)

    def start(self, method: str, path: str, **given: Any) -> "Future[httpx.Response]":
        """The request under way. Headers as a list of pairs may repeat a name."""
        more = given.pop("headers", {})
        own = ALWAYS | self.headers
        headers = [*own.items(), *more] if isinstance(more, list) else own | more
        request = httpx.Request(method, f"http://localhost{path}", headers=headers, **given)

        async def sent() -> httpx.Response:
            # Without a client around it, which would take as long as the answer.
            transport = httpx.ASGITransport(app=self.loop.application, raise_app_exceptions=False)
            response = await transport.handle_async_request(request)
            response.request = request
            await response.aread()
            return response

        return self.loop.start(sent())

    def send(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self.start(method, path, **given).result(30)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.send("GET", path, **given)

    def post(self, path: str, body: Any = None, **given: Any) -> httpx.Response:
        if body is not None:
            given["json"] = body
        return self.send("POST", path, **given)

    def event(self, *events: Any, **given: Any) -> httpx.Response:
        """One event structured, several as a batch."""
        batch = "-batch" if len(events) != 1 else ""
        headers = {"Content-Type": f"application/cloudevents{batch}+json"} | given.pop("headers", {})
        body = list(events) if batch else events[0]
        return self.post("/api/v1/events", body, headers=headers, **given)

    def command(self, path: str, body: Any, *, key: str = "", version: int | None = None) -> httpx.Response:
        """A person's command on a decision."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        return self.post(path, body, headers=headers)

    def by_key(self, key: str) -> "Api":
        return Api(self.loop, {"Authorization": f"Bearer {key}"})

    def as_agent(self, agent: Agent, *scopes: Scope) -> "Api":
        return self.by_key(factories.AgentClient.of(agent, *scopes).key)

    def as_person(self, person: Person) -> "Api":
        """A browser in which `person` has just signed in."""
        browser = Client()
        browser.force_login(person)
        session = browser.cookies[settings.SESSION_COOKIE_NAME].value
        cookies = f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}"
        return Api(self.loop, {"Cookie": cookies, "X-CSRFToken": CSRF})


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.stop()


@pytest.fixture
def api(transactional_db: None, loop: Loop, organisation: factories.Register) -> Api:
    """Nobody in particular, with the example company and its policy committed."""
    return Api(loop)


@pytest.fixture
def writes() -> Callable[[], list[str]]:
    """The kinds of the entries that were appended since this was asked for."""
    before = ledger.size()

    def since() -> list[str]:
        connection.close()
        return [str(entry.kind) for entry in ledger.entries(before, ledger.size() - 1)]

    return since


def problem(answer: httpx.Response, status: int, slug: str = "") -> dict[str, Any]:
    """The problem document of `answer`, checked to be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("/problems/")
    assert body["title"]
    if slug:
        assert body["type"] == f"/problems/{slug}", body
    return body
