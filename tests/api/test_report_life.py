"""Answering for a report over the API: once for a key, to the version that was looked at, and by people alone."""

import uuid
from typing import Any

import pytest

from approvals.api import report_shapes as shapes
from approvals.models import Attestation, Report, ReportDownload
from approvals.reports.files import folder
from decisions.models import Person
from tests import factories
from tests.api.conftest import Api, problem
from tests.api.test_reports import conforms
from tests.reports import edition

PATH = "/api/v1/reports"


@pytest.fixture
def manager_api(api: Api, manager: Person) -> Api:
    return api.as_person(manager)


@pytest.fixture
def executive_api(api: Api, executive: Person) -> Api:
    return api.as_person(executive)


def attested(api: Api, report: Report) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for page in range(1, 7):
        answer = api.command(f"{PATH}/{report.id}/attestations", {"page": page, "attests": True}, version=page)
        assert answer.status_code == 200, answer.text
        body = answer.json()
    return body


def test_from_draft_to_issued(manager_api: Api, executive_api: Api, manager: Person, executive: Person) -> None:
    report = edition(scope="service:geo")
    before = manager_api.get(f"{PATH}/{report.id}")
    assert before.headers["etag"].removeprefix("W/") == '"v1"'
    assert [page["attests"] for page in before.json()["pages"]] == [None] * 6
    body = attested(manager_api, report)
    conforms(body, shapes.Report)
    assert (body["state"], body["version"], body["scope"], body["mature"]) == ("attested", 7, "service:geo", True)
    assert {page["by"] for page in body["pages"]} == {str(manager.id)}
    signed = executive_api.command(f"{PATH}/{report.id}/issue", {}, version=7).json()
    conforms(signed, shapes.Report)
    assert (signed["state"], signed["issued"]["number"], signed["issued"]["by"]) == ("issued", 1, str(executive.id))
    assert signed["figures"][0] == {"measure": "M1", "text": "98.4%", "value": "98.3607"}


def test_the_same_command_again_gets_the_same_answer(manager_api: Api) -> None:
    report = edition()
    path, word = f"{PATH}/{report.id}/attestations", {"page": 2, "attests": True, "comment": "Read."}
    first = manager_api.command(path, word, key="one", version=1)
    again = manager_api.command(path, word, key="one", version=1)
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    assert Attestation.objects.count() == 1


BAD: list[Any] = [
    {},
    {"page": 0, "attests": True},
    {"page": 7, "attests": True},
    {"page": 1},
    {"page": "1", "attests": True},
    {"page": 1, "attests": "yes"},
    {"page": 1, "attests": True, "comment": "x" * 4001},
    {"page": 1, "attests": True, "more": 1},
    {"page": 1, "attests": False},
    [],
]


def test_what_is_no_word(manager_api: Api) -> None:
    report = edition()
    for body in BAD:
        problem(manager_api.command(f"{PATH}/{report.id}/attestations", body, version=1), 400)
    problem(manager_api.command(f"{PATH}/{report.id}/attestations", {"page": 1, "attests": True}), 428)
    problem(manager_api.command(f"{PATH}/{report.id}/attestations", {"page": 1, "attests": True}, version=4), 412)
    problem(manager_api.command(f"{PATH}/{uuid.uuid4()}/attestations", {"page": 1, "attests": True}, version=1), 404)
    problem(manager_api.command(f"{PATH}/{report.id}/issue", {"number": 1}, version=1), 400)
    assert not Attestation.objects.exists()


def test_who_took_which_file_is_on_record(
    executive_api: Api, executive: Person, organisation: factories.Register, data_dir: Any
) -> None:
    report = edition()
    folder(report.id).mkdir(parents=True)
    (folder(report.id) / "report.pdf").write_bytes(b"%PDF-1.7")
    for _ in range(3):
        executive_api.get(f"{PATH}/{report.id}/report.pdf")
    executive_api.send("HEAD", f"{PATH}/{report.id}/report.pdf")
    problem(executive_api.get(f"{PATH}/{report.id}/report.xlsx"), 404)
    assert ReportDownload.objects.count() == 3
    body = executive_api.get(f"{PATH}/{report.id}/downloads?limit=2").json()
    conforms(body, shapes.DownloadPage)
    assert [(one["format"], one["by"]) for one in body["items"]] == [("pdf", str(executive.id))] * 2
    rest = executive_api.get(f"{PATH}/{report.id}/downloads?limit=2&cursor={body['next']}").json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    problem(executive_api.get(f"{PATH}/{uuid.uuid4()}/downloads"), 404)
