"""Service mode through the front door: two web processes, two workers, one database, one Redis."""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.auditor import check_receipt
from tests.services.processes import ROOT, Browser, Company

pytestmark = pytest.mark.services

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    database, redis = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not (database and redis):
        pytest.skip("DATABASE_URL and REDIS_URL name no services")
    with Company(tmp_path_factory.mktemp("company"), database, redis) as made:
        made.manage("load_organisation", str(ROOT / "examples/organisation.yaml"))
        made.manage("activate_policy", str(ROOT / "examples/policy.yaml"))
        yield made


@pytest.fixture(scope="module")
def webs(company: Company) -> tuple[str, str]:
    return company.web(), company.web()


@pytest.fixture(scope="module")
def reader(company: Company, webs: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """An auditor at the second web process, made by hand as an operator would."""
    folder: Path = tmp_path_factory.mktemp("people")
    file = folder / "people.yaml"
    file.write_text("people:\n  - {username: wanda, name: Wanda, roles: [auditor]}\n")
    company.manage("load_organisation", str(file))
    set_password = (
        "from decisions.models import Person; p = Person.objects.get(username='wanda'); "
        f"p.set_password('{PASSWORD}'); p.save()"
    )
    company.manage("shell", "-c", set_password)
    browser = Browser(webs[1])
    answer = browser.post("/accounts/login/", "/accounts/login/", username="wanda", password=PASSWORD, next="/")
    assert answer.url.path == "/", answer.text[:500]
    yield browser
    browser.client.close()


def event(number: int) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "/test",
        "type": "oversight.decision.executed.v1",
        "data": {
            "decision": f"d-{number}",
            "action": {
                "kind": "restart",
                "target": {"service": "geo", "environment": "prod", "resource": f"pod/{number}"},
            },
            "outcome": {"status": "succeeded"},
        },
    }


def post(address: str, key: str, number: int) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"}
    answer = httpx.post(f"{address}/api/v1/events", content=json.dumps(event(number)), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def key(company: Company) -> str:
    return company.manage("make_key", "stratus").strip()


def test_an_event_posted_to_one_process_is_on_a_page_of_the_other_within_a_second(
    webs: tuple[str, str], reader: Browser, key: str
):
    post(webs[0], key, 1)
    began = time.monotonic()
    while "pod/1 of geo" not in reader.get("/").text:
        assert time.monotonic() - began < 1, "the page does not show the event"


def test_an_event_posted_to_one_process_reaches_a_socket_of_the_other_within_a_second(
    webs: tuple[str, str], reader: Browser, key: str
):
    address = webs[1].replace("http", "ws") + "/ws/timeline"
    headers = {"Cookie": reader.cookies}
    with connect(address, additional_headers=headers, origin=Origin(webs[1])) as socket:
        while json.loads(socket.recv(timeout=5))["t"] != "live":
            pass
        began = time.monotonic()
        post(webs[0], key, 2)
        while True:
            frame = json.loads(socket.recv(timeout=5))
            if frame["t"] == "rows" and any("pod/2" in row["title"] for row in frame["rows"]):
                break
        assert time.monotonic() - began < 1


def test_a_worker_signs_for_somebody_who_waits_at_a_web_process(company: Company, webs: tuple[str, str], key: str):
    company.worker(3)
    agent = {"Authorization": f"Bearer {key}"}
    media = {"Content-Type": "application/cloudevents+json"}
    recorded = httpx.post(f"{webs[0]}/api/v1/events", content=json.dumps(event(3)), headers=agent | media).json()
    address = f"{webs[1]}/api/v1/entries/{recorded['last_seq']}/receipt?wait=30"
    receipt = httpx.get(address, headers=agent, timeout=40)
    assert receipt.status_code == 200, receipt.text
    policy = company.manage("shell", "-v0", "-c", "from decisions import published; print(published.policy(), end='')")
    assert check_receipt(receipt.text, policy) == recorded["last_seq"]


def test_a_worker_builds_the_report_that_a_page_asked_for(company: Company, webs: tuple[str, str], reader: Browser):
    company.worker(1)
    company.worker(2)
    company.beat()
    period = re.search(r'<option value="(20\d\d-\d\d)"', reader.get("/reports/").text)
    assert period is not None
    page = reader.post("/reports/", "/reports/", period=period[1]).url.path
    until = time.monotonic() + 60
    while "report.pdf" not in (text := reader.get(page).text):
        assert time.monotonic() < until, text[:2000]
        time.sleep(0.2)
    pdf = reader.get(f"{page}report.pdf")
    assert pdf.status_code == 200
    assert pdf.content.startswith(b"%PDF-")


def test_a_worker_checks_the_ledger_that_a_page_asked_it_to(company: Company, webs: tuple[str, str], reader: Browser):
    company.worker(4)
    reader.post("/ledger/check/", "/ledger/")
    until = time.monotonic() + 60
    while "data-running" in (text := reader.get("/ledger/").text):
        assert time.monotonic() < until, text[:2000]
        time.sleep(0.2)
    (check,) = reader.get("/api/v1/ledger-checks").json()["items"]
    assert (check["state"], check["done"]) == ("clean", check["size"])
    assert reader.get(f"/api/v1/entries/{check['seq']}").json()["kind"] == "ledger.checked"
