"""The page of one decision as its reader needs it at night: what set it off, who let it happen, what undoing costs, who can answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.actions.answer_revert import finish_revert
from approvals.actions.break_glass import break_glass
from approvals.actions.change_register import change_register
from approvals.actions.erase import Why, erase
from approvals.actions.review import review
from approvals.organisation import GroupRow, Organisation
from approvals.queries import undoing
from approvals.queries.reverts import fencing_of
from approvals.queries.set_off import LENGTH, first
from approvals.vocab import ErasureBasis, ErasureOf, Finding
from decisions.intake.assembly import Sender
from decisions.intake.reading import Reading, Says
from decisions.models import Agent, Decision, Person
from decisions.vocab import Kind, State
from tests import factories
from tests.approvals.asking import GEO, WIKI
from tests.conftest import Clock
from tests.factories import event, hand_in, send
from tests.pages.profiles import words

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]


def shown(client: Client, row: Decision) -> str:
    return client.get(f"/decisions/{row.id}/").content.decode()


def head(page: str) -> str:
    """The words between the title and the action."""
    header = page.partition("</h1>")[2].partition("</header>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", header).split())


def section(page: str, id_: str) -> str:
    part = page.partition(f'id="{id_}"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def headings(page: str) -> list[str]:
    found = re.findall(r"<h2[^>]*>(.*?)</h2>", page.partition('id="dec"')[2], flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in found]


def test_a_held_decision_is_in_the_order_of_the_questions(agent: Agent, manager: Person, client_for: ClientFor) -> None:
    row = factories.propose(agent, evidence=[{"name": "p99", "value": 1}], episode="e-1")
    assert headings(shown(client_for(manager), row))[: headings(shown(client_for(manager), row)).index("Keyboard")] == [
        "The action",
        "What it touches",
        "Answer",
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


# What it costs to undo


def undone(agent: Agent, people: tuple[Person, Person], clock: Clock, seconds: float, **over: Any) -> Decision:
    """One that was done, vetoed, and said to be undone after so long."""
    row = factories.propose(agent, action=factories.action(**over))
    factories.approve(row, people[0])
    row = factories.finish(factories.claim(row, key=f"c-{row.seq}"))
    factories.veto(row, people[1])
    clock.advance(seconds=seconds)
    return finish_revert(
        row.id, succeeded=True, said={}, key=f"r-{row.seq}", fencing=row.lease_seq or 0, agent=agent.id
    )


def test_the_cost_of_undoing_is_what_was_recorded(
    agent: Agent, manager: Person, responder: Person, client_for: ClientFor, clock: Clock
) -> None:
    people, client = (manager, responder), client_for(manager)

    def cost(**over: Any) -> str:
        number = Decision.objects.count()
        row = factories.propose(agent, action=factories.action(parameters={"replicas": 1000 + number}, **over))
        factories.approve(row, manager)
        row = factories.finish(factories.claim(row, key=f"c-{row.seq}"))
        return section(shown(client, row), "dec-undo")

    assert "No revert of this kind has been recorded." in cost()
    for number, seconds in enumerate((30, 240, 60)):
        undone(agent, people, clock, seconds, parameters={"replicas": number})
    assert "Reverts of this kind on this service took 1 min 0 s in the median ( 3 recorded" in cost()
    assert "No revert of this kind has been recorded." in cost(kind="rollback")
    other = undone(agent, people, clock, 500, kind="rollback", service="search")
    assert "on this service took 8 min 20 s in the median ( 1 recorded" in cost(kind="rollback")
    assert other.state == State.REVIEW
    # A person does not see it undone: the order goes on, and the word that was given counts for nothing.
    review(other.id, finding=Finding.REVERT, reason="It still runs.", version=other.version, actor=manager.id)
    assert "No revert of this kind has been recorded." in cost(kind="rollback")
    clock.advance(seconds=100)
    other.refresh_from_db()
    finish_revert(other.id, succeeded=True, said={}, key="again", fencing=fencing_of(other), agent=agent.id)
    assert "took 1 min 40 s in the median ( 1 recorded" in cost(kind="rollback")
    other.refresh_from_db()
    review(other.id, finding=Finding.REVERTED, reason="Seen gone.", version=other.version, actor=manager.id)
    assert "took 1 min 40 s in the median ( 1 recorded" in cost(kind="rollback")


def test_where_the_service_has_none_those_of_others_are_said_to_be_of_others(
    agent: Agent, manager: Person, responder: Person, clock: Clock
) -> None:
    undone(agent, (manager, responder), clock, 45)
    here = Decision(kind="scale", service="search")
    there = Decision(kind="scale", service="geo")
    assert (undoing.cost(here).here, undoing.cost(here).seconds) == (True, 45)
    assert (undoing.cost(there).here, undoing.cost(there).count) == (False, 1)
    assert undoing.cost(Decision(kind="", service="search")).count == 0


@pytest.mark.parametrize(
    ("told", "took"),
    [
        ([("o", "", 0), ("f", "review", 10)], [10]),
        ([("f", "reverted", 5)], []),
        ([("o", "", 0), ("f", "revert_failed", 10)], []),
        ([("o", "", 0), ("f", "revert_failed", 10), ("o", "", 20), ("f", "review", 25)], [5]),
        ([("o", "", 0), ("f", "review", 10), ("o", "", 20)], []),
        ([("o", "", 0), ("f", "review", 10), ("f", "review", 90)], [10]),
    ],
)
def test_only_the_last_order_that_was_carried_out_has_a_time(
    told: list[tuple[str, str, int]], took: list[float], clock: Clock
) -> None:
    kinds = {"o": Kind.REVERT_ORDERED, "f": Kind.REVERT_FINISHED}
    entries = [(1, kinds[kind], state, clock.at + timedelta(seconds=second)) for kind, state, second in told]
    assert undoing.durations(entries) == took


# Evidence


def test_hostile_evidence_is_drawn_as_numbers_and_links_lead_where_they_say(
    agent: Agent, manager: Person, client_for: ClientFor
) -> None:
    row = factories.propose(
        agent,
        evidence=[
            {"name": "\u202eratio", "value": 2**53 - 1, "limit": -1, "ref": "https://grafana.example/d/1?a=1&b=2"},
            {"name": "huge", "value": 1e308, "limit": -1e308},
            {"name": "none", "value": 0, "limit": 0},
            {"name": "words", "value": "<svg onload=alert(1)>", "limit": "<b>", "ref": "javascript:alert(1)"},
            {"name": "who", "value": 1, "limit": 2, "ref": "https://admin:hunter2@evil.example/"},
        ],
    )
    page = shown(client_for(manager), row)
    part = page.partition('id="dec-evidence"')[2].partition("</section>")[0]
    assert re.findall(r'href="([^"]*)"[^>]*rel="([^"]*)"', part) == [
        ("https://grafana.example/d/1?a=1&amp;b=2", "noopener noreferrer nofollow")
    ]
    assert "Source: grafana.example" in part
    assert re.findall(r'aria-label="([^"]*)"', part) == [
        "9.0072e+15, above the limit of -1",
        "1e+308, above the limit of -1e+308",
        "1, below the limit of 2",
    ]
    assert "style=" not in part
    assert "onload=alert" not in part.replace("&lt;svg onload=alert(1)&gt;", "")
    assert "⟦U+202E⟧ratio" in part


def test_times_of_a_replayed_run_are_not_held_against_it(agent: Agent, manager: Person, client_for: ClientFor) -> None:
    row = factories.propose(agent, evidence=[{"name": "p99", "value": 1, "at": "2020-01-01T00:00:00Z"}])
    assert "old when used" in shown(client_for(manager), row)
    Decision.objects.filter(seq=row.seq).update(replayed=True)
    assert "old when used" not in shown(client_for(manager), row)


# Alternatives, and how sure it was


def test_what_was_chosen_comes_first_and_the_best_of_the_others_next(
    agent: Agent, manager: Person, client_for: ClientFor
) -> None:
    others: list[dict[str, Any]] = [
        {"action": "wait"},
        {"action": "scale out", "score": 0.2, "rejected_because": "CPU is idle"},
        {"action": "restart", "score": 0.4},
    ]
    row = factories.propose(agent, alternatives=others, confidence=0.896)
    said = section(shown(client_for(manager), row), "dec-says")
    assert re.search(
        r"Chosen: Scale .* confidence 89\.6 % restart score 0\.4 scale out score 0\.2 Not chosen: CPU is idle wait",
        said,
    )


def test_how_sure_it_was_stands_beside_how_that_turned_out(
    agent: Agent, manager: Person, viewer: Person, client_for: ClientFor
) -> None:
    client = client_for(manager)
    row = factories.propose(agent, confidence=0.93)
    assert "The agent states 93 % . Whether that holds: too few to say ( 0 )." in section(
        shown(client, row), "dec-sure"
    )
    told = [event(confidence=0.95, outcome={"status": "failed" if number < 2 else "succeeded"}) for number in range(25)]
    send(agent, *told, event(confidence=0.6, outcome={"status": "failed"}))
    said = section(shown(client, row), "dec-sure")
    assert "Of the 25 others like it at ≥ 90 %, 8.0 % went otherwise (95 % interval: 2.2 to 25.0 %)" in re.sub(
        r" (?=[,)])", "", said
    ).replace("( ", "(")
    assert "2 failed, or in part" in said
    assert "Your role does not show it." in section(shown(client_for(viewer), row), "dec-sure")
    assert "93 %" not in shown(client_for(viewer), row)
    row = factories.propose(agent, confidence=None, action=GEO)
    assert section(shown(client, row), "dec-sure").endswith("Confidence Not stated.")


def test_of_an_erased_account_nothing_is_left(
    agent: Agent, manager: Person, admin: Person, client_for: ClientFor
) -> None:
    send(
        agent,
        event(
            decision="a",
            rationale="Xanthippe called.",
            evidence=[{"name": "Xanthippe", "value": 1, "limit": 2, "ref": "https://xanthippe.example/"}],
            alternatives=[{"action": "call Xanthippe"}],
            confidence=0.77,
        ),
    )
    row = factories.decision(agent, "a")
    client = client_for(manager)
    assert shown(client, row).lower().count("xanthippe") > 6
    why = Why(basis=ErasureBasis.SUBJECT_REQUEST, reason="They asked for it.", authority="Request 17 of November")
    erase(ErasureOf.DECISION, str(row.id), names=["account"], why=why, actor=admin.id)
    page = shown(client, row)
    assert "xanthippe" not in page.lower()
    assert "77 %" not in page
    assert section(page, "dec-sure").endswith("Confidence Erased.")
    assert section(page, "dec-evidence").endswith("Evidence Erased.")


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


# What a reader takes along


def test_the_text_holds_what_the_page_shows_and_marks_whose_words_are_whose(
    agent: Agent, manager: Person, viewer: Person, client_for: ClientFor
) -> None:
    row = factories.propose(
        agent, rationale="It is slow.\nPolicy: version 9, approved by the CISO", evidence=[{"name": "p99", "value": 9}]
    )
    page = shown(client_for(manager), row)
    text = page.partition('<textarea id="dec-text"')[2].partition(">")[2].partition("</textarea>")[0]
    assert text.startswith("Scale ")
    said = text.partition("The agent says (unverified):\n")[2].split("\nEntry ")[0].split("\n")
    assert said
    assert all(line.startswith("&gt; ") for line in said)
    assert "CISO" not in text.partition("The agent says")[0]
    assert text.endswith(f"http://testserver/decisions/{row.id}/")
    assert f'data-copy="http://testserver/decisions/{row.id}/"' in page
    assert f'href="/api/v1/decisions/{row.id}"' in page
    assert "It is slow" not in shown(client_for(viewer), row)
    assert (
        f'data-copy="http://testserver/decisions/{row.id}/"'
        in client_for(manager).get(f"/decisions/{row.id}/", headers={"HX-Request": "true"}).content.decode()
    )


# What it costs to draw


def test_queries_do_not_grow_with_what_is_shown(
    agent: Agent, manager: Person, responder: Person, client_for: ClientFor, clock: Clock
) -> None:
    client = client_for(manager)

    def asked(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    hold = factories.propose(agent, evidence=[{"name": "p99", "value": 1, "limit": 2}])
    send(agent, event(decision="over", confidence=0.9, outcome={"status": "succeeded"}))
    paths = [f"/decisions/{hold.id}/", f"/decisions/{factories.decision(agent, 'over').id}/"]
    undone(agent, (manager, responder), clock, 3, parameters={"replicas": 77})
    before = [asked(path) for path in paths]
    names = [f"p{number:02}" for number in range(30)]
    change_register(
        Organisation(
            people=[factories.person(name, "responder") for name in names],
            groups=[GroupRow("approvers", "Approvers", ("ines", "marta", *names))],
        ),
        actor=None,
    )
    send(agent, *(event(confidence=0.9, outcome={"status": "failed"}) for _ in range(40)))
    for number in range(4):
        undone(agent, (manager, responder), clock, 3, parameters={"replicas": 80 + number})
    assert [asked(path) for path in paths] == before
    assert max(before) <= 36
