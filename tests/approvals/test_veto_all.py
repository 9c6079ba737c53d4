"""Everything of one agent or one episode is vetoed at once: what was shown, no less, and nothing that came later."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from approvals.actions.veto_all import veto_all
from decisions import ledger
from decisions.models import Agent, Decision, Person
from decisions.vocab import State
from tests import factories
from tests.approvals.asking import again, refused
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def ask(agent: Agent, service: str = "checkout", episode: str = "inc-1") -> Decision:
    action = factories.action(service=service, parameters={"to": uuid4().hex})
    return factories.propose(agent, action=action, episode=episode, decision=uuid4().hex)


def states(*rows: Decision) -> list[str]:
    return [again(row).state for row in rows]


def here() -> int:
    return ledger.size() - 1


def test_all_of_an_agent_that_is_open_and_nothing_else(
    agent: Agent, organisation: factories.Register, responder: Person
) -> None:
    mine = [ask(agent, service) for service in ("checkout", "geo", "wiki")]
    running = factories.claim(ask(agent, "wiki"))
    other = ask(organisation.agents["autoscaler"])
    reach = veto_all("agent", agent.id, until=here(), reason="It loops.", actor=responder.id)
    assert [row.seq for row in reach.rows] == [row.seq for row in mine]
    assert states(*mine, running, other) == [State.VETOED] * 3 + [State.EXECUTING, State.PENDING]


def test_an_episode_is_of_several_agents(agent: Agent, organisation: factories.Register, responder: Person) -> None:
    one, two, another = ask(agent), ask(organisation.agents["autoscaler"]), ask(agent, episode="inc-2")
    veto_all("episode", "inc-1", until=here(), reason="", actor=responder.id)
    assert states(one, two, another) == [State.VETOED, State.VETOED, State.PENDING]


def test_what_came_since_is_left_alone_and_told(agent: Agent, responder: Person) -> None:
    seen = ask(agent)
    until = here()
    later = ask(agent)
    reach = veto_all("agent", agent.id, until=until, reason="", actor=responder.id)
    assert (states(seen, later), reach.since) == ([State.VETOED, State.PENDING], 1)


def test_what_was_decided_meanwhile_is_left_as_it_is(
    agent: Agent, responder: Person, manager: Person, clock: Clock
) -> None:
    claimed, over, open_ = ask(agent, "wiki"), ask(agent), ask(agent, "geo")
    until = here()
    factories.claim(claimed)
    clock.advance(minutes=15)
    reach = veto_all("agent", agent.id, until=until, reason="", actor=responder.id)
    assert [row.seq for row in reach.rows] == [open_.seq]
    assert states(claimed, open_) == [State.EXECUTING, State.VETOED]
    assert again(over).state == State.PENDING, "it is over by its deadline, and nothing more is said of it"


def test_those_who_may_not(agent: Agent, organisation: factories.Register) -> None:
    row = ask(agent)
    for name in ("helena", "samuel", "yuki", "noor"):
        refused("role", veto_all, "agent", agent.id, until=here(), reason="", actor=organisation.people[name].id)
    assert states(row) == [State.PENDING]


def test_the_page_says_how_much_it_is_and_does_it(agent: Agent, responder: Person, client_for: Any) -> None:
    rows = [ask(agent, service) for service in ("checkout", "geo", "wiki")]
    browser: Client = client_for(responder)
    assert f'href="/veto-all/?agent={agent.slug}"' in browser.get("/needs-you/").content.decode()
    page = browser.get("/veto-all/", {"agent": agent.slug}).content.decode()
    assert "<b>3 decisions</b> are open" in page
    assert states(*rows) == [State.PENDING, State.WINDOW, State.AUTHORIZED], "looking changes nothing"
    answer = browser.post("/veto-all/now/", {"agent": agent.slug, "until": here(), "reason": "It loops."}, follow=True)
    assert "Vetoed 3 decisions." in answer.content.decode()
    assert states(*rows) == [State.VETOED] * 3
    assert "Nothing is open" in browser.get("/veto-all/", {"agent": agent.slug}).content.decode()


@pytest.mark.parametrize("query", [{}, {"agent": "nobody"}, {"agent": "remediator", "episode": "inc-1"}])
def test_nothing_to_veto_is_no_page(responder: Person, client_for: Any, query: dict[str, str]) -> None:
    browser: Client = client_for(responder)
    assert browser.get("/veto-all/", query).status_code == 404
    assert browser.post("/veto-all/now/", query | {"until": "1"}).status_code == 404


@pytest.mark.parametrize("until", ["", "-1", "x", "9" * 20, "١"])
def test_a_form_that_says_nothing_of_what_was_seen(
    agent: Agent, responder: Person, client_for: Any, until: str
) -> None:
    row = ask(agent)
    answer = client_for(responder).post("/veto-all/now/", {"agent": agent.slug, "until": until})
    assert answer.status_code == 400
    assert states(row) == [State.PENDING]
