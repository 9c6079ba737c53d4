"""POST /api/v1/events: three encodings, batches, duplicates, order. Acceptance is durable, refusal writes nothing."""

import gzip
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from decisions import ledger
from decisions.models import Agent, Decision
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api, problem

Writes = Callable[[], list[str]]
BINARY = {
    "Content-Type": "application/json",
    "ce-specversion": "1.0",
    "ce-type": "oversight.decision.executed.v1",
    "ce-source": "/agents/remediator",
    "ce-id": "b-1",
}


@pytest.fixture
def sender(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent, Scope.REPORT, Scope.PROPOSE)


def test_a_structured_event_is_recorded(sender: Api, agent: Agent, writes: Writes) -> None:
    answer = sender.event(factories.event(decision="d-1"))
    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 1,
        "duplicates": 0,
        "first_seq": ledger.size() - 1,
        "last_seq": ledger.size() - 1,
    }
    assert writes() == ["action.reported"]
    assert factories.decision(agent, "d-1").state == "reported"


def test_plain_json_without_ce_headers_is_read_as_structured(sender: Api) -> None:
    assert sender.post("/api/v1/events", factories.event()).json()["accepted"] == 1
    assert sender.post("/api/v1/events", [factories.event()]).json()["accepted"] == 1


def test_a_binary_event_is_recorded(sender: Api, agent: Agent) -> None:
    headers = BINARY | {"ce-time": "2026-11-22T03:40:00.5Z", "ce-subject": "caf%C3%A9"}
    assert sender.post("/api/v1/events", factories.data(decision="d-2"), headers=headers).status_code == 200
    assert factories.decision(agent, "d-2").occurred_at.isoformat() == "2026-11-22T03:40:00.500000+00:00"


def test_a_quoted_header_is_the_same_event(sender: Api) -> None:
    body = factories.data()
    assert sender.post("/api/v1/events", body, headers=BINARY | {"ce-id": '"a \\"b\\""'}).json()["accepted"] == 1
    assert sender.post("/api/v1/events", body, headers=BINARY | {"ce-id": "a%20%22b%22"}).json()["duplicates"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"ce-id": "caf\xe9"},
        {"ce-id": "%FF"},
        {"ce-id": "a%00b"},
        {"ce-tier": "0"},
        {"ce-specversion": "0.3"},
        {"ce-time": "yesterday"},
        {"ce-sequence": "-1"},
    ],
    ids=str,
)
def test_bad_attributes_of_a_binary_event(sender: Api, writes: Writes, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in (BINARY | headers).items()}
    problem(sender.post("/api/v1/events", factories.data(), headers=raw), 400)
    assert writes() == []


def test_an_attribute_that_is_there_twice_is_not_guessed(sender: Api, writes: Writes) -> None:
    pairs = [*BINARY.items(), ("ce-id", "b-2")]
    problem(sender.post("/api/v1/events", factories.data(), headers=pairs), 400, "bad-request")
    assert writes() == []


def test_a_batch_is_recorded_in_order_and_again_as_duplicates(sender: Api, writes: Writes) -> None:
    batch = [factories.event(decision=f"d-{number}") for number in range(5)]
    first = sender.event(*batch).json()
    assert (first["accepted"], first["last_seq"] - first["first_seq"]) == (5, 4)
    assert sender.event(*batch).json() == first | {"accepted": 0, "duplicates": 5}
    assert sender.event(*batch[:2], factories.event()).json()["duplicates"] == 2
    assert writes() == ["action.reported"] * 6


def test_an_empty_batch_is_nothing(sender: Api, writes: Writes) -> None:
    answer = sender.post(
        "/api/v1/events", content=b"[]", headers={"Content-Type": "application/cloudevents-batch+json"}
    )
    assert answer.json() == {"accepted": 0, "duplicates": 0, "first_seq": None, "last_seq": None}
    assert writes() == []


A_BAD_EVENT_REFUSES_ITS_BATCH_BY_INDEX: list[Any] = [
    (factories.event(type="oversight.decision.approved.v1"), "unknown-type"),
    (factories.event(data_base64="e30="), "bad-event"),
    (factories.event(specversion="2.0"), "bad-event"),
    (factories.event(time="2026-11-22T03:47:12"), "bad-event"),
    (factories.event(time="0001-01-01T00:00:00+14:00"), "bad-event"),
    (factories.event(time="2126-01-01T00:00:00Z"), "bad-time"),
    (factories.event(sequence=1.5), "bad-event"),
    (factories.event() | {"tier": 3}, "unknown-field"),
    (factories.event(level="L4"), "bad-event"),
    (factories.event(action=factories.action() | {"tier": 3}), "bad-event"),
    (factories.event(action=factories.action(kind="Scale")), "bad-event"),
    (factories.event(confidence=1.1), "bad-event"),
    (factories.event(confidence="0.9"), "bad-event"),
    (factories.event(decision=""), "bad-event"),
    (factories.event(decision="e\u0301"), "not-normal"),
    (factories.event(decision="a\u202eb"), "control-character"),
    (factories.event("proposed", outcome={"status": "succeeded"}), "bad-event"),
    (factories.event("outcome", outcome={"status": "fine"}), "bad-event"),
    ({"specversion": "1.0"}, "bad-event"),
    ("an event", "bad-event"),
    (None, "bad-event"),
]


def test_a_bad_event_refuses_its_batch_by_index(sender: Api, writes: Writes) -> None:
    for bad, slug in A_BAD_EVENT_REFUSES_ITS_BATCH_BY_INDEX:
        body = problem(sender.event(factories.event(), factories.event(), bad), 400, slug)
        assert body["index"] == 2
        assert writes() == []


