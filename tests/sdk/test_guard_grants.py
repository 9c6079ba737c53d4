"""What was granted is what was asked for, and what runs. A grant of anything else must not run."""

import threading
from typing import Any

import pytest

from oversight_sdk import Gate
from oversight_sdk.errors import (
    IntegrityError,
    TokenRefused,
)
from tests.sdk import signing
from tests.sdk.fake import FakeGate, problem
from tests.sdk.scaling import Scaling

BUSY = problem(503, "unavailable")


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("parameters", lambda action: action["parameters"].update(replicas=500)),
        ("parameters", lambda action: action["parameters"].update(replicas=True)),
        ("parameters", lambda action: action["parameters"].update(more=1)),
        ("target", lambda action: action["target"].update(service="payments")),
        ("target", lambda action: action["target"].update(environment="staging")),
        ("kind", lambda action: action.update(kind="delete")),
        ("undo", lambda action: action.pop("undo")),
        ("undo", lambda action: action["undo"]["parameters"].update(replicas=0)),
    ],
)
def test_a_grant_of_something_else_is_refused(fake: FakeGate, scaling: Scaling, part: str, change: Any):
    """The gate itself gives another action than was asked for, with its hash and its signature right."""
    fake.script("proposals", lambda status, body: change(fake.one()["action"]) or (status, fake._shown(body["id"])))
    with pytest.raises(IntegrityError) as refused:
        scaling.call("checkout")
    assert refused.value.code == part
    assert (scaling.runs, fake.outcomes()) == ([], ["not_executed"])


def test_an_action_that_changed_after_it_was_decided_is_refused(fake: FakeGate, scaling: Scaling):
    fake.tamper = lambda action: action["parameters"].update(replicas=500)
    with pytest.raises(IntegrityError) as refused:
        scaling.call("checkout")
    assert refused.value.code == "hash-mismatch"
    assert scaling.runs == []


def test_bytes_that_do_not_have_their_hash_are_refused(fake: FakeGate, scaling: Scaling):
    fake.script("claim", lambda status, body: (status, {**body, "action": "e30="}))
    with pytest.raises(IntegrityError):
        scaling.call("checkout")
    assert scaling.runs == []


def test_arguments_changed_by_the_agent_after_the_call_do_not_run(fake: FakeGate, gate: Gate):
    given = {"replicas": [1, 2]}
    got = []
    fake.rule = "pending"

    @gate.guard(kind="scale", target=lambda _: {"service": "checkout"})
    def scale(settings: dict[str, list[int]]) -> None:
        got.append(settings)

    def turn() -> None:
        given["replicas"].append(500)
        fake.decide("authorized")

    turning = threading.Timer(0.05, turn)
    turning.start()
    scale(given)
    turning.join()
    assert got == [{"replicas": [1, 2]}]
    assert got[0] is not given


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "point-2"}, "audience"),
        ({"iss": "https://elsewhere"}, "issuer"),
        ({"exp": 1, "iat": 0, "nbf": 0}, "expired"),
        ({"jti": "another"}, "lease"),
        ({"fen": 99_999}, "lease"),
        ({"dec": "another"}, "lease"),
    ],
    ids=str,
)
def test_a_bad_token_is_refused_and_the_lease_given_back(fake: FakeGate, scaling: Scaling, claims: Any, code: str):
    fake.claims = claims
    with pytest.raises(IntegrityError) as refused:
        scaling.call("checkout")
    assert refused.value.code == code
    assert (scaling.runs, fake.outcomes()) == ([], ["not_executed"])


def test_a_token_of_a_stranger_is_refused(fake: FakeGate, gate: Gate, scaling: Scaling):
    scaling.call("checkout")
    fake.signing_key = signing.make_key("stranger")
    with pytest.raises(TokenRefused):
        scaling.call("checkout")
    assert len(scaling.runs) == 1
