"""A queue of many that are alike is a handful of lines with exact counts; each opens to what it counts."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client

from approvals.queries import crowds
from approvals.views import queue
from decisions import clock, queries
from decisions.models import Agent, Decision
from tests import factories
from tests.factories import event, send

pytestmark = pytest.mark.django_db


def owing(agent: Agent, count: int, episode: str, kind: str = "delete", service: str = "checkout") -> None:
    for number in range(count):
        act = factories.action(kind=kind, service=service, resource=f"pod/{episode}-{number}")
        send(agent, event(episode=episode, action=act, outcome={"status": "failed"}))


@pytest.fixture
def signed_in(organisation: factories.Register) -> Client:
    client = Client()
    client.force_login(organisation.people["marta"])
    return client


def test_many_alike_are_one_line_and_what_is_alone_stays_itself(agent: Agent, signed_in: Client) -> None:
    owing(agent, 14, "inc-1")
    owing(agent, 9, "inc-2")
    owing(agent, 1, "inc-3")
    page = signed_in.get("/sign-off/")
    assert sorted(line["count"] for line in page.context["alike"]) == [9, 14]
    [alone] = page.context["items"]
    assert Decision.objects.get(id=alone["id"]).episode == "inc-3"
    assert page.context["counts"]["owed"] == 24
    for line in page.context["alike"]:
        inside = signed_in.get(f"/sign-off/?{line['query']}")
        assert len(inside.context["items"]) == line["count"]
        episode = parse_qs(line["query"])["episode"]
        assert set(
            Decision.objects.filter(id__in=[row["id"] for row in inside.context["items"]]).values_list(
                "episode", flat=True
            )
        ) == set(episode)


def test_few_are_shown_one_by_one(agent: Agent, signed_in: Client) -> None:
    owing(agent, crowds.FEW, "inc-1")
    page = signed_in.get("/sign-off/")
    assert (page.context["alike"], len(page.context["items"])) == ([], crowds.FEW)
    owing(agent, 1, "inc-1", kind="scale")
    page = signed_in.get("/sign-off/")
    assert ([line["count"] for line in page.context["alike"]], len(page.context["items"])) == ([crowds.FEW], 1)


def test_holds_that_are_alike_are_one_line_too(agent: Agent, signed_in: Client) -> None:
    for number in range(crowds.FEW + 5):
        factories.propose(agent, episode="inc-1", action=factories.action(resource=f"pod/{number}"))
    page = signed_in.get("/needs-you/")
    [line] = page.context["alike"]
    assert (line["count"], page.context["holds"], page.context["waiting"]) == (25, [], 25)
    assert page.context["agents"] == [("remediator", "Remediator")]
    assert len(signed_in.get(f"/needs-you/?{line['query']}").context["holds"]) == 25


@pytest.mark.parametrize("path", ["/sign-off/", "/needs-you/"])
def test_a_crowd_of_nobody_is_empty(agent: Agent, signed_in: Client, path: str) -> None:
    assert signed_in.get(f"{path}?agent=nobody&episode=%00&kind=%E2%80%AE").status_code == 200


def test_counts_are_exact_however_many_there_are(agent: Agent) -> None:
    owing(agent, 30, "")
    owing(agent, 3, "inc-1", service="geo")
    found, more = crowds.of(queries.owed(clock.now()), "sign_off_due")
    assert more is None
    assert sum(one.count for one in found) == queries.owed(clock.now()).count()


def test_what_is_of_several_services_says_of_how_many(agent: Agent, signed_in: Client) -> None:
    for service in ("geo", "search", "checkout"):
        owing(agent, 8, "inc-1", service=service)
    [line] = signed_in.get("/sign-off/").context["alike"]
    assert (line["count"], line["where"]) == (24, "3 services")


def test_every_line_is_on_one_of_the_pages(agent: Agent, signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for shown in (crowds, queue):
        monkeypatch.setattr(shown, "SHOWN", 3)
    for number in range(7):
        owing(agent, 1 + 4 * (number % 2), f"inc-{number}")
    counted, path = 0, "/sign-off/?tier=0"
    while path:
        page = signed_in.get(path).context
        assert len(page["alike"]) + len(page["items"]) <= 3
        counted += len(page["items"]) + sum(line["count"] for line in page["alike"])
        assert page["counts"]["owed"] >= 19
        path = page["more_url"]
    assert counted == queries.owed(clock.now()).filter(tier=0).count()


def test_every_decision_of_a_crowd_is_on_one_of_its_pages(
    agent: Agent, signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "SHOWN", 3)
    for number in range(8):
        factories.propose(agent, episode="inc-1", action=factories.action(resource=f"pod/{number}"))
    seen, path = [], "/needs-you/?agent=remediator&episode=inc-1&kind=scale"
    while path:
        page = signed_in.get(path).context
        seen += [row["id"] for row in page["holds"]]
        assert page["waiting"] == 8
        path = page["more_url"]
    assert len(set(seen)) == len(seen) == 8


@pytest.mark.parametrize("after", ["x", "2026-11-22T03:47:00Z", "2026-11-22T03:47:00Z~x", "~1"])
def test_a_place_that_cannot_be_read_is_refused(signed_in: Client, after: str) -> None:
    assert signed_in.get("/sign-off/", {"after": after}).status_code == 400


@pytest.mark.parametrize("path", ["/sign-off/", "/needs-you/"])
def test_a_long_queue_is_asked_for_in_few_queries(
    agent: Agent, signed_in: Client, path: str, django_assert_max_num_queries: Any
) -> None:
    owing(agent, 30, "inc-1")
    for number in range(30):
        factories.propose(agent, episode=f"inc-{number}", action=factories.action(resource=f"pod/{number}"))
    signed_in.get(path)
    with django_assert_max_num_queries(26):
        signed_in.get(path)
