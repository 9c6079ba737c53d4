"""Who is not known takes nothing of the room that large bodies share."""

import asyncio
from typing import Any

import pytest

from approvals.actions.change_register import change_register
from approvals.actions.handle_secret import make_secret
from approvals.organisation import Organisation, SourceRow
from decisions.api import hot
from decisions.api.hooks import post_hook
from decisions.api.otlp import post_logs, post_traces
from tests.api.conftest import Api

CALLS = {"/v1/traces": post_traces, "/v1/logs": post_logs, "/hooks/alertmanager": post_hook, "/hooks/github": post_hook}


def ask(path: str, headers: dict[str, str]) -> tuple[int, int]:
    """The status that a request gets, and how many parts of its body were read."""
    read, sent = [], []

    async def receive() -> dict[str, Any]:
        read.append(1)
        return {"type": "http.request", "body": b" " * 20_000, "more_body": len(read) < 3}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    given = {"content-type": "application/json", "content-length": "60000"} | headers
    raw = [(name.encode(), value.encode()) for name, value in given.items() if value]
    scope = {"type": "http", "method": "POST", "path": path, "headers": raw, "query_string": b""}

    async def called() -> None:
        await hot.hot("POST", CALLS[path])(scope, receive, send)

    asyncio.run(called())
    return sent[0]["status"], len(read)


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("length", ["60000", ""])
@pytest.mark.parametrize("shown", ["", "Bearer whsec_nothing", "Bearer gk_live_nothing", "Basic ="])
def test_the_large_body_of_a_stranger_is_not_read(api: Api, path: str, length: str, shown: str) -> None:
    assert ask(path, {"content-length": length, "authorization": shown}) == (401, 0)


@pytest.mark.parametrize(("system", "by_secret"), [("alertmanager", True), ("github", False)])
def test_the_large_body_of_one_who_is_known_or_may_have_signed_it_is_read(
    api: Api, system: str, by_secret: bool
) -> None:
    row = SourceRow("one", "One", system, "", None, True)
    change_register(Organisation(sources=[row]), actor=None)
    secret = make_secret("one", actor=None)
    status, read = ask(f"/hooks/{system}", {"authorization": f"Bearer {secret}"} if by_secret else {})
    assert (status, read) == (400 if by_secret else 401, 3)
