"""Bodies that are no commands: each is refused before anything is written, by every endpoint that takes a body."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from decisions.models import Agent, Person
from tests.api.conftest import Api, problem
from tests.api.endpoints import TAKE_A_BODY, Endpoint

Writes = Callable[[], list[str]]
DEEP = b"[" * 17 + b"]" * 17
RUBBISH: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"verdict=approve",
    "two values": b"{} {}",
    "not UTF-8": b'{"reason": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a mark of byte order": b"\xef\xbb\xbf{}",
    "a duplicate key": b'{"verdict": "veto", "verdict": "approve"}',
    "NaN": b'{"version": NaN}',
    "Infinity": b'{"version": -Infinity}',
    "too large a number": b'{"version": 1e999}',
    "2^53": b'{"version": 9007199254740992}',
    "a million digits": b'{"version": ' + b"9" * 60_000 + b"}",
    "a lone surrogate": b'{"reason": "\\ud800"}',
    "a lone surrogate as a key": b'{"\\udfff": 1}',
    "NUL": b'{"reason": "a\\u0000b"}',
    "depth 17": b'{"reason": ' + DEEP[:-17] + DEEP[-17:] + b"}",
    "deep enough to break": b"[" * 20_000,
    "an unknown field": b'{"no_such_field": 1}',
    "a list": b"[1]",
    "a text": b'"veto"',
    "null": b"null",
    "wrong types": b'{"verdict": 1, "judgement": [], "period": {}, "action": "x", "decision": 7, "specversion": 1.0}',
    "trailing comma": b'{"verdict": "veto",}',
    "a comment": b'{"verdict": "veto" /* */}',
    "single quotes": b"{'verdict': 'veto'}",
}
each = pytest.mark.parametrize("endpoint", TAKE_A_BODY, ids=str)


def caller(api: Api, endpoint: Endpoint, agent: Agent, person: Person) -> Api:
    """Somebody who may call `endpoint`."""
    return api.as_agent(agent) if endpoint.scope and not endpoint.people else api.as_person(person)


def send(who: Api, endpoint: Endpoint, body: Any, **headers: str) -> Any:
    media = {"Content-Type": "application/json"}
    return who.post(endpoint.path, content=body, headers=media | endpoint.headers | headers)


@each
def test_rubbish_is_refused(api: Api, agent: Agent, manager: Person, writes: Writes, endpoint: Endpoint) -> None:
    who = caller(api, endpoint, agent, manager)
    for name, body in RUBBISH.items():
        if name == "a list" and "events" in endpoint.path:
            assert problem(send(who, endpoint, body), 400)["index"] == 0
            continue
        answer = send(who, endpoint, body)
        assert answer.status_code == 400, (name, answer.text)
        problem(answer, 400)
    assert writes() == []


@each
def test_a_field_too_many_is_refused(
    api: Api, agent: Agent, manager: Person, writes: Writes, endpoint: Endpoint
) -> None:
    who = caller(api, endpoint, agent, manager)
    problem(send(who, endpoint, json.dumps({**endpoint.body, "approved_by": "me"})), 400)
    assert writes() == []


@each
def test_each_field_of_a_wrong_type(
    api: Api, agent: Agent, manager: Person, writes: Writes, endpoint: Endpoint
) -> None:
    who = caller(api, endpoint, agent, manager)
    for name in endpoint.body:
        wrong: Any
        no_list = [None] if isinstance(endpoint.body[name], list) else []
        for wrong in (7.5, no_list, {"x": 1}, "maybe" if isinstance(endpoint.body[name], bool) else True):
            # Any object is a document; whether it is a policy is another question.
            expected = 422 if name == "document" and isinstance(wrong, dict) else 400
            problem(send(who, endpoint, json.dumps({**endpoint.body, name: wrong})), expected)
    assert writes() == []


@each
def test_sizes(api: Api, agent: Agent, manager: Person, writes: Writes, endpoint: Endpoint) -> None:
    """65 KiB is too much for a command and for an event; 16 MiB and a byte for anything."""
    who = caller(api, endpoint, agent, manager)
    padded = json.dumps({**endpoint.body, "reason": "x" * 65 * 1024}).encode()
    problem(send(who, endpoint, padded), 413, "too-large")
    problem(send(who, endpoint, b" " * (16 * 1024 * 1024 + 1)), 413, "too-large")

    async def in_parts() -> Any:
        for _ in range(17 * 16):
            yield b" " * 64 * 1024

    problem(send(who, endpoint, in_parts()), 413, "too-large")
    assert writes() == []


@each
def test_media_types(api: Api, agent: Agent, manager: Person, writes: Writes, endpoint: Endpoint) -> None:
    who = caller(api, endpoint, agent, manager)
    for media in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
    ):
        problem(send(who, endpoint, b"verdict=veto", **{"Content-Type": media}), 415, "unsupported-media-type")
    broken = {"Content-Type": "multipart/form-data; boundary=" + "x" * 300}
    answer = send(who, endpoint, b"--x\r\nbroken", **broken)
    assert answer.status_code in (400, 415)
    problem(answer, answer.status_code)
    assert writes() == []


@each
def test_a_packed_body_is_taken_for_events_alone(
    api: Api, agent: Agent, manager: Person, writes: Writes, endpoint: Endpoint
) -> None:
    who = caller(api, endpoint, agent, manager)
    answer = send(who, endpoint, b"\x1f\x8b\x08\x00cut", **{"Content-Encoding": "gzip"})
    assert answer.status_code in (400, 415)
    problem(answer, answer.status_code)
    assert writes() == []


def test_a_body_in_parts_is_read_whole(api: Api, manager: Person) -> None:
    """A client that streams states no length."""

    async def parts() -> Any:
        yield b'{"period": '
        yield b'"2026-01"}'

    answer = api.as_person(manager).post(
        "/api/v1/reports", content=parts(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 202, answer.text
