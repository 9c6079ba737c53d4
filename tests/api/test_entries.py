"""Entries over the API: listed, found, and one with a proof that a stranger can follow."""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.api import entries as shapes
from decisions import checkpoints, ledger
from decisions.models import Agent, Decision, Person
from decisions.vocab import Scope
from tests import factories
from tests.api.conftest import Api, problem
from tests.factories import event, send
from tests.tampering import as_owner

PATH = "/api/v1/entries"
pytestmark = pytest.mark.usefixtures("data_dir")


def conforms(body: Any, shape: Any) -> Any:
    assert msgspec.to_builtins(msgspec.convert(body, shape, strict=True)) == body
    return body


@pytest.fixture
def act(agent: Agent, data_dir: Path) -> Decision:
    send(agent, event(decision="rb-7", rationale="Xanthippe called", outcome={"status": "succeeded", "detail": "ok"}))
    checkpoints.publish()
    return factories.decision(agent, "rb-7")


def test_a_stranger_can_follow_the_path(api: Api, act: Decision, auditor: Person) -> None:
    body = conforms(api.as_person(auditor).get(f"{PATH}/{act.seq}").json(), shapes.LedgerEntry)
    known = hashlib.sha256(b"\x00" + body["body"].encode()).digest()
    assert (known.hex(), body["hashed"], body["fault"], body["missing"]) == (body["leaf"], True, None, 0)
    for step in body["proof"]["path"]:
        beside = bytes.fromhex(step["hash"])
        pair = beside + known if step["side"] == "left" else known + beside
        known = hashlib.sha256(b"\x01" + pair).digest()
    size = ledger.size()
    assert (known.hex(), body["proof"]["size"]) == (body["proof"]["root"], size)
    assert body["checkpoint"]["size"] == size
    assert json.loads(body["body"])["kind"] == body["kind"] == "action.reported"
    assert (body["decision"], body["disclosed"]["account"]["rationale"]) == (str(act.id), "Xanthippe called")
    assert api.as_person(auditor).get(body["links"]["decision"]).json()["id"] == str(act.id)
    assert api.as_person(auditor).get(body["links"]["page"]).status_code == 200
    assert api.as_person(auditor).get(body["links"]["receipt"]).text.startswith("c2sp.org/tlog-proof@v1")


def test_who_does_not_see_a_value_sees_that_there_is_one(api: Api, act: Decision, viewer: Person, agent: Agent) -> None:
    for who in (api.as_person(viewer), api.as_agent(agent, Scope.READ)):
        body = conforms(who.get(f"{PATH}/{act.seq}").json(), shapes.LedgerEntry)
        assert body["disclosed"] == {}
        assert {"account", "action", "outcome"} <= set(body["withheld"])


def test_entries_are_listed_and_paged(api: Api, act: Decision, auditor: Person) -> None:
    browser, seqs, path = api.as_person(auditor), [], f"{PATH}?limit=7"
    while True:
        body = conforms(browser.get(path).json(), shapes.EntryList)
        seqs += [row["seq"] for row in body["items"]]
        if body["next"] is None:
            break
        path = f"{PATH}?limit=7&cursor={body['next']}"
    assert seqs == list(reversed(range(ledger.size())))


def test_an_entry_is_found(api: Api, act: Decision, auditor: Person) -> None:
    browser = api.as_person(auditor)
    for q in (str(act.seq), str(act.id), "rb-7", next(ledger.leaves(act.seq, act.seq + 1)).hex()):
        body = conforms(browser.get(f"{PATH}?q={q}").json(), shapes.EntryList)
        assert [row["seq"] for row in body["items"]] == [act.seq], q
        assert browser.get(body["items"][0]["url"]).json()["seq"] == act.seq
    assert browser.get(f"{PATH}?q=nothing").json() == {"items": [], "next": None}


def test_a_changed_entry_says_so(api: Api, act: Decision, auditor: Person) -> None:
    as_owner("UPDATE entry SET body = %s WHERE seq = %s", [b"\xff{", act.seq])
    body = conforms(api.as_person(auditor).get(f"{PATH}/{act.seq}").json(), shapes.LedgerEntry)
    assert (body["hashed"], body["proof"]) == (False, None)
    assert "not in the tree that was signed" in body["fault"]


def test_entries_that_are_none(api: Api, auditor: Person) -> None:
    for seq in (ledger.size(), 2**53, 10**30):
        problem(api.as_person(auditor).get(f"{PATH}/{seq}"), 404, "not-found")
