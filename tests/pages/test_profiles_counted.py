"""What the pages of agents and of services count: each number is that of the list it leads to, in a bounded number of queries."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.organisation import AgentRow, Organisation
from approvals.queries import acting, recent
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.conftest import Clock
from tests.pages.profiles import links, listed, told, words

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]


@pytest.mark.parametrize("path", ["/agents/remediator/", "/services/search/"])
@pytest.mark.parametrize("days", [7, 30, 90])
def test_every_number_is_that_of_the_list_it_leads_to(
    path: str, days: int, agent: Agent, manager: Person, second_manager: Person, client_for: ClientFor, clock: Clock
):
    told(agent, clock)
    for number in range(4):
        row = factories.propose(agent, action=factories.action(parameters={"replicas": number}))
        if number == 1:
            factories.veto(row, manager)
        if number > 1:
            factories.approve(row, manager)
        if number == 3:
            factories.finish(factories.claim(row))
            factories.veto(row, manager)
    clock.advance(minutes=1)
    client = client_for(manager)
    body = client.get(f"{path}?days={days}").content.decode()
    found = re.findall(
        r'<a (?:class="num" )?href="(/decisions/\?[^"]*from=[^"]*)">(?:<span class="num">)?([\d,]+)', body
    )
    assert len(found) >= 9
    for address, number in found:
        assert listed(client, html.unescape(address)) == int(number), address


def test_the_rate_has_its_interval_or_is_not_told(agent: Agent, manager: Person, client_for: ClientFor, clock: Clock):
    told(agent, clock)
    client = client_for(manager)
    few = words(client.get("/agents/remediator/?days=7"))
    assert "Too few to say: of 3 acts it is known how they went." in few
    page = words(client.get("/agents/remediator/?days=90"))
    assert "91.7 % worked, of the 12 acts of which it is known (95 % interval: 64.6 to 98.5 %)" in page
    assert "11 worked · 1 failed, or in part" in page


def test_what_people_have_to_look_at_first_is_not_counted_in_the_rate(
    agent: Agent, manager: Person, client_for: ClientFor, clock: Clock
):
    told(agent, clock)
    Decision.objects.filter(seq=Decision.objects.latest("seq").seq).update(state="review")
    page = words(client_for(manager).get("/agents/remediator/?days=90"))
    assert "of the 11 acts of which it is known" in page
    assert "Needs review 1" in page


def test_levels_are_drawn_by_week_and_told_in_numbers(
    agent: Agent, manager: Person, client_for: ClientFor, clock: Clock
):
    told(agent, clock)
    answer = client_for(manager).get("/agents/remediator/")
    body = answer.content.decode()
    bars = body.partition('<ul class="bars">')[2].partition("</ul>")[0]
    # Four weeks and the two days before them, in which nothing was done.
    assert (bars.count("<li>"), bars.count('class="bar"'), bars.count("no act")) == (5, 4, 1)
    assert re.findall(r'aria-label="([^"]*)"', bars) == ["3 at L4", "2 at L4", "2 at L4", "3 at L4"]
    assert "style=" not in body
    table = body.partition("Show the numbers")[2].partition("</table>")[0]
    numbers = [int(n) for n in re.findall(r'<td class="num">([\d,]+)</td>\s*</tr>', table)]
    assert sum(numbers) == 10
    for days, least in ((7, 7), (90, 3)):
        body = client_for(manager).get(f"/agents/remediator/?days={days}").content.decode()
        assert body.partition("Show the numbers")[2].count("<time") >= least


def test_where_there_were_more_than_are_counted_it_says_so(
    agent: Agent, manager: Person, client_for: ClientFor, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    for number in range(8):
        clock.advance(hours=1)
        factories.send(agent, factories.event(decision=f"d-{number}", time=clock.at.isoformat()))
    monkeypatch.setattr(recent, "MOST", 5)
    client = client_for(manager)
    answer = client.get("/agents/remediator/")
    assert "the latest 5 are, since" in words(answer)
    assert "5 decisions, of which 5 were acted on" in words(answer)
    whole = next(one for one in links(answer) if "state" not in one and "from" in one)
    assert listed(client, whole) == 5
    monkeypatch.setattr(recent, "MOST", 9)
    assert "the latest" not in words(client.get("/agents/remediator/")).partition("The latest decisions")[0]


def test_what_one_does_is_not_counted_for_another(agent: Agent, manager: Person, client_for: ClientFor, clock: Clock):
    told(agent, clock)
    client = client_for(manager)
    assert "No decision in the last 30 days" in words(client.get("/agents/autoscaler/"))
    geo = words(client.get("/services/geo/"))
    assert "2 decisions, of which 2 were acted on." in geo
    assert "Agents at work here Remediator 2" in geo


def test_lists_say_when_each_acted_last_and_how_often(
    agent: Agent, manager: Person, client_for: ClientFor, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    told(agent, clock)
    page = words(client_for(manager).get("/agents/"))
    assert "Remediator remediator Acme Tomasz Active" in page
    assert re.search(r"Remediator remediator .* 10 ", page)
    assert re.search(r"Autoscaler autoscaler Acme Marta Active none yet 0", page)
    services = words(client_for(manager).get("/services/"))
    assert re.search(r"Search search 1 Marta Platform not stopped .* 8 Geo geo 2", services)
    assert re.search(r"Orphan orphan 2 Nobody", services)
    monkeypatch.setattr(acting, "COUNTED", 4)
    assert "over 4" in words(client_for(manager).get("/agents/"))


def test_queries_do_not_grow_with_what_is_listed(
    agent: Agent, manager: Person, client_for: ClientFor, django_assert_max_num_queries: Any, clock: Clock
):
    client = client_for(manager)
    client.get("/agents/")
    more = Organisation(
        agents=[AgentRow(f"a-{number}", f"Agent {number}", "Acme", "m", "1", "tomasz") for number in range(30)],
        services=[factories.service(f"s-{number}", 3) for number in range(30)],
    )
    change_register(more, actor=None)
    factories.send(agent, *(factories.event(action=factories.action(service=f"s-{n}")) for n in range(30)))
    for number in range(6):
        factories.propose(agent, action=factories.action(parameters={"replicas": number}))
    client.get("/agents/")
    for path, most in (
        ("/agents/", 20),
        ("/services/", 20),
        ("/decisions/?agent=remediator", 20),
        ("/agents/remediator/", 32),
        ("/services/search/", 32),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


def test_what_was_not_reported_is_on_both_pages(manager: Person, client_for: ClientFor, agent: Agent, clock: Clock):
    row = AgentRow(
        "remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:remediator",)
    )
    change_register(Organisation(agents=[row]), actor=None)
    factories.hand_in(factories.effect(agent))
    clock.advance(minutes=16)
    client = client_for(manager)
    for path in ("/agents/remediator/", "/services/search/", "/sources/"):
        page = words(client.get(path))
        assert "Unreported actions 1" in page
        assert "scale deployment/search" in page
    for path in ("/agents/autoscaler/", "/services/geo/"):
        assert "Unreported actions 0" in words(client.get(path))


def test_what_the_policy_permits(agent: Agent, manager: Person, client_for: ClientFor, clock: Clock):
    told(agent, clock)
    client = client_for(manager)
    page = words(client.get("/agents/remediator/"))
    assert re.search(
        r"scale on search in prod × 8 L2 approve to act scale on geo in prod × 2 L3 act unless vetoed", page
    )
    page = words(client.get("/services/geo/"))
    assert "What is permitted on tier 2" in page
    assert "any kind in prod L3 act unless vetoed" in page
