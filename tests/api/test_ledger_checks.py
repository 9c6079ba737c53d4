"""Full checks over the API: asked for, followed, read."""

from typing import Any

import msgspec
import pytest

from approvals.actions.request_check import take_up
from approvals.api import ledger_checks as shapes
from approvals.checking import check_ledger
from approvals.models import LedgerCheck
from decisions import ledger
from decisions.models import Agent, Person
from tests.api.conftest import Api
from tests.factories import event, send
from tests.tampering import as_owner

PATH = "/api/v1/ledger-checks"
pytestmark = pytest.mark.usefixtures("data_dir")


def conforms(body: Any, shape: Any) -> Any:
    assert msgspec.to_builtins(msgspec.convert(body, shape, strict=True)) == body
    return body


def done() -> None:
    """The check that was asked for, done as its process would."""
    check = LedgerCheck.objects.get(over=False)
    take_up(check.id)
    check.refresh_from_db()
    check_ledger(check)


def test_a_check_is_asked_for_and_followed(api: Api, auditor: Person, admin: Person) -> None:
    browser = api.as_person(auditor)
    assert browser.get(PATH).json() == {"items": [], "current": None, "next": None}
    answer = browser.post(PATH, {})
    assert answer.status_code == 202
    body = conforms(answer.json(), shapes.LedgerCheck)
    assert (body["state"], body["requested_by"], body["size"], body["seq"]) == ("queued", str(auditor.id), None, None)
    assert api.as_person(admin).post(PATH, {}).json()["id"] == body["id"]
    take_up(LedgerCheck.objects.get().id)
    LedgerCheck.objects.update(done=3, total=12)
    location = answer.headers["location"]
    running = conforms(browser.get(location).json(), shapes.LedgerCheck)
    assert (running["state"], running["done"], running["total"]) == ("running", 3, 12)
    assert conforms(browser.get(PATH).json(), shapes.LedgerCheckPage)["current"] == running
    size = ledger.size()
    check_ledger(LedgerCheck.objects.get())
    over = conforms(browser.get(location).json(), shapes.LedgerCheck)
    assert (over["state"], over["size"], over["seq"], over["faults"]) == ("clean", size, size, [])
    assert browser.get(PATH).json() == {"items": [over], "current": None, "next": None}


def test_faults_are_told(api: Api, agent: Agent, auditor: Person) -> None:
    seq = send(agent, event()).first_seq
    as_owner("UPDATE entry SET kind = %s WHERE seq = %s", ["comment.made", seq])
    browser = api.as_person(auditor)
    location = browser.post(PATH, {}).headers["location"]
    done()
    body = conforms(browser.get(location).json(), shapes.LedgerCheck)
    assert body["state"] == "faulty"
    assert body["faults"] == [
        {"what": "its columns (id, kind, time) do not say what its bytes say", "first": seq, "last": seq}
    ]


def test_checks_are_paged(api: Api, auditor: Person) -> None:
    browser, seen, path = api.as_person(auditor), [], f"{PATH}?limit=2"
    for _ in range(5):
        browser.post(PATH, {})
        done()
    while True:
        body = conforms(browser.get(path).json(), shapes.LedgerCheckPage)
        seen += [one["seq"] for one in body["items"]]
        if body["next"] is None:
            break
        path = f"{PATH}?limit=2&cursor={body['next']}"
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
