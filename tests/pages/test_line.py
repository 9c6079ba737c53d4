"""The line on the policy page and the counts that come after it: who sees them, what they link to, and what they cost."""

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.models import PolicyVersion
from decisions import clock as product_clock
from decisions import ledger, lists
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.factories import event, send
from tests.pages.test_hostile_text import HOSTILE, inert
from tests.pages.test_policy import words

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person | AnonymousUser], Client]
LINE = "/policy/line/"


@pytest.mark.parametrize("role", ["viewer", "responder", "manager", "executive", "auditor", "admin"])
def test_everybody_reads(role: str, agent: Agent, request: pytest.FixtureRequest, client_for: ClientFor):
    send(agent, event())
    client, before = client_for(request.getfixturevalue(role)), ledger.size()
    for path in (LINE, f"{LINE}?environment=staging", "/policy/?environment=dev", "/policy/?acts=counted"):
        assert client.get(path).status_code == 200, path
    assert ledger.size() == before


def test_nobody_else_does(organisation: object, outsider: Person, client_for: ClientFor):
    for nobody in (AnonymousUser(), outsider):
        answer = client_for(nobody).get(LINE)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("environment", ["", "moon", "prod%00", "'; drop"])
def test_an_environment_that_there_is_none_of(environment: str, manager: Person, client_for: ClientFor):
    for path in (LINE, "/policy/"):
        assert client_for(manager).get(path, {"environment": environment}).status_code == 404


def test_where_no_policy_is_in_force(manager: Person, client_for: ClientFor):
    PolicyVersion.objects.all().delete()
    assert client_for(manager).get(LINE).status_code == 404
    assert client_for(manager).get("/policy/?environment=moon").status_code == 200


def test_the_table_is_whole_before_anything_is_counted(agent: Agent, manager: Person, client_for: ClientFor):
    send(agent, event())
    page = client_for(manager).get("/policy/").content.decode()
    assert "Count what ran this month" in page
    assert 'hx-get="/policy/line/?environment=prod"' in page
    assert re.findall(r'class="square level-(L\d)', page)[:2] == ["L2", "L2"]
    counted = words(client_for(manager).get("/policy/?acts=counted"))
    assert "In November 2026 (UTC) so far 1 act ran there, 1 of them beyond permitted autonomy." in counted


def test_each_count_is_of_the_list_that_it_opens(agent: Agent, manager: Person, client_for: ClientFor):
    send(agent, *(event(action=factories.action(kind="restart")) for _ in range(3)))
    send(agent, event(), event(action=factories.action(kind="restart", environment="staging")))
    factories.propose(agent)
    page = client_for(manager).get(LINE).content.decode()
    links = re.findall(r'<a href="(/decisions/\?[^"]+)"[^>]*>(?:<svg.*?</svg>)?([\d,]+)', page)
    assert len(links) >= 6
    for href, count in links:
        given = dict(parse_qsl(urlsplit(html.unescape(href)).query))
        assert given["environment_class"] == "prod"
        asked = lists.asked_for(given, product_clock.now())
        assert asked.rows.count() == int(count), href


@pytest.mark.parametrize("name", HOSTILE)
def test_a_kind_that_an_older_ledger_holds_is_inert(name: str, agent: Agent, manager: Person, client_for: ClientFor):
    send(agent, event())
    Decision.objects.update(kind=HOSTILE[name][:64])
    drawn = inert(client_for(manager).get("/policy/?acts=counted").content.decode())
    assert "The line" in drawn.order


def test_its_queries_do_not_grow(agent: Agent, manager: Person, client_for: ClientFor):
    client = client_for(manager)
    client.get(LINE)
    asked = []
    for _ in range(2):
        send(agent, *(event(action=factories.action(kind=kind)) for kind in ("restart", "scale", "rollout", "delete")))
        with CaptureQueriesContext(connection) as captured:
            client.get(LINE)
        asked.append(len(captured))
    assert asked[0] == asked[1]
    assert asked[0] <= 16
