"""An agent or a service is stopped on its own page, by who may, and nothing else is stopped by mistake."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from decisions.models import Agent, Freeze, Person
from decisions.vocab import FreezeScope
from tests.pages.profiles import words

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]


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
