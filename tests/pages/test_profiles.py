"""The pages of agents and of services, and the list of decisions: who sees them, wrong addresses, names, what is gone."""

import re
import uuid
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from approvals.actions.change_register import change_register
from approvals.organisation import AgentRow, Organisation
from approvals.queries import acting
from decisions import ledger
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.conftest import Clock
from tests.pages.profiles import links, listed, words

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]
EVERY = ["/agents/", "/services/", "/decisions/"]
PAGES = [*EVERY, "/agents/remediator/", "/services/search/", "/agents/remediator/?days=7", "/services/search/?days=90"]
ROLES = ["responder", "manager", "executive", "auditor", "admin", "viewer"]


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


def test_lists_go_on_page_by_page(manager: Person, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(acting, "LISTED", 2)
    client = client_for(manager)
    for path, all_of_them in (
        ("/services/", ["checkout", "search", "geo", "orphan", "wiki"]),
        ("/agents/", ["autoscaler", "remediator"]),
    ):
        at, found = path, list[str]()
        while at:
            body = client.get(at).content.decode().partition("<main")[2]
            found += re.findall(r'<span class="meta"><code>([a-z]+)</code>', body)
            more = re.search(r'href="(\?after=[^"]*)"', body)
            at = path + more[1] if more else ""
        assert found == all_of_them


def test_keys_at_a_glance(agent: Agent, viewer: Person, admin: Person, client_for: ClientFor, clock: Clock):
    assert "None that works: it cannot report" in words(client_for(viewer).get("/agents/remediator/"))
    key = factories.AgentClient.of(agent)
    page = client_for(viewer).get("/agents/remediator/")
    assert "1 that works to claim, propose, read, report" in words(page)
    assert key.key[:16] not in page.content.decode()
    assert "/register/agents/remediator/" not in page.content.decode()
    assert "/register/agents/remediator/" in client_for(admin).get("/agents/remediator/").content.decode()


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


def test_a_name_of_the_register_that_is_long_or_hides_something(agent: Agent, manager: Person, client_for: ClientFor):
    name = "\u202e<b>Bold</b> " + "x" * 100
    row = AgentRow("remediator", name, name, name, "\u202e", "tomasz")
    change_register(
        Organisation(agents=[row], services=[factories.service("search", 1, name=name, team=name)]), actor=None
    )
    factories.send(agent, factories.event())
    client = client_for(manager)
    for path in ("/agents/", "/services/", "/agents/remediator/", "/services/search/"):
        body = client.get(path).content.decode()
        assert "\u202e" not in body, path
        assert "<b>Bold" not in body
        assert "⟦U+202E⟧&lt;b&gt;Bold" in body


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
    assert "beyond permitted autonomy no" in words(answer)
    assert "/decisions/?agent=remediator&beyond=false" in links(answer)
    assert 'name="beyond" value="false"' in answer.content.decode()
    assert listed(client, "/decisions/?agent=remediator&kind=restart") == 1
