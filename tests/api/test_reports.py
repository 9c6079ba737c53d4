"""Board reports over the API: asked for, followed, fetched."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.api import report_shapes as shapes
from approvals.models import ReportBuild
from approvals.reports.files import TYPES, folder
from decisions import clock as product_clock
from decisions.models import Person
from tests import factories
from tests.api.conftest import Api, problem
from tests.reports import edition

PATH = "/api/v1/reports"


def conforms(body: Any, shape: Any) -> None:
    assert msgspec.to_builtins(msgspec.convert(body, shape, strict=True)) == body


@pytest.fixture
def executive_api(api: Api, executive: Person) -> Api:
    return api.as_person(executive)


@pytest.fixture
def built(api: Api, data_dir: Path) -> uuid.UUID:
    """A report with a file of each format."""
    id_ = uuid.uuid4()
    folder(id_).mkdir(parents=True)
    files = {}
    for format_ in TYPES:
        body = f"{format_} of the report".encode() * 10_000
        (folder(id_) / f"report.{format_}").write_bytes(body)
        sha256 = hashlib.sha256(body).hexdigest()
        files[format_] = {"file": f"report.{format_}", "sha256": sha256, "size": len(body)}
    edition(id_, seq_limit=5, files=files)
    return id_


def test_a_report_is_asked_for_and_followed(executive_api: Api) -> None:
    answer = executive_api.post(PATH, {"period": "2026-10"})
    assert answer.status_code == 202
    body = answer.json()
    conforms(body, shapes.Report)
    assert (body["state"], body["period"]) == ("queued", "2026-10")
    assert executive_api.post(PATH, {"period": "2026-10"}).json()["id"] == body["id"]
    ReportBuild.objects.update(state="building", step="PDF", done=2, total=7)
    again = executive_api.get(answer.headers["location"]).json()
    assert again["progress"] == {"step": "PDF", "done": 2, "total": 7}
    assert [one["id"] for one in executive_api.get(PATH).json()["building"]] == [body["id"]]


def test_a_report_that_failed_says_why(executive_api: Api) -> None:
    location = executive_api.post(PATH, {"period": "2026-10"}).headers["location"]
    ReportBuild.objects.update(state="failed", error="It took too long.")
    body = executive_api.get(location).json()
    conforms(body, shapes.Report)
    assert (body["state"], body["error"]) == ("failed", "It took too long.")


PERIODS_THAT_ARE_NONE: list[Any] = ["2026-13", "2026-1", "2126-01", "next", "2026-10-01", ""]


def test_periods_that_are_none(executive_api: Api) -> None:
    for period in PERIODS_THAT_ARE_NONE:
        problem(executive_api.post(PATH, {"period": period}), 400)
        assert ReportBuild.objects.count() == 0


def test_a_built_report(executive_api: Api, built: uuid.UUID) -> None:
    body = executive_api.get(f"{PATH}/{built}").json()
    conforms(body, shapes.Report)
    assert (body["state"], body["headline"], body["progress"]) == ("draft", "All is well.", None)
    assert [one["format"] for one in body["files"]] == list(TYPES)
    for one in body["files"]:
        answer = executive_api.get(one["url"])
        assert answer.headers["content-type"] == TYPES[one["format"]]
        assert answer.headers["content-length"] == str(one["size"])
        assert hashlib.sha256(answer.content).hexdigest() == one["sha256"]
    listed = executive_api.get(PATH).json()
    conforms(listed, shapes.ReportPage)
    assert [one["id"] for one in listed["items"]] == [str(built)]


def test_the_page_sends_the_same_file(executive_api: Api, built: uuid.UUID) -> None:
    page = executive_api.get(f"/reports/{built}/report.pdf")
    assert page.content == executive_api.get(f"{PATH}/{built}/report.pdf").content
    assert page.headers["content-disposition"] == 'attachment; filename="oversight-2026-10.1.pdf"'


FILES_THAT_ARE_NONE: list[Any] = ["exe", "proof", "png", "..%2f..%2fkeys%2fpepper", "PDF"]


def test_files_that_are_none(executive_api: Api, built: uuid.UUID) -> None:
    for format_ in FILES_THAT_ARE_NONE:
        problem(executive_api.get(f"{PATH}/{built}/report.{format_}"), 404)


def test_a_file_that_is_gone(executive_api: Api, built: uuid.UUID) -> None:
    (folder(built) / "report.pdf").unlink()
    problem(executive_api.get(f"{PATH}/{built}/report.pdf"), 404)


def test_reports_are_paged(executive_api: Api, api: Api, organisation: factories.Register) -> None:
    for month in range(1, 6):
        edition(period=f"2026-0{month}", files={})
    periods, path = [], f"{PATH}?limit=2"
    while True:
        body = executive_api.get(path).json()
        periods += [one["period"] for one in body["items"]]
        if body["next"] is None:
            break
        path = f"{PATH}?limit=2&cursor={body['next']}"
    assert periods == [f"2026-0{month}" for month in range(5, 0, -1)]
    assert product_clock.now().year < 2100
