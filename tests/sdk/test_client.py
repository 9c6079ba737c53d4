"""Every answer of the contract ends in a value or a refusal; silence ends in a refusal. A retry must not change the call."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from oversight_sdk import AsyncClient, Client, errors
from oversight_sdk.errors import BadAnswer, ConfigError, GateError, GateUnavailable, IntegrityError
from oversight_sdk.steps import Patience
from tests.sdk.conftest import QUICK
from tests.sdk.fake import DROP, KEY, LOST, FakeGate, problem

BODY = {
    "decision": "d",
    "action": {"kind": "restart", "target": {"service": "a", "environment": "prod"}, "parameters": {}},
}
BUSY = problem(503, "unavailable")


@pytest.fixture
def client(fake: FakeGate):
    with Client(fake.url, KEY, patience=QUICK) as made:
        yield made


@pytest.mark.parametrize(
    "failures",
    [
        [BUSY],
        [problem(500, "broken"), (502, b"<html>"), problem(504, "slow")],
        [problem(429, "slow-down")],
        [problem(409, "in-progress", retryable=True)],
        [DROP],
        [LOST],
    ],
    ids=["503", "50x", "429", "running", "dropped", "lost"],
)
def test_the_same_call_is_repeated_under_the_same_key(fake: FakeGate, client: Client, failures: list[Any]):
    fake.script("POST .*/proposals", *failures)
    decision = client.propose(BODY, key="k1")
    came = fake.calls("proposals")
    assert len(came) == len(failures) + 1
    assert came == [("k1", BODY)] * len(came)
    assert (decision.state, len(fake.decisions)) == ("authorized", 1)


def test_retry_after_is_waited_for(fake: FakeGate):
    fake.script("proposals", (429, {}, {"Retry-After": "7"}))
    with Client(fake.url, KEY, patience=replace(QUICK, seconds=5)) as client, pytest.raises(GateUnavailable):
        client.propose(BODY, key="k")
    # Seven seconds are more than its patience: it gives up at once and does not come back early.
    assert len(fake.calls("proposals")) == 1


def test_it_gives_up_after_its_patience(fake: FakeGate):
    fake.script("proposals", *[BUSY] * 200)
    with Client(fake.url, KEY, patience=replace(QUICK, seconds=0.1)) as client, pytest.raises(GateUnavailable):
        client.propose(BODY, key="k")
    assert 2 <= len(fake.calls("proposals")) < 60


def test_a_gate_that_is_not_there_is_unavailable(fake: FakeGate):
    fake.close()
    with Client(fake.url, KEY, patience=replace(QUICK, seconds=0.1)) as client, pytest.raises(GateUnavailable):
        client.propose(BODY, key="k")


def test_a_gate_that_trickles_is_unavailable():
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    http = httpx.Client(transport=httpx.MockTransport(slow))
    client = Client("http://gate", KEY, patience=replace(QUICK, seconds=0.05), http=http)
    with client, pytest.raises(GateUnavailable, match="ReadTimeout"):
        client.propose(BODY, key="k")


def test_an_answer_without_end_is_not_read_to_its_end():
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b" " * 3_000_000)))
    client = Client("http://gate", KEY, patience=replace(QUICK, seconds=0), http=http)
    with client, pytest.raises(GateUnavailable, match="too long"):
        client.propose(BODY, key="k")


def test_a_redirect_is_not_followed(fake: FakeGate, client: Client):
    fake.script("proposals", (302, {}, {"Location": f"{fake.url}/elsewhere"}))
    with pytest.raises(BadAnswer):
        client.propose(BODY, key="k")
    assert not fake.calls("elsewhere")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(400, "bad-event"), errors.Refused),
        (problem(401, "unauthorized"), errors.BadKey),
        (problem(403, "scope"), errors.Denied),
        (problem(403, "vetoed"), errors.Vetoed),
        (problem(409, "claimed", retryable=True), errors.AlreadyClaimed),
        (problem(409, "not-open"), errors.NotOpen),
        (problem(409, "something-new"), errors.Refused),
        (problem(410, "expired"), errors.Expired),
        (problem(412, "policy-changed"), errors.PolicyChanged),
        (problem(412, "hash-mismatch"), IntegrityError),
        (problem(422, "idempotency-mismatch"), IntegrityError),
        (problem(423, "frozen"), errors.Frozen),
        (problem(425, "window-open", retry_after_s=3), errors.WindowOpen),
        ((418, b"not even JSON"), errors.Refused),
    ],
    ids=str,
)
def test_each_problem_is_a_refusal_of_its_own(fake: FakeGate, client: Client, answer: Any, kind: type[GateError]):
    decision = client.propose(BODY, key="k")
    fake.script("claim", answer)
    with pytest.raises(kind) as refused:
        client.claim(decision, claim_key="c", executor="e")
    assert type(refused.value) is kind
    assert refused.value.decision_id == decision.id
    assert len(fake.calls("claim")) == 1


def test_no_refusal_is_a_kind_of_network_error():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 15
    assert not [kind for kind in kinds if issubclass(kind, OSError | httpx.HTTPError | TimeoutError | ConnectionError)]


GOOD: dict[str, Any] = {
    "id": "0c8a7f2e-1d7c-4a7d-8b52-9c3f6f1f2a11",
    "version": 1,
    "state": "authorized",
    "action_hash": "sha256:" + "0" * 64,
    "hold_until": None,
    "links": {"page": "/d"},
}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"state":"denied","state":"authorized"}',
        {**GOOD, "state": "approved"},
        {**GOOD, "state": None},
        {**GOOD, "id": "../../elsewhere"},
        {**GOOD, "id": GOOD["id"].upper()},
        {**GOOD, "version": "1"},
        {**GOOD, "version": True},
        {**GOOD, "version": -1},
        {**GOOD, "action_hash": None},
        {**GOOD, "action_hash": "sha256:" + "g" * 64},
        {**GOOD, "hold_until": "tomorrow"},
        {**GOOD, "hold_until": "2026-11-22T03:47:00"},
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_read_is_no_grant(fake: FakeGate, client: Client, answer: Any):
    fake.script("proposals", (201, answer))
    with pytest.raises(BadAnswer):
        client.propose(BODY, key="k")


@pytest.mark.parametrize(
    "over",
    [
        {"lease_id": "x"},
        {"fencing": "7"},
        {"fencing": None},
        {"heartbeat_s": 0},
        {"heartbeat_s": True},
        {"heartbeat_s": 1e9},
        {"expires_at": None},
        {"action": "???"},
        {"action_hash": ""},
        {"verdict_token": None},
    ],
    ids=str,
)
def test_a_lease_that_cannot_be_read_is_no_grant(fake: FakeGate, client: Client, over: dict[str, Any]):
    decision = client.propose(BODY, key="k")
    fake.script("claim", lambda status, body: (status, {**body, **over}))
    with pytest.raises(BadAnswer):
        client.claim(decision, claim_key="c", executor="e")


def test_a_lost_claim_is_asked_again_and_is_the_same_lease(fake: FakeGate, client: Client):
    decision = client.propose(BODY, key="k")
    fake.script("claim", LOST, LOST)
    lease = client.claim(decision, claim_key="c", executor="e")
    assert fake.leases == {lease.id: decision.id}
    assert len({(key, json.dumps(body)) for key, body in fake.calls("claim")}) == 1


def test_a_beat_with_an_unknown_reason_is_a_stop(fake: FakeGate, client: Client):
    lease = client.claim(client.propose(BODY, key="k"), claim_key="c", executor="e")
    fake.beat = {"continue": True, "stop_reason": "because"}
    assert client.heartbeat(lease.id, lease.fencing, key="h").go_on is False


def test_late_evidence_is_told_from_an_outcome_in_time(fake: FakeGate, client: Client):
    lease = client.claim(client.propose(BODY, key="k"), claim_key="c", executor="e")
    fake.script("outcome", lambda _, body: (202, body))
    assert client.outcome(lease.id, lease.fencing, "succeeded") is False
    assert client.outcome(lease.id, lease.fencing, "succeeded", observed={"after": 0.5}) is True
    with pytest.raises(ConfigError):
        client.outcome(lease.id, lease.fencing, "splendid")


def test_a_proposal_can_be_taken_back(fake: FakeGate, client: Client):
    decision = client.propose(BODY, key="k")
    assert client.withdraw(decision.id, "no longer needed").state == "withdrawn"


def test_the_async_client_says_the_same(fake: FakeGate):
    async def talk() -> tuple[str, bool]:
        async with AsyncClient(fake.url, KEY, patience=QUICK) as client:
            fake.script("proposals", BUSY, DROP, LOST)
            decision = await client.propose(BODY, key="k")
            lease = await client.claim(decision, claim_key="c", executor="e")
            await client.heartbeat(lease.id, lease.fencing, key="h")
            done = await client.outcome(lease.id, lease.fencing, "succeeded")
            again = await client.decision(decision.id)
            assert await client.revert_orders(wait=0) == []
            return again.state, done

    assert asyncio.run(talk()) == ("succeeded", True)
    assert len(fake.decisions) == 1


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("", KEY),
        ("ftp://gate", KEY),
        ("gate.example", KEY),
        ("https://user:secret@gate.example", KEY),
        ("https://gate.example?x=1", KEY),
        ("https://gate.example", ""),
        ("https://gate.example", "a key\r\nX-Other: 1"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(url: str, key: str):
    with pytest.raises(ConfigError) as refused:
        Client(url, key)
    assert "secret" not in str(refused.value)


def test_the_key_is_in_no_text(fake: FakeGate):
    client = Client(fake.url, KEY)
    assert KEY not in repr(client.transport.endpoint)
    client.close()


def test_pauses_grow_and_differ():
    patience = Patience(first=0.25, most=5)
    assert all(0.125 <= patience.pause(0) <= 0.25 for _ in range(50))
    assert all(2.5 <= patience.pause(40) <= 5 for _ in range(50))
    assert len({patience.pause(3) for _ in range(20)}) > 10
