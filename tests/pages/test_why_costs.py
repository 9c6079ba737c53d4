"""What a decision's page shows of undoing, evidence and confidence, what it gives to take along, and how much it asks of the database."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.actions.answer_revert import finish_revert
from approvals.actions.change_register import change_register
from approvals.actions.erase import Why, erase
from approvals.actions.review import review
from approvals.organisation import GroupRow, Organisation
from approvals.queries import undoing
from approvals.queries.reverts import fencing_of
from approvals.vocab import ErasureBasis, ErasureOf, Finding
from decisions.models import Agent, Decision, Person
from decisions.vocab import Kind, State
from tests import factories
from tests.approvals.asking import GEO
from tests.conftest import Clock
from tests.factories import event, send
from tests.pages.why import section, shown, undone

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]


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
