"""Who is on call, as pages and the API show it; calling the next, and handing over, with forms and over HTTP."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from approvals.actions.call_next import call_next
from approvals.actions.change_register import change_register
from approvals.actions.erase import Why, erase
from approvals.actions.hand_over import hand_over
from approvals.organisation import GroupRow, Organisation
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import ledger, rebuild, register
from decisions.models import Agent, Alarm, Person
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
ClientFor = Callable[[Person], Client]
MEMBERS = ("david", "ines", "marta", "tomasz")


@pytest.fixture(autouse=True)
def rota(organisation: factories.Register) -> None:
    """Ines is on call for the search, and Tomasz after her."""
    wanted = Organisation(
        groups=[GroupRow("approvers", "Approvers", MEMBERS, ("ines", "tomasz"))],
        services=[factories.service("search", 1, on_call="approvers")],
    )
    change_register(wanted, actor=None)


def words(client: Client, path: str) -> str:
    text = re.sub(r"<[^>]+>", " ", client.get(path).content.decode())
    return re.sub(r"\s+", " ", text)


def test_every_page_says_who_is_on_call(client_for: ClientFor, responder: Person, manager: Person) -> None:
    assert "You are on call" in words(client_for(responder), "/register/")
    assert "On call: Ines" in words(client_for(manager), "/ledger/")
    assert "Ines ines responder approvers" in words(client_for(manager), "/register/")
    assert "Ines , then Tomasz" in words(client_for(manager), "/register/")
    assert "On call Ines , then Tomasz" in words(client_for(manager), "/services/search/")


def test_a_decision_shows_the_chain_and_calls_the_next(
    agent: Agent, client_for: ClientFor, responder: Person, organisation: factories.Register
) -> None:
    row = factories.propose(agent)
    client, tomasz = client_for(responder), client_for(organisation.people["tomasz"])
    page = words(client, f"/decisions/{row.id}/")
    assert "Ines on call Tomasz second on call Marta accountable David deputy Call Tomasz" in page
    assert "On call then Ines" in page
    answer = client.post(f"/decisions/{row.id}/call", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Tomasz is called, and sees it on every page." in answer.content.decode()
    assert "Called by Ines ; not seen yet" in words(client, f"/decisions/{row.id}/")
    assert f"You are called to {row.title} by Ines" in words(tomasz, "/ledger/")
    assert "You are called" not in words(client, "/ledger/")
    alarm = Alarm.objects.get(kind="called")
    done = tomasz.post(f"/alarms/{alarm.seq}/acknowledge")
    assert done["Location"] == f"/decisions/{row.id}/"
    assert "You are called" not in words(tomasz, "/ledger/")
    assert "Called by Ines ; seen" in words(client, f"/decisions/{row.id}/")


def test_a_call_is_on_no_page_once_nobody_is_needed(
    agent: Agent, client_for: ClientFor, manager: Person, responder: Person
):
    row = factories.propose(agent)
    call_next(row.id, actor=manager.id)
    client = client_for(responder)
    assert "You are called" in words(client, "/alarms/bar/")
    row.refresh_from_db()
    factories.approve(row, manager)
    assert "You are called" not in words(client, "/alarms/bar/")
    page = words(client, f"/decisions/{row.id}/")
    assert "Ines called" in page
    assert "Call Tomasz" not in page


def test_who_may_not_call_gets_no_button_and_a_refusal(agent: Agent, client_for: ClientFor, auditor: Person) -> None:
    row, client = factories.propose(agent), client_for(auditor)
    assert f"/decisions/{row.id}/call" not in client.get(f"/decisions/{row.id}/").content.decode()
    assert client.post(f"/decisions/{row.id}/call").status_code == 403


def test_the_end_of_the_chain_is_said(agent: Agent, client_for: ClientFor, responder: Person) -> None:
    row, client = factories.propose(agent), client_for(responder)
    for _ in range(3):
        client.post(f"/decisions/{row.id}/call")
    assert "Everybody else in the chain has been called." in words(client, f"/decisions/{row.id}/")
    late = client.post(f"/decisions/{row.id}/call")
    assert late.status_code == 409
    assert "Everybody in the chain has been called." in late.content.decode()


def test_the_page_of_alarms_says_who_was_called(
    agent: Agent, client_for: ClientFor, responder: Person, manager: Person, auditor: Person
) -> None:
    call_next(factories.propose(agent).id, actor=manager.id)
    assert "Acknowledge" in words(client_for(responder), "/alarms/")
    page = words(client_for(auditor), "/alarms/")
    assert "Ines called" in page
    assert "Acknowledge" not in page


# Handing over


def test_a_member_hands_over_with_the_form(
    client_for: ClientFor, responder: Person, organisation: factories.Register
) -> None:
    client = client_for(responder)
    people = {name: str(person.id) for name, person in organisation.people.items()}
    given = {"place_1": people["tomasz"], "place_2": "", "place_3": people["ines"]}
    answer = client.post("/register/groups/approvers/on-call/", given)
    assert answer["Location"] == "/register/#groups"
    assert [str(one) for one in register.latest().rota("approvers")] == [people["tomasz"], people["ines"]]
    size = ledger.size()
    client.post("/register/groups/approvers/on-call/", given)
    assert ledger.size() == size


@pytest.mark.parametrize(
    "given",
    [
        {"place_1": "ines", "place_2": "ines"},
        {"place_1": "helena"},
        {"place_1": "not-an-id"},
        {"place_1": "\0"},
    ],
)
def test_a_form_that_cannot_be_meant_changes_nothing(
    client_for: ClientFor, responder: Person, organisation: factories.Register, given: dict[str, str]
) -> None:
    people = {name: str(person.id) for name, person in organisation.people.items()}
    before = register.latest().rota("approvers")
    sent = {name: people.get(value, value) for name, value in given.items()}
    assert client_for(responder).post("/register/groups/approvers/on-call/", sent).status_code == 400
    assert register.latest().rota("approvers") == before


def test_who_may_not_hand_over_reads_why(client_for: ClientFor, executive: Person) -> None:
    client = client_for(executive)
    page = client.get("/register/groups/approvers/on-call/").content.decode()
    assert "Who is on call is said by a responder or manager of the group" in page
    assert ">Record<" not in page
    assert client.post("/register/groups/approvers/on-call/", {"place_1": ""}).status_code == 403
    assert client.get("/register/groups/nobody/on-call/").status_code == 404


# Over HTTP


def posted(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def test_the_api_calls_once_for_one_key(
    agent: Agent, client_for: ClientFor, responder: Person, manager: Person
) -> None:
    row, client, key = factories.propose(agent), client_for(responder), uuid.uuid4().hex
    listed = client.get(f"/api/v1/decisions/{row.id}/calls").json()["items"]
    assert [item["what"] for item in listed] == ["on call", "second on call", "accountable", "deputy"]
    first = posted(client, f"/api/v1/decisions/{row.id}/calls/next", {}, **{"Idempotency-Key": key})
    assert first.status_code == 200
    again = posted(client, f"/api/v1/decisions/{row.id}/calls/next", {}, **{"Idempotency-Key": key})
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    called = [item for item in first.json()["items"] if item["called_at"]]
    assert [(item["what"], item["called_by"], item["seen_at"]) for item in called] == [
        ("second on call", str(responder.id), None)
    ]
    assert Alarm.objects.filter(kind="called").count() == 1


@pytest.mark.parametrize("body", [{"person": "x"}, [], "x"])
def test_the_api_refuses_another_body_and_calls_nobody(
    agent: Agent, client_for: ClientFor, responder: Person, body: Any
) -> None:
    row = factories.propose(agent)
    answer = posted(client_for(responder), f"/api/v1/decisions/{row.id}/calls/next", body, **{"Idempotency-Key": "k"})
    assert answer.status_code == 400
    assert not Alarm.objects.filter(kind="called").exists()


def test_the_api_hands_over(client_for: ClientFor, responder: Person, manager: Person) -> None:
    client = client_for(responder)
    answer = posted(client, "/api/v1/groups/approvers/on-call", {"people": [str(manager.id)]})
    assert answer.json() == {"slug": "approvers", "on_call": [str(manager.id)]}
    groups = client.get("/api/v1/groups").json()["items"]
    assert groups[0]["on_call"] == [str(manager.id)]
    services = {item["slug"]: item for item in client.get("/api/v1/services").json()["items"]}
    assert (services["search"]["on_call_group"], services["search"]["on_call"]) == ("approvers", [str(manager.id)])
    assert (services["wiki"]["on_call_group"], services["wiki"]["on_call"]) == (None, [])


@pytest.mark.parametrize("people", [["x"], [str(uuid.UUID(int=1))], "x", None, [None], ["x"] * 21])
def test_the_api_refuses_a_rota_that_cannot_be_meant(client_for: ClientFor, responder: Person, people: Any) -> None:
    before = register.latest().rota("approvers")
    answer = posted(client_for(responder), "/api/v1/groups/approvers/on-call", {"people": people})
    assert answer.status_code == 400
    assert register.latest().rota("approvers") == before


# The bar


def test_no_other_alarm_hides_a_call(
    agent: Agent, client_for: ClientFor, manager: Person, responder: Person, viewer: Person
) -> None:
    call_next(factories.propose(agent).id, actor=manager.id)
    strays = [factories.event(action=factories.action(service=f"stray-{n}")) for n in range(60)]
    factories.send(agent, *strays)
    bar = client_for(responder).get("/alarms/bar/").content.decode()
    folded = bar.index("<details")
    assert bar.index("data-call") < folded
    assert "You are called" not in bar[folded:]
    change_register(
        Organisation(
            groups=[GroupRow("readers", "Readers", ("noor",), ("noor",))],
            services=[factories.service("wiki", 3, on_call="readers")],
        ),
        actor=None,
    )
    act = factories.action(service="wiki", kind="delete")
    assert call_next(factories.propose(agent, action=act).id, actor=manager.id) == viewer.id
    bar = client_for(viewer).get("/alarms/bar/").content.decode()
    assert "data-call" in bar
    assert "<details" not in bar


def test_more_than_three_calls_are_counted(agent: Agent, client_for: ClientFor, manager: Person, responder: Person):
    for n in range(5):
        call_next(factories.propose(agent, action=factories.action(resource=f"deploy/{n}")).id, actor=manager.id)
    page = words(client_for(responder), "/alarms/bar/")
    assert page.count("Acknowledge") == 3
    assert "You are called to 2 more" in page


def test_the_same_form_twice_calls_one(agent: Agent, client_for: ClientFor, responder: Person) -> None:
    row, client = factories.propose(agent), client_for(responder)
    page = client.get(f"/decisions/{row.id}/").content.decode()
    form = re.search(r'<form method="post"\s+action="[^"]*/call".*?</form>', page, re.DOTALL)
    assert form
    data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    assert {client.post(f"/decisions/{row.id}/call", data).status_code for _ in range(2)} == {302}
    assert Alarm.objects.filter(kind="called").count() == 1


@pytest.mark.parametrize("person", ["x", "0198b7f0aaaa7aaa8aaaaaaaaaaaaaaa", "\0"])
def test_a_form_that_names_somebody_else_calls_nobody(
    agent: Agent, client_for: ClientFor, responder: Person, person: str
) -> None:
    row = factories.propose(agent)
    answer = client_for(responder).post(f"/decisions/{row.id}/call", {"person": person})
    assert answer.status_code in (400, 409)
    assert not Alarm.objects.filter(kind="called").exists()


def test_a_rota_that_has_become_shorter_meanwhile_drops_nobody(
    client_for: ClientFor, responder: Person, manager: Person, organisation: factories.Register
) -> None:
    names = ("david", "helena", "ines", "marta", "noor", "samuel", "tomasz")
    change_register(Organisation(groups=[GroupRow("big", "Big", names, names)]), actor=None)
    ids = [organisation.people[name].id for name in reversed(names)]
    hand_over("big", ids[:1], actor=manager.id)
    given = {f"place_{place}": str(one) for place, one in enumerate(ids, 1)}
    client_for(responder).post("/register/groups/big/on-call/", given)
    assert register.latest().rota("big") == tuple(ids)


@pytest.mark.parametrize("slug", ["%00", "a%00b", "x" * 300, "%F0%9F%92%A3"])
def test_an_address_that_is_none(client_for: ClientFor, admin: Person, slug: str) -> None:
    client = client_for(admin)
    for path in (f"/register/groups/{slug}/on-call/", f"/register/groups/{slug}/", f"/register/services/{slug}/"):
        assert client.get(path).status_code == 404, path
    assert posted(client, f"/api/v1/groups/{slug}/on-call", {"people": []}).status_code == 404


def test_what_a_call_was_about_may_be_erased(
    agent: Agent, client_for: ClientFor, manager: Person, admin: Person, auditor: Person
) -> None:
    row = factories.propose(agent)
    call_next(row.id, actor=manager.id)
    factories.veto(row, manager)
    why = Why(ErasureBasis.LEGAL_ORDER, "Order 7 of the court", "It has to go.")
    erase(ErasureOf.DECISION, str(row.id), names=(), why=why, actor=admin.id)
    assert "A decision whose title was erased" in words(client_for(auditor), "/alarms/")
    assert not rebuild.rebuild(check=True).differences