def test_a_changed_duplicate_refuses_its_batch(sender: Api, writes: Writes) -> None:
    first = factories.event()
    sender.event(first)
    changed = factories.event(id=first["id"], decision="another")
    body = problem(sender.event(factories.event(), changed), 409, "changed-duplicate")
    assert body["index"] == 1
    assert writes() == ["action.reported"]


def test_the_same_identity_of_another_agent_is_another_event(api: Api, organisation: factories.Register) -> None:
    event = factories.event()
    for agent in organisation.agents.values():
        assert api.as_agent(agent).event(event).json()["accepted"] == 1


def test_data_in_base64_is_read(sender: Api, agent: Agent) -> None:
    content = (
        "eyJkZWNpc2lvbiI6ICJiNjQiLCAiYWN0aW9uIjogeyJraW5kIjogInJlc3RhcnQiLCAidGFyZ2V0IjogeyJzZXJ2aWNlIjogImdlbyJ9fX0="
    )
    event = {name: value for name, value in factories.event().items() if name != "data"} | {"data_base64": content}
    assert sender.event(event).status_code == 200
    assert factories.decision(agent, "b64").kind == "restart"


@pytest.mark.parametrize("given", ["7", 7, None, ""])
def test_the_source_counts_for_itself(sender: Api, given: Any) -> None:
    seq = sender.event(factories.event(sequence=given)).json()["first_seq"]
    entry = ledger.entry(seq)
    assert entry is not None
    assert entry[0].src_seq == (int(given) if given else None)


def test_an_offset_is_brought_to_utc(sender: Api, agent: Agent) -> None:
    sender.event(factories.event(decision="d", time="2026-11-22T05:47:12.123+02:00"))
    assert factories.decision(agent, "d").occurred_at.isoformat() == "2026-11-22T03:47:12.123000+00:00"


def test_an_outcome_before_its_action_ends_in_the_same_state(sender: Api, agent: Agent) -> None:
    for name, order in (("in", (0, 1)), ("out", (1, 0))):
        told = [
            factories.event(decision=name, time="2026-11-22T03:00:00Z"),
            factories.event("outcome", decision=name, time="2026-11-22T03:01:00Z", outcome={"status": "failed"}),
        ]
        for place in order:
            assert sender.event(told[place]).status_code == 200
    same = ("state", "outcome", "level_used", "beyond", "version", "occurred_at", "ended_at", "sign_off", "title")
    first, second = factories.decision(agent, "in"), factories.decision(agent, "out")
    assert [getattr(first, name) for name in same] == [getattr(second, name) for name in same]


def test_gzip_is_unpacked(sender: Api) -> None:
    headers = {"Content-Type": "application/cloudevents+json", "Content-Encoding": "gzip"}
    body = gzip.compress(json.dumps(factories.event()).encode())
    assert sender.post("/api/v1/events", content=body, headers=headers).json()["accepted"] == 1


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", gzip.compress(b"{}")[:-4], 400),
        ("gzip", gzip.compress(b"{}") + b"more", 400),
        ("gzip", b"{}", 400),
        ("gzip", gzip.compress(b" " * (16 * 1024 * 1024 + 1)), 413),
        ("br", b"{}", 415),
        ("gzip, gzip", b"{}", 415),
    ],
    ids=["cut off", "followed", "not gzip", "bomb", "brotli", "twice"],
)
def test_bad_encodings(sender: Api, writes: Writes, encoding: str, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/cloudevents+json", "Content-Encoding": encoding}
    problem(sender.post("/api/v1/events", content=body, headers=headers), status)
    assert writes() == []


def test_sizes_over_the_limits(sender: Api, writes: Writes) -> None:
    headers = {"Content-Type": "application/cloudevents+json"}
    large = factories.event(rationale="x" * 64 * 1024)
    problem(sender.event(large), 413, "too-large")
    assert problem(sender.event(factories.event(), large), 413, "too-large")["index"] == 1
    body = b" " * (16 * 1024 * 1024 + 1)
    problem(sender.post("/api/v1/events", content=body, headers=headers), 413, "too-large")

    async def parts() -> Any:
        for _ in range(17):
            yield b" " * 1024 * 1024

    problem(sender.send("POST", "/api/v1/events", content=parts(), headers=headers), 413, "too-large")
    assert writes() == []


def test_a_full_batch_is_taken(sender: Api) -> None:
    batch = [factories.event(decision=uuid.uuid4().hex, rationale="y" * 2000) for _ in range(300)]
    assert sender.event(*batch).json()["accepted"] == 300
    assert Decision.objects.count() == 300


@pytest.mark.parametrize(
    "media", ["text/plain", "application/cloudevents+xml", "application/json; charset=latin-1", ""]
)
def test_other_media_types(sender: Api, writes: Writes, media: str) -> None:
    problem(sender.post("/api/v1/events", content=b"{}", headers={"Content-Type": media}), 415)
    assert writes() == []


def test_each_type_takes_its_scope(api: Api, agent: Agent, writes: Writes) -> None:
    reports, proposes = api.as_agent(agent, Scope.REPORT), api.as_agent(agent, Scope.PROPOSE)
    problem(reports.event(factories.event("proposed")), 403, "scope")
    problem(proposes.event(factories.event()), 403, "scope")
    problem(reports.event(factories.event(), factories.event("proposed")), 403, "scope")
    assert writes() == []
    assert reports.event(factories.event("signal")).status_code == 200
    assert proposes.event(factories.event("proposed")).status_code == 200
    assert writes() == ["signal.received", "action.proposed", "decision.held"]
