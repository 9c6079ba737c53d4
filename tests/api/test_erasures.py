"""Erasures and legal holds over HTTP: people alone, signed in a moment ago, once for each key."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from decisions.auth import sessions
from decisions.models import Agent, LegalHold, Person, Session
from tests import factories
from tests.api.conftest import Api, problem
from tests.factories import event, send

Writes = Callable[[], list[str]]
WHY = {"basis": "subject_request", "authority": "Letter of 21 November", "reason": "A customer is named in it."}


@pytest.fixture
def act(api: Api, agent: Agent) -> Any:
    send(agent, event(decision="a", rationale="Xanthippe called"))
    return factories.decision(agent, "a")


def body(row: Any, **over: Any) -> dict[str, Any]:
    return {"of": {"kind": "decision", "id": str(row.id)}, **WHY, **over}


def test_erase_once_and_be_told_the_same_again(api: Api, admin: Person, auditor: Person, act: Any) -> None:
    key = uuid.uuid4().hex
    answers = [api.as_person(admin).command("/api/v1/erasures", body(act), key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    done = answers[0].json()
    assert (done["entries"], done["left"], done["last_seq"]) == (1, 0, done["first_seq"])
    shown = api.as_person(auditor).get(f"/api/v1/decisions/{act.id}").json()
    said = {
        "seq": done["first_seq"],
        "entry": act.seq,
        "names": ["account", "action", "event", "names"],
        "basis": "subject_request",
        "by": str(admin.id),
    }
    assert [{name: item[name] for name in said} for item in shown["erased"]] == [said]
    assert (shown["account"], shown["action"], shown["title"]) == ({}, None, "An action that was erased")
    listed = api.as_person(auditor).get("/api/v1/erasures?limit=1").json()
    assert [{name: item[name] for name in said} for item in listed["items"]] == [said]
    assert listed["next"] is None
    for suffix in ("", ".csv", ".jsonl"):
        assert "Xanthippe" not in api.as_person(auditor).get(f"/api/v1/decisions{suffix}").text


@pytest.mark.parametrize(
    "of",
    [
        {"kind": "decision"},
        {"kind": "decision", "id": "x"},
        {"kind": "decision", "id": str(uuid.uuid4()), "entries": [1]},
        {"kind": "entries"},
        {"kind": "entries", "entries": [1], "id": str(uuid.uuid4())},
        {"kind": "entries", "entries": list(range(1001))},
        {"kind": "entries", "entries": [-1]},
        {"kind": "everything"},
    ],
)
def test_what_is_meant_must_be_said(api: Api, admin: Person, writes: Writes, of: Any) -> None:
    problem(api.as_person(admin).command("/api/v1/erasures", {"of": of, **WHY}), 400)
    assert writes() == []


def test_it_takes_a_sign_in_of_the_last_minutes(api: Api, admin: Person, act: Any, writes: Writes) -> None:
    browser = api.as_person(admin)
    for row in Session.objects.all():
        store = sessions.SessionStore(row.session_key)
        store[sessions.SIGNED_IN] = 0.0
        store.save()
    problem(browser.command("/api/v1/erasures", body(act)), 401, "reauth-required")
    assert writes() == []


def test_no_key_of_a_machine_erases_or_keeps(api: Api, agent: Agent, act: Any, writes: Writes) -> None:
    machine = api.as_agent(agent)
    for path, given in (
        ("/api/v1/erasures", body(act)),
        ("/api/v1/legal-holds", {"scope": {"kind": "everything"}, "reason": "Because I say so."}),
        (f"/api/v1/legal-holds/{uuid.uuid4()}/lift", {"reason": "Because I say so."}),
    ):
        problem(machine.command(path, given), 403, "machine-cannot-vote")
    assert machine.get("/api/v1/erasures").json() == {"items": [], "next": None}
    assert machine.get("/api/v1/legal-holds").json() == {"items": []}
    assert writes() == []


def test_a_legal_hold_from_set_to_lifted(api: Api, admin: Person, executive: Person, act: Any) -> None:
    given = {"scope": {"kind": "service", "value": "search"}, "reason": "A court asks for it."}
    answer = api.as_person(executive).command("/api/v1/legal-holds", given)
    assert answer.status_code == 201
    hold = answer.json()
    assert (hold["state"], hold["scope"]) == ("in_force", {"kind": "service", "value": "search"})
    assert api.get("/api/v1/legal-holds").status_code == 401
    assert api.as_person(admin).get("/api/v1/legal-holds").json() == {"items": [hold]}
    told = problem(api.as_person(admin).command("/api/v1/erasures", body(act)), 409, "legal-hold")
    assert told["legal_holds"] == [hold["id"]]
    lift = f"/api/v1/legal-holds/{hold['id']}/lift"
    lifted = api.as_person(executive).command(lift, {"reason": "The court has closed it."})
    assert (lifted.status_code, lifted.json()["state"]) == (200, "lifted")
    problem(api.as_person(executive).command(lift, {"reason": "The court has closed it."}), 409, "not-open")
    assert api.as_person(admin).command("/api/v1/erasures", body(act)).status_code == 201
    assert LegalHold.objects.get().lifted_because == "The court has closed it."
