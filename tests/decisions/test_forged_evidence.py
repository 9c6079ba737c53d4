"""What an agent does to hide its acts, or to have witnesses of its own, and that it comes to nothing."""

import json

import pytest
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.organisation import AgentRow, Organisation
from approvals.queries import linked
from decisions import clock, ledger
from decisions.intake.assembly import Sender
from decisions.intake.reading import Reading, Says
from decisions.models import Agent, Decision, Evidence, Person
from decisions.vocab import Outcome, State
from tests import factories
from tests.factories import event, hand_in, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(agent: Agent) -> Agent:
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    return agent


def test_an_agent_cannot_take_the_place_of_what_its_platform_tells(agent: Agent) -> None:
    """A platform whose request is refused as a changed duplicate gives it up, and nobody sees what it told."""
    platform = Sender("source:runner", "stackstorm", agent.id)
    run = Reading(says=Says.ACTION, id="run-1", decision="run-1", kind="scale", targets=("search",))
    send(agent, event(id="run-1", source=platform.src))
    assert hand_in(run, sender=platform).duplicates == 0
    assert factories.decision(agent, "stackstorm:run-1").service == "search"


def acted(agent: Agent) -> Decision:
    now = clock.now().isoformat()
    send(agent, event(decision="d", action=factories.action(resource="deployment/search"), time=now))
    return factories.decision(agent, "d")


def triggers(agent: Agent, count: int, **over: object) -> list[Reading]:
    given = {"at": clock.now(), "targets": ("search",), "title": "Nothing to see here"} | over
    return [Reading(says=Says.TRIGGER, id=f"t-{n}", **given) for n in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("named", [False, True])
def test_what_was_seen_cannot_be_crowded_out_by_what_the_agent_hands_in(watched: Agent, named: bool) -> None:
    row = acted(watched)
    own = Sender(f"agent:{watched.id}", "alertmanager", watched.id)
    keys = frozenset({f"decision:{row.id}"}) if named else frozenset()
    hand_in(*triggers(watched, linked.SHOWN + 10, keys=keys), sender=own)
    hand_in(factories.effect(actor="rem", outcome=Outcome.FAILED, at=clock.now()))
    hand_in(*triggers(watched, 2, keys=keys))
    hand_in(
        *triggers(watched, linked.SHOWN + 10, keys=keys, at=clock.now()),
        sender=Sender(own.principal, "argo", own.agent),
    )
    row.refresh_from_db()
    assert row.state == State.FAILED
    found = linked.of(row)
    assert len(found) <= linked.SHOWN
    sources = [link.row.source for link in found]
    assert ("effect", "audit") in [(link.row.says, link.row.source) for link in found]
    assert sources.count("audit") == 3, "what a source told goes before what an agent did"


def test_what_another_agent_hands_in_is_shown_as_its_own_word(
    watched: Agent, organisation: factories.Register, responder: Person, client: Client
) -> None:
    row, other = acted(watched), organisation.agents["autoscaler"]
    hand_in(*triggers(other, 1), sender=Sender(f"agent:{other.id}", "alertmanager", other.id))
    assert Evidence.objects.get().decision_seq is None
    client.force_login(responder)
    page = client.get(f"/decisions/{row.id}/").content.decode()
    shown = page[page.index('id="dec-linked"') :]
    shown = shown[: shown.index("</section>")]
    assert "Nothing to see here" in shown
    assert "Autoscaler" in shown
    assert "Remediator ·" not in shown


@pytest.mark.parametrize("told_first", [True, False])
def test_a_secret_in_what_was_seen_reaches_no_entry_and_no_page(watched: Agent, told_first: bool) -> None:
    detail = "x" * 5000 + " and token ghp_" + "a" * 36
    secret = factories.effect(actor="rem", outcome=Outcome.FAILED, detail="token ghp_" + "a" * 36 + detail)
    for step in (acted, lambda _: hand_in(secret))[:: 1 if told_first else -1]:
        step(watched)
    row = factories.decision(watched, "d")
    assert row.outcome_observed
    assert len(row.outcome_detail) < 4100, "no more than is kept of the evidence, whichever came first"
    assert "ghp_" not in row.outcome_detail
    for entry in ledger.entries(0, ledger.size() - 1):
        assert "ghp_" not in json.dumps(entry.disclosed)
