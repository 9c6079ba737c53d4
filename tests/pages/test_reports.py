"""The pages of reports, without scripts: asked for, answered for page by page, signed, and each number opened."""

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from approvals.models import Report, ReportBuild
from approvals.periods import Period
from approvals.reports.build import render_all
from approvals.reports.collect import facts_of
from approvals.reports.dataset import report_of
from approvals.reports.files import folder
from decisions.models import Agent, Person
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send
from tests.reports import edition, place

pytestmark = pytest.mark.django_db
Visit = Callable[[Person], Client]


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.usefixtures("organisation")
def test_a_month_and_other_days_are_asked_for(manager: Person, client_for: Visit) -> None:
    client = client_for(manager)
    client.post("/reports/", {"period": "2026-10", "first": "", "last": "", "scope": ""})
    client.post("/reports/", {"period": "2026-10", "first": "2026-10-05", "last": "2026-10-18", "scope": "service:geo"})
    asked = set(ReportBuild.objects.values_list("period", "scope"))
    assert asked == {("2026-10", ""), ("2026-10-05..2026-10-18", "service:geo")}
    page = words(client.get("/reports/"))
    assert "Building the report for 5 Oct to 18 Oct 2026, service geo" in page
    wrong = client.post("/reports/", {"first": "2026-10-18", "last": "2026-10-05", "scope": "service:geo"})
    assert wrong.status_code == 400
    assert 'value="2026-10-18"' in wrong.content.decode(), "what was typed is still there"


@pytest.mark.usefixtures("organisation")
def test_what_failed_says_why_and_is_tried_again(manager: Person, client_for: Visit, clock: Clock) -> None:
    client = client_for(manager)
    client.post("/reports/", {"period": "2026-10"})
    ReportBuild.objects.update(state="failed", error="The disk is full.")
    assert "The disk is full. Try again" in words(client.get("/reports/"))
    clock.advance(seconds=1)
    client.post("/reports/", {"period": "2026-10", "scope": ""})
    assert ReportBuild.objects.count() == 2
    assert "The disk is full." not in words(client.get("/reports/")), "the later attempt is what counts"


@pytest.mark.usefixtures("organisation")
def test_a_manager_attests_and_an_executive_signs(manager: Person, executive: Person, client_for: Visit) -> None:
    report = edition()
    path, client = f"/reports/{report.id}/", client_for(manager)
    assert "A manager attests each of its six pages" in words(client.get(path))
    refused = client.post(f"{path}attest/", {"version": "1", "page": "3", "word": "objects", "comment": "No."})
    assert refused.status_code == 400
    assert ">No.</textarea>" in refused.content.decode()
    client.post(f"{path}attest/", {"version": "1", "page": "3", "word": "objects", "comment": "Two are missing."})
    for page in range(1, 7):
        version = Report.objects.get().version
        client.post(f"{path}attest/", {"version": str(version), "page": str(page), "word": "attests"})
    shown = words(client.get(path))
    assert "Two are missing." in shown
    assert "An executive signs it." in shown
    assert "Sign and issue" not in shown
    signer = client_for(executive)
    assert "Sign and issue it" in words(signer.get(path))
    signer.post(f"{path}issue/", {"version": str(Report.objects.get().version)})
    assert "Issued as report 1 by Helena" in words(signer.get(path))
    assert "no. 1" in words(signer.get("/reports/"))


@pytest.mark.usefixtures("organisation")
def test_a_stale_form_records_nothing(manager: Person, client_for: Visit) -> None:
    report = edition()
    answer = client_for(manager).post(
        f"/reports/{report.id}/attest/", {"version": "9", "page": "1", "word": "attests", "comment": "Read twice."}
    )
    assert answer.status_code == 412
    assert "Read twice." in answer.content.decode()
    assert Report.objects.get().version == 1


def built(data_dir: Path) -> uuid.UUID:
    """A report of October as the product draws it."""
    facts = facts_of("Meridian", Period.read("2026-10"), now=Period.read("2026-10").matures)
    report = report_of(facts)
    id_ = uuid.uuid4()
    made = render_all(report, {"checkpoint": "a\n1\nb\n"}, folder(id_), lambda *_: None)
    figures = {m["id"]: {"text": m["text"], "value": "", "status": m["status"]} for m in report["measures"]}
    edition(id_, files=made, figures=figures)
    return id_


def test_each_number_opens_the_decisions_behind_it(
    agent: Agent, executive: Person, client_for: Visit, data_dir: Path, clock: Clock
) -> None:
    at = "2026-10-10T03:47:00Z"
    service = factories.action(service="wiki")
    send(agent, event(decision="good", action=service, time=at))
    send(agent, event(decision="bad", action=factories.action(service="search", resource="deploy/search"), time=at))
    clock.set(Period.read("2026-10").matures)
    report = built(data_dir)
    client = client_for(executive)
    page = client.get(f"/reports/{report}/").content.decode()
    links = re.findall(rf'href="(/reports/{report}/counted/M\d+/)"', page)
    assert [link.split("/")[-2] for link in links] == ["M1", "M2", "M3", "M4", "M7", "M8"]
    beyond = words(client.get(f"/reports/{report}/counted/M2/"))
    assert "Beyond permitted autonomy: 1 of 2" in beyond
    assert beyond.index("Scale deploy/search") < beyond.index("Scale wiki"), "what speaks against it comes first"
    for id_, name in factories_of(agent):
        assert f"/decisions/{id_}/" in client.get(f"/reports/{report}/counted/M1/").content.decode(), name
    assert "No decision was counted" in words(client.get(f"/reports/{report}/counted/M4/"))
    for wrong in ("M5", "M12", "x"):
        assert client.get(f"/reports/{report}/counted/{wrong}/").status_code == 404
    assert client.get(f"/reports/{report}/counted/M1/?from=x").status_code == 400
    assert client.get(f"/reports/{report}/page-1.png").headers["Content-Type"] == "image/png"
    assert client.get(f"/reports/{report}/page-7.png").status_code == 404


def factories_of(agent: Agent) -> list[tuple[uuid.UUID, str]]:
    return [(factories.decision(agent, name).id, name) for name in ("good", "bad")]


@pytest.mark.usefixtures("organisation")
@pytest.mark.parametrize("path", ["", "counted/M1/", "page-1.png", "report.pdf"])
def test_others_read_none_of_it(path: str, agent: Agent, client_for: Visit, organisation: factories.Register) -> None:
    report = edition()
    place(report.id)
    for name in ("ines", "yuki", "noor"):
        assert client_for(organisation.people[name]).get(f"/reports/{report.id}/{path}").status_code == 403
