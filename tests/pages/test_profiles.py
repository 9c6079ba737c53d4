"""The pages of agents and of services, and the list of decisions that their numbers lead to: who sees them, what they count, the stop in place."""

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.organisation import AgentRow, Organisation
from approvals.queries import acting, recent
from decisions import ledger
from decisions.models import Agent, Decision, Freeze, Person
from decisions.vocab import FreezeScope
from tests import factories
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]
EVERY = ["/agents/", "/services/", "/decisions/"]
PAGES = [*EVERY, "/agents/remediator/", "/services/search/", "/agents/remediator/?days=7", "/services/search/?days=90"]
ROLES = ["responder", "manager", "executive", "auditor", "admin", "viewer"]
FAILED = {"outcome": {"status": "failed"}}
WORKED = {"outcome": {"status": "succeeded"}}


def words(answer: Any) -> str:
    """What a reader sees of a page, its spaces made one."""
    assert answer.status_code == 200, answer.status_code
    body = re.sub(r"<(script|svg|title).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    text = " ".join(re.sub(r"<[^>]+>", " ", body).split())
    return html.unescape(re.sub(r" ([,.])", r"\1", text))


def links(answer: Any) -> list[str]:
    """Where the numbers of a page lead."""
    return [html.unescape(one) for one in re.findall(r'href="(/decisions/\?[^"]*)"', answer.content.decode())]


def listed(client: Client, address: str) -> int:
    """How many decisions the list at `address` holds, on all its pages."""
    found, at = 0, address
    while at:
        page = client.get(at)
        assert page.status_code == 200, at
        body = page.content.decode()
        found += body.count('<article class="row')
        older = re.search(r'href="([^"]*)">Older', body)
        at = html.unescape(older[1]) if older else ""
    return found


def told(agent: Agent, clock: Clock) -> None:
    """Thirteen acts of five weeks, every third day: eleven worked, one failed, of one nobody knows; two were on another service."""
    sent = [
        factories.event(
            decision=f"d-{number}",
            time=(clock.at - timedelta(days=number * 3, minutes=1)).isoformat(),
            action=factories.action(service="geo" if number % 5 == 4 else "search"),
            **(FAILED if number == 2 else {} if number == 3 else WORKED),
        )
        for number in range(13)
    ]
    factories.send(agent, *sent)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_with_a_role_reads(role: str, request: pytest.FixtureRequest, client_for: ClientFor, agent: Agent):
    factories.send(agent, factories.event())
    client, before = client_for(request.getfixturevalue(role)), ledger.size()
    for path in PAGES:
        assert client.get(path).status_code == 200, path
    assert ledger.size() == before


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_reads(path: str, outsider: Person, client_for: Callable[..., Client], agent: Agent):
    for who in (outsider, AnonymousUser()):
        answer = client_for(who).get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")
    change_register(Organisation(people=[factories.person("rolf")]), actor=None)
    assert client_for(Person.objects.get(username="rolf")).get(path).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/agents/nobody/", 404),
        ("/agents/no%20slug/", 404),
        ("/agents/00000000-0000-7000-8000-000000000000/", 404),
        (f"/agents/{'x' * 500}/", 404),
        ("/services/nothing/", 404),
        ("/services/%00/", 404),
        (f"/services/{'x' * 500}/", 404),
        ("/services/a/b/", 404),
        ("/agents/remediator/?days=8", 200),
        ("/agents/remediator/?days=%00", 200),
        ("/agents/?after=zzz", 200),
        ("/agents/?after=%00", 200),
        ("/services/?after=nothing", 200),
        ("/services/?after=%00", 200),
        ("/decisions/?colour=red", 400),
        ("/decisions/?cursor=x", 400),
        ("/decisions/?from=yesterday", 400),
        ("/decisions/?state=asleep", 400),
        ("/decisions/?service=%00", 400),
        ("/decisions/?service=&agent=&state=", 200),
    ],
)
def test_wrong_addresses(path: str, status: int, manager: Person, client_for: ClientFor):
    assert client_for(manager).get(path).status_code == status


