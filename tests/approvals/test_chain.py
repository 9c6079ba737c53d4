"""The chain of one decision: each step with its entry, what has not happened yet, and where what is told disagrees."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.queries import decision as queries
from approvals.queries import linked
from approvals.queries.chain import BAD, DONE, OPEN, STILL, Chain, Step
from decisions import clock as product_clock
from decisions.models import Agent, Person
from decisions.vocab import Outcome
from tests import factories
from tests.decisions.test_claimed_and_seen import both
from tests.decisions.test_parts_in_any_order import watched
from tests.factories import event, send

__all__ = ["watched"]
pytestmark = pytest.mark.django_db


def chain(row: Any, viewer: Person) -> dict[str, Step]:
    loaded = queries.load(row.id, product_clock.now())
    assert loaded is not None
    return {step.name: step for step in queries.context(loaded, viewer.id)["chain"]}


def words(step: Step) -> str:
    return " ".join(f"{said.label} {said.text} {said.quote}".strip() for said in step.says)


def test_a_proposal_that_waits(agent: Agent, manager: Person) -> None:
    row = factories.propose(
        agent, evidence=[{"name": "p99", "value": 1}], trigger={"kind": "alert", "id": "fp-1"}, rationale="One.\nTwo."
    )
    steps = chain(row, manager)
    assert list(steps) == ["Trigger", "Evidence", "Decision", "Verdict", "Effect"]
    assert [step.stands for step in steps.values()] == [DONE, DONE, DONE, OPEN, OPEN]
    assert words(steps["Trigger"]) == "The agent's word alone: alert fp-1"
    assert words(steps["Evidence"]) == "1 signal stated by the agent: p99"
    assert words(steps["Decision"]) == "Proposed. The reason that it gives: One. …"
    assert "Waits for people: asks 1 of approvers" in words(steps["Verdict"])
    assert steps["Verdict"].says[-1].until == row.hold_until
    assert [said.seq for said in steps["Decision"].says] == [row.seq]


def test_from_verdict_to_revert(agent: Agent, manager: Person, second_manager: Person) -> None:
    row = factories.propose(agent)
    factories.approve(row, manager)
    steps = chain(row, manager)
    assert words(steps["Verdict"]) == "Approval."
    assert steps["Verdict"].says[0].who == "Marta"
    assert "The agent may act, and has not yet." in words(steps["Effect"])
    row = factories.claim(row)
    assert words(chain(row, manager)["Effect"]) == "Under way."
    row = factories.finish(row)
    done = chain(row, manager)
    assert words(done["Effect"]).startswith("Claimed Took effect. Observed Nobody has seen it")
    assert "Revert" not in done
    factories.veto(row, second_manager)
    undone = chain(row, manager)
    assert [said.text for said in undone["Verdict"].says] == ["Approval.", "Veto."]
    assert undone["Revert"].stands == OPEN
    assert undone["Revert"].says[0].text == "Ordered to be undone."


@pytest.mark.parametrize(("seen", "differs"), [(Outcome.FAILED, True), (Outcome.SUCCEEDED, False)])
def test_what_was_seen_stands_beside_what_was_claimed(
    seen: Outcome, differs: bool, watched: Agent, manager: Person
) -> None:
    row = both(watched, manager, ["told", "seen"], Outcome.SUCCEEDED, seen)
    step = chain(row, manager)["Effect"]
    assert [said.label for said in step.says] == ["Claimed", "Observed"]
    assert step.says[0].text == "Took effect."
    assert bool(step.differs) is differs
    assert step.stands == (BAD if differs else DONE)


def test_what_nobody_was_asked_about(agent: Agent, manager: Person) -> None:
    send(agent, event(decision="over"))
    steps = chain(factories.decision(agent, "over"), manager)
    assert steps["Verdict"].stands == BAD
    assert words(steps["Verdict"]) == "Nobody was asked; policy allowed L2 approve to act."
    assert steps["Effect"].stands == STILL
    send(agent, event(decision="allowed", action=factories.action(kind="restart")))
    assert chain(factories.decision(agent, "allowed"), manager)["Verdict"].stands == STILL


def test_who_may_not_read_the_agents_words_is_not_shown_them(agent: Agent, viewer: Person) -> None:
    row = factories.propose(
        agent,
        rationale="The secret sauce",
        evidence=[{"name": "sauce", "value": 1}],
        trigger={"kind": "alert", "id": "sauce"},
    )
    assert "sauce" not in " ".join(words(step) for step in chain(row, viewer).values())


def test_it_takes_one_query_more_at_most(agent: Agent, manager: Person) -> None:
    send(agent, event(decision="one", outcome={"status": "succeeded"}))
    row = factories.decision(agent, "one")
    loaded = queries.load(row.id, product_clock.now())
    assert loaded is not None
    with CaptureQueriesContext(connection) as asked:
        queries.context(loaded, manager.id)
    links = linked.of(loaded.row, loaded.known)
    with CaptureQueriesContext(connection) as more:
        Chain(loaded, links, {}, str, sees=True, erased=False).steps()
    assert len(more) == 1
    assert len(asked) <= 24
