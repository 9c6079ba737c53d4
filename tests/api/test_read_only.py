"""While the ledger disagrees with what was signed, no command is taken by any door, and everybody can go on reading."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.test import Client

from approvals.tasks import expire
from decisions import checkpoints, guard_file, ledger, recording, signers
from decisions.models import Agent, Alarm, Decision, Freeze, Person
from decisions.models.ledger import Head
from tests import factories
from tests.api.conftest import Api, problem
from tests.approvals.asking import WIKI
from tests.tampering import rewrite

pytestmark = pytest.mark.usefixtures("data_dir")


@pytest.fixture
def row(agent: Agent) -> Decision:
    """A decision that waits for people, in a ledger that was rewritten after it was signed."""
    held = factories.propose(agent)
    factories.propose(agent, action=WIKI, decision="permitted")
    checkpoints.publish()
    rewrite(2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    with pytest.raises(checkpoints.DisagreementError):
        checkpoints.check()
    return held


def refused(answer: httpx.Response) -> None:
    problem(answer, 503, "ledger-disagreement")


def test_no_machine_writes(api: Api, agent: Agent, row: Decision) -> None:
    sender, size = api.as_agent(agent), ledger.size()
    key = {"Idempotency-Key": uuid.uuid4().hex}
    permitted = factories.decision(agent, "permitted")
    claim = {"claim_key": "c", "action_hash": permitted.action_hash, "executor": "runner"}
    refused(sender.event(factories.event()))
    refused(sender.event(factories.event(), factories.event()))
    refused(sender.post("/api/v1/proposals", factories.data(decision="new"), headers=key))
    refused(sender.post(f"/api/v1/decisions/{permitted.id}/claim", claim, headers=key))
    refused(sender.post(f"/api/v1/decisions/{row.id}/withdraw", {}, headers=key))
    assert ledger.size() == size


def test_no_person_writes(api: Api, responder: Person, row: Decision) -> None:
    person, size = api.as_person(responder), ledger.size()
    refused(person.command(f"/api/v1/decisions/{row.id}/verdicts", {"verdict": "veto", "reason": ""}))
    refused(person.command("/api/v1/freezes", {"scope": {"kind": "everything", "value": ""}}))
    assert ledger.size() == size


def test_everybody_reads(api: Api, agent: Agent, responder: Person, row: Decision) -> None:
    for reader in (api.as_agent(agent), api.as_person(responder)):
        assert reader.get(f"/api/v1/decisions/{row.id}").status_code == 200
    assert api.as_person(responder).get("/ledger/checkpoint").status_code == 200


def test_pages_say_so_and_show_what_was_refused(
    client_for: Callable[[Person], Client], responder: Person, row: Decision
) -> None:
    client = client_for(responder)
    page = client.get(f"/decisions/{row.id}/")
    assert page.status_code == 200
    assert "<strong>Read-only.</strong>" in page.content.decode()
    answer = client.post(f"/decisions/{row.id}/comment", {"reason": "I see something else."})
    assert answer.status_code == 503
    assert "I see something else." in answer.content.decode(), "nothing that was typed is lost"


def test_sweeps_wait_too(row: Decision, clock: Any) -> None:
    clock.advance(hours=2)
    size = ledger.size()
    with pytest.raises(Exception, match="ledger-disagreement"):
        expire()
    assert ledger.size() == size


def test_it_is_over_when_they_agree_again(agent: Agent, row: Decision) -> None:
    assert Head.objects.get().halted
    signers.own().retire("oversight.local/ledger2")
    checkpoints.publish()
    assert not Head.objects.get().halted
    assert Alarm.objects.get().state == "cleared"
    factories.send(agent, factories.event())


def test_the_stop_of_a_restored_database_is_recorded_all_the_same(
    row: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else is true of it, nothing that was permitted in it may be claimed when writing goes on."""
    monkeypatch.setattr(guard_file, "disagreement", lambda _: "it is another database")
    recording.check()
    assert Freeze.objects.get().scope == "everything"
    assert {one.state for one in Decision.objects.all()} == {"expired"}