def test_nothing_was_done_yet(manager: Person, client_for: ClientFor):
    client = client_for(manager)
    for path in ("/agents/remediator/", "/services/search/"):
        page = words(client.get(path))
        assert "No decision in the last 30 days None was ever recorded." in page
        assert "Unreported actions 0" in page
    assert "none yet" in words(client.get("/agents/"))
    assert "No decision Decisions appear here" in words(client.get("/decisions/"))


def test_an_empty_installation(db: None, clock: Clock, client_for: ClientFor):
    change_register(Organisation(people=[factories.person("marta", "manager")]), actor=None)
    client = client_for(Person.objects.get(username="marta"))
    assert "No agent yet" in words(client.get("/agents/"))
    assert "No service yet" in words(client.get("/services/"))
    assert client.get("/decisions/").status_code == 200


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
    assert "91.7 % worked, of 12 of which it is known (95 % interval: 64.6 to 98.5 %)" in page
    assert "11 worked · 1 failed, or in part" in page


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
    for days, bars in ((7, 7), (90, 3)):
        body = client_for(manager).get(f"/agents/remediator/?days={days}").content.decode()
        assert body.partition("Show the numbers")[2].count("<time") >= bars


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


def test_lists_go_on_page_by_page(manager: Person, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(acting, "LISTED", 2)
    client, found = client_for(manager), []
    for path, all_of_them in (
        ("/services/", ["checkout", "search", "geo", "orphan", "wiki"]),
        ("/agents/", ["autoscaler", "remediator"]),
    ):
        at, found = path, []
        while at:
            body = client.get(at).content.decode().partition("<main")[2]
            found += re.findall(r'<span class="meta"><code>([a-z]+)</code>', body)
            more = re.search(r'href="(\?after=[^"]*)"', body)
            at = path + more[1] if more else ""
        assert found == all_of_them


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


@pytest.mark.parametrize("path", ["/agents/remediator/", "/services/search/"])
def test_it_is_stopped_in_place(path: str, responder: Person, manager: Person, client_for: ClientFor, agent: Agent):
    client, scope = client_for(responder), f"agent:{agent.id}" if "agents" in path else "service:search"
    body = client.get(path).content.decode()
    assert f'name="scope" value="{scope}"' in body
    form = {"scope": scope, "here": "yes", "mode": "all", "reason": "It loops.", "word": "stop"}
    answer: Any = client.post("/stop/now/", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert Freeze.objects.get().value == scope.partition(":")[2]
    page = words(client.get(path))
    assert "By Ines at" in page
    assert "It loops." in page
    assert 'name="here"' not in client.get(path).content.decode()
    assert "Stopped" in words(client.get("/agents/" if "agents" in path else "/services/"))
    assert "Ask to let agents go on" in words(client_for(manager).get(path))
    assert "Autoscaler Active" in words(client.get("/agents/autoscaler/"))
    assert "Geo Agents not stopped" in words(client.get("/services/geo/"))


def test_who_may_not_stop_sees_who_can(viewer: Person, auditor: Person, client_for: ClientFor):
    for person in (viewer, auditor):
        body = client_for(person).get("/agents/remediator/")
        assert "takes a responder, a manager, an executive or an administrator" in words(body)
        assert "<form" not in body.content.decode().partition("<main")[2].partition("</main>")[0]


def test_a_mistyped_word_stops_nothing_and_keeps_the_choice(responder: Person, client_for: ClientFor, agent: Agent):
    client = client_for(responder)
    for scope in (f"agent:{agent.id}", "service:search", "environment:staging"):
        form = {"scope": scope, "here": "yes", "mode": "autonomy", "word": "stpo"}
        answer = client.post("/stop/now/", form)
        assert answer.status_code == 400
        body = answer.content.decode()
        assert re.findall(r'<option value="([^"]*)"\s+selected', body) == [scope]
        assert re.search(r'value="autonomy"\s+checked', body)
    for scope in ("agent:x", "agent:", "service:../x", "service:a/b", "nonsense", ""):
        answer = client.post("/stop/now/", {"scope": scope, "here": "yes", "mode": "all", "word": "STOP"})
        assert answer.status_code == 400, scope
    assert not Freeze.objects.exists()


def test_a_stop_of_everything_is_one_of_each(responder: Person, client_for: ClientFor):
    client = client_for(responder)
    client.post("/stop/now/", {"scope": FreezeScope.EVERYTHING, "mode": "autonomy", "word": "STOP"})
    assert "Stopped where it acts alone" in words(client.get("/agents/remediator/"))
    assert "All agents stopped where they act alone" in words(client.get("/services/search/"))


def test_keys_at_a_glance(agent: Agent, viewer: Person, admin: Person, client_for: ClientFor, clock: Clock):
    assert "None that works: it cannot report" in words(client_for(viewer).get("/agents/remediator/"))
    key = factories.AgentClient.of(agent)
    page = client_for(viewer).get("/agents/remediator/")
    assert "1 that works to claim, propose, read, report" in words(page)
    assert key.key[:16] not in page.content.decode()
    assert "/register/agents/remediator/" not in page.content.decode()
    assert "/register/agents/remediator/" in client_for(admin).get("/agents/remediator/").content.decode()


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
    assert re.search(r"scale on search, prod × 8 L2 approve to act scale on geo, prod × 2 L3 act unless vetoed", page)
    page = words(client.get("/services/geo/"))
    assert "What is permitted on tier 2" in page
    assert "any kind, prod L3 act unless vetoed" in page


def test_who_has_left_does_not_answer(admin: Person, client_for: ClientFor):
    gone = Organisation(
        people=[
            factories.person("marta", "manager", active=False),
            factories.person("tomasz", "responder", active=False),
        ]
    )
    change_register(gone, actor=None)
    client = client_for(admin)
    assert "Tomasz has left: nobody answers for it" in words(client.get("/agents/remediator/"))
    assert "Accountable David Marta has left" in words(client.get("/services/search/"))


def test_an_agent_that_the_register_has_no_more(agent: Agent, manager: Person, client_for: ClientFor):
    gone = uuid.uuid4()
    row = factories.propose(agent)
    Decision.objects.filter(seq=row.seq).update(agent_id=gone)
    client = client_for(manager)
    page = client.get(f"/agents/{gone}/")
    assert "An agent that is gone" in words(page)
    assert 'name="scope"' not in page.content.decode()
    assert listed(client, f"/decisions/?agent={gone}") == 1
    assert f"/agents/{gone}/" in client.get(f"/decisions/{row.id}/").content.decode()
    assert f"/agents/{gone}/" in client.get("/services/search/").content.decode()


@pytest.mark.parametrize("name", ["nowhere", "what? is #this", "geo\u202e<b>\U000e0041", "..", "a/../b", "x" * 64])
def test_a_service_that_only_agents_name(name: str, agent: Agent, manager: Person, client_for: ClientFor):
    row = factories.propose(agent)
    Decision.objects.filter(seq=row.seq).update(service=name)
    client = client_for(manager)
    page = client.get(f"/decisions/{row.id}/").content.decode()
    named = f"/services/{quote(name)}/"
    if "/" in name or name == "..":
        assert listed(client, f"/decisions/?service={quote(name)}") == 1
        assert named not in page
        return
    assert named in page
    answer = client.get(named)
    assert "A service that is not in the register" in words(answer)
    assert name not in re.search(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)[1]  # type: ignore[index]
    assert "\u202e" not in answer.content.decode()
    assert 'name="scope"' not in answer.content.decode()


def test_names_lead_to_their_pages(agent: Agent, viewer: Person, admin: Person, client_for: ClientFor):
    row = factories.propose(agent)
    for person in (viewer, admin):
        for path in (f"/decisions/{row.id}/", "/register/"):
            body = client_for(person).get(path).content.decode()
            assert "/agents/remediator/" in body
            assert "/services/search/" in body


def test_a_filter_is_taken_away_and_the_others_stay(agent: Agent, manager: Person, client_for: ClientFor):
    factories.send(agent, factories.event(action=factories.action(kind="restart")), factories.event())
    client = client_for(manager)
    answer = client.get("/decisions/?agent=remediator&kind=restart&outcome=&beyond=false")
    assert "beyond permitted autonomy false" in words(answer)
    assert "/decisions/?agent=remediator&beyond=false" in links(answer)
    assert 'name="beyond" value="false"' in answer.content.decode()
    assert listed(client, "/decisions/?agent=remediator&kind=restart") == 1
