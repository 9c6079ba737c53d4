"""The page of one decision as its reader needs it at night: in which order, what set it off, who let it happen, who can answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals.actions.break_glass import break_glass
from approvals.actions.change_register import change_register
from approvals.organisation import GroupRow, Organisation
from approvals.queries import openings
from approvals.queries.set_off import LENGTH, first
from decisions import ledger
from decisions.intake.assembly import Sender
from decisions.intake.reading import Reading, Says
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.approvals.asking import GEO, WIKI
from tests.conftest import Clock
from tests.factories import event, hand_in, send
from tests.pages.profiles import words
from tests.pages.why import head, headings, section, shown

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]


def test_a_held_decision_is_in_the_order_of_the_questions(agent: Agent, manager: Person, client_for: ClientFor) -> None:
    row = factories.propose(agent, evidence=[{"name": "p99", "value": 1}], episode="e-1")
    assert headings(shown(client_for(manager), row))[: headings(shown(client_for(manager), row)).index("More")] == [
        "The action",
        "What it touches",
        "Answer",
        "Who can be called",
        "What led to what",
        "Evidence",
        "What other systems say",
        "The agent says (unverified)",
        "Confidence",
        "Policy",
        "Accountable",
        "Comments",
        "History",
        "The record",
    ]


def test_what_is_over_says_who_and_how_to_undo_it_before_it_says_why(
    agent: Agent, manager: Person, client_for: ClientFor
) -> None:
    send(agent, event(decision="over", outcome={"status": "succeeded"}))
    page = shown(client_for(manager), factories.decision(agent, "over"))
    order = headings(page)
    assert order.index("What it touches") < order.index("Undo it") < order.index("What led to what")
    assert page.index("The agent acted alone. Nobody was asked.") < page.index('id="dec-undo"')


# What set it off


def test_an_alert_of_another_system_is_said_before_the_agents_word(
    agent: Agent, manager: Person, viewer: Person, client_for: ClientFor, clock: Clock
) -> None:
    told = Reading(
        says=Says.TRIGGER,
        id="a-1",
        at=clock.now(),
        title="HighErrorRate\non <b>search</b>",
        keys=frozenset({"alert:fp-1"}),
    )
    hand_in(told)
    row = factories.propose(agent, trigger={"kind": "alert", "id": "fp-1"}, rationale="Because I say so.")
    said = head(shown(client_for(manager), row))
    assert said.startswith(
        "Set off by what a source that is gone told (the agent names this alert): HighErrorRate⟦U+000A⟧on &lt;b&gt;search&lt;/b&gt;"
    )
    assert "Because I say so" not in said
    # Who may not read the agent's words is not told by another's which alert the agent names.
    assert head(shown(client_for(viewer), row)).startswith("Your role does not show what set it off. Remediator")


def test_of_what_the_agent_does_not_name_everybody_is_told_that_it_was_told(
    agent: Agent, manager: Person, viewer: Person, client_for: ClientFor, clock: Clock
) -> None:
    row = factories.propose(agent, rationale="Mine.")
    joined = frozenset({f"decision:{row.id}"})
    hand_in(Reading(says=Says.TRIGGER, id="a-3", at=clock.now(), title="Burn rate", keys=joined))
    told = "Set off by what a source that is gone told (it names this decision)"
    assert head(shown(client_for(manager), row)).startswith(f"{told}: Burn rate")
    assert head(shown(client_for(viewer), row)).startswith(f"{told}. ")


def test_what_the_agent_itself_handed_in_is_no_witness(
    agent: Agent, manager: Person, client_for: ClientFor, clock: Clock
) -> None:
    sender = Sender(f"agent:{agent.id}", str(agent.id), agent.id)
    joined = frozenset({"alert:fp-1"})
    hand_in(Reading(says=Says.TRIGGER, id="a-4", at=clock.now(), title="I said so", keys=joined), sender=sender)
    row = factories.propose(agent, trigger={"kind": "alert", "id": "fp-1"})
    said = head(shown(client_for(manager), row))
    assert said.startswith("The agent says that it was set off by: alert fp-1")


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"trigger": {"kind": "alert", "id": "fp-9"}}, "The agent says that it was set off by: alert fp-9"),
        (
            {"trigger": {"kind": "alert", "id": "fp-9", "description": "Too slow. And more."}},
            "The agent says that it was set off by: alert fp-9: Too slow.",
        ),
        ({"rationale": "p99 is 1.2 s. It must be 0.5 s.\nMore."}, "The agent says: p99 is 1.2 s."),
        ({"rationale": "one line\nanother"}, "The agent says: one line …"),
        ({"rationale": "whole"}, "The agent says: whole"),
        ({"rationale": "x" * 500}, f"The agent says: {'x' * LENGTH} …"),
        ({"rationale": "\u202eevil"}, "The agent says: ⟦U+202E⟧evil"),
        ({"rationale": ""}, "Nothing has told what set it off."),
        ({"rationale": " \n \n"}, "Nothing has told what set it off."),
    ],
)
def test_else_the_agents_own_word_is_marked_as_such(
    account: dict[str, Any], said: str, agent: Agent, manager: Person, viewer: Person, client_for: ClientFor
) -> None:
    row = factories.propose(agent, **{"rationale": "", **account})
    assert head(shown(client_for(manager), row)).partition("Remediator")[0].strip() == said
    assert head(shown(client_for(viewer), row)).startswith("Your role does not show what set it off. Remediator")


def test_what_was_told_near_it_is_not_its_cause(
    agent: Agent, manager: Person, client_for: ClientFor, clock: Clock
) -> None:
    hand_in(Reading(says=Says.TRIGGER, id="a-2", at=clock.now(), title="Something else", targets=("search",)))
    row = factories.propose(agent, rationale="Mine.")
    assert head(shown(client_for(manager), row)).startswith("The agent says: Mine.")


def test_the_first_sentence_of_a_flood_is_found_without_reading_it_all() -> None:
    assert first("\n" * 60_000 + "x") == "x"
    assert first(" " * 10 + "a " * 30_000).endswith(" …")
    assert len(first("\u202e" * 60_000)) <= LENGTH + 2


# Who let it happen


def test_who_approved_it_is_named_and_not_said_to_have_done_it(
    agent: Agent, manager: Person, second_manager: Person, client_for: ClientFor
) -> None:
    row = factories.propose(agent)
    factories.approve(row, manager)
    row = factories.finish(factories.claim(row))
    page = words(client_for(second_manager).get(f"/decisions/{row.id}/"))
    assert "Approved by Marta, " in page
    assert "Executed by Marta" not in page
    assert "Policy 1, rule tier 1" in page
    factories.veto(row, second_manager)
    page = words(client_for(manager).get(f"/decisions/{row.id}/"))
    assert "Vetoed after the act had begun by David, " in page


def test_what_let_it_happen_where_nobody_did(
    agent: Agent, manager: Person, client_for: ClientFor, clock: Clock
) -> None:
    client = client_for(manager)
    alone = factories.finish(factories.claim(factories.propose(agent, action=WIKI)))
    assert "Policy let the agent act alone. Nobody was asked, <time" in shown(client, alone)
    vetoed = factories.propose(agent, action=factories.action(parameters={"replicas": 9}))
    factories.veto(vetoed, manager)
    assert "Vetoed by Marta, " in words(client.get(f"/decisions/{vetoed.id}/"))
    expired = factories.propose(agent, action=GEO)
    approved = factories.propose(agent, action=factories.action(parameters={"replicas": 7}))
    factories.approve(approved, manager)
    clock.advance(hours=2)
    assert "Nobody answered in time, so it was dropped." in shown(client, expired)
    late = words(client.get(f"/decisions/{approved.id}/"))
    assert "Approved by Marta, " in late
    assert "The agent did not act in time." in late
    assert "Nobody answered in time, so it was dropped." not in late.partition("What led to what")[0]


def test_broken_glass_is_said_to_be(
    agent: Agent, manager: Person, second_manager: Person, client_for: ClientFor
) -> None:
    row = factories.propose(agent)
    break_glass(row.id, reason="The hotel is dark.", shown=factories.shown(row), actor=manager.id)
    row = factories.finish(factories.claim(row))
    page = words(client_for(second_manager).get(f"/decisions/{row.id}/"))
    assert "Authorised in an emergency by Marta, " in page


# Who can answer


def test_who_cannot_answer_is_told_who_can(
    agent: Agent, viewer: Person, manager: Person, second_manager: Person, client_for: ClientFor
) -> None:
    row = factories.propose(agent)
    said = section(shown(client_for(viewer), row), "dec-hold")
    # Tomasz is in the group, and owns the agent.
    assert re.search(r"Who can approve it: David , Ines , Marta \.", said)
    assert "Who can veto it: any responder or manager." in said
    assert "<form" not in shown(client_for(viewer), row).partition('id="dec-hold"')[2].partition("</section>")[0]
    factories.approve(factories.propose(agent, action=factories.action(service="checkout")), manager)
    both = Decision.objects.get(service="checkout")
    said = section(shown(client_for(manager), both), "dec-hold")
    assert "You have approved this already." in said
    assert re.search(r"Who can approve it: David , Ines \.", said)
    assert "Can approve David , Ines" in section(shown(client_for(second_manager), both), "dec-accountable")


def test_of_many_some_are_named_and_the_others_counted(agent: Agent, viewer: Person, client_for: ClientFor) -> None:
    row = factories.propose(agent)
    names = [f"p{number:02}" for number in range(40)]
    people = [factories.person(name, "responder", name=f"Person {name}") for name in names]
    change_register(
        Organisation(people=people, groups=[GroupRow("approvers", "Approvers", ("ines", *names))]), actor=None
    )
    said = section(shown(client_for(viewer), row), "dec-hold")
    assert "Who can approve it: Ines , Person p00 , Person p01 , Person p02 , Person p03 and 36 more." in said


def test_where_nobody_can_it_says_so(agent: Agent, viewer: Person, client_for: ClientFor) -> None:
    row = factories.propose(agent)
    change_register(Organisation(groups=[GroupRow("approvers", "Approvers", ("tomasz",))]), actor=None)
    assert "Nobody in the register can approve it now." in section(shown(client_for(viewer), row), "dec-hold")


# Who has opened it


def test_who_can_answer_and_opened_it_is_said_to_the_next(
    agent: Agent, responder: Person, manager: Person, auditor: Person, client_for: ClientFor, clock: Clock
) -> None:
    row, size = factories.propose(agent), ledger.size()
    assert "Opened while it waited" not in shown(client_for(auditor), row)
    shown(client_for(responder), row)
    clock.advance(seconds=30)
    assert "Opened while it waited by" in shown(client_for(manager), row)
    clock.advance(seconds=30)
    shown(client_for(responder), row)
    assert [(one.person_id, one.at) for one in openings.of(row)] == [
        (responder.id, clock.at - timedelta(seconds=60)),
        (manager.id, clock.at - timedelta(seconds=30)),
    ]
    assert ledger.size() == size


def test_what_is_over_is_opened_by_nobody(agent: Agent, responder: Person, client_for: ClientFor, clock: Clock) -> None:
    row = factories.propose(agent)
    clock.advance(hours=2)
    shown(client_for(responder), row)
    assert openings.of(row) == []
