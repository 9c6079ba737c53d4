"""The files: they hold what the dataset holds, nothing runs in them, and the same dataset gives the same bytes."""

import base64
import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import StreamObject

from approvals.reports import build, files, html_page, pdf, rows_csv, xlsx
from approvals.reports.dataset import canonical, report_of
from approvals.reports.figures import figure_of
from approvals.reports.generator import generator
from approvals.reports.glyphs import SUBSTITUTE, drawable, drawable_copy, safe
from tests.approvals.reports import months
from tests.approvals.reports.factory import action, facts, failure, month, proposal, steady_year
from tests.approvals.reports.months import NOTE

HOSTILE = "=HYPERLINK(1)</script><b>藤原 🚀\x07"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
VENDOR = html_page.PLOTLY.parent


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    decisions = [
        *steady_year(20, 3),
        *(failure(month(k), id=f"f{k}") for k in range(6)),
        action(title=HOSTILE, id="h"),
        action(reversible=False, id="i"),
    ]
    return report_of(facts(decisions), generator())


@pytest.fixture(scope="module")
def dataset(report: dict[str, Any]) -> bytes:
    return canonical(report)


@pytest.fixture(scope="module")
def proof() -> bytes:
    return canonical({"checkpoint": NOTE, "root": "ab" * 32, "seq_limit": 4210})


def texts(body: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]


def test_the_pdf_carries_both_files_and_is_the_same_twice(dataset: bytes, proof: bytes) -> None:
    body = pdf.render(dataset, proof)
    assert body == pdf.render(dataset, proof)
    held = PdfReader(io.BytesIO(body)).attachments
    assert {name: bytes(files[0]) for name, files in held.items()} == {"report.json": dataset, "proof.json": proof}


def test_the_pdf_prints_the_signed_checkpoint(dataset: bytes, proof: bytes) -> None:
    """To the letter: whoever has the paper can type it in and check it."""
    printed = re.sub(r"\s+", "", texts(pdf.render(dataset, proof))[-1])
    assert re.sub(r"\s+", "", NOTE) in printed


def test_the_pdf_declares_its_standards_and_its_language(dataset: bytes, proof: bytes) -> None:
    reader = PdfReader(io.BytesIO(pdf.render(dataset, proof)))
    stream = reader.root_object["/Metadata"].get_object()
    assert isinstance(stream, StreamObject)
    xmp = stream.get_data().decode()
    for claim in ("<pdfaid:part>3<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
        assert claim in xmp
    assert str(reader.root_object["/Lang"]) == "en-GB"


def test_the_pdf_says_every_measure_and_sentence(report: dict[str, Any], dataset: bytes, proof: bytes) -> None:
    first = re.sub(r"\s+", "", texts(pdf.render(dataset, proof))[0])
    wanted = [report["verdict"]["head"]["text"], *(line["text"] for line in report["verdict"]["lines"])]
    for m in report["measures"]:
        wanted += [m["name"], m["text"], m["limit"]["text"], m["status_word"]]
    wanted += [q["text"] for q in report["questions"]]
    assert [words for words in wanted if re.sub(r"\s+", "", words) not in first] == []


@pytest.mark.parametrize("made", [months.report(name) for name in months.FACTS], ids=list(months.FACTS))
def test_every_section_begins_on_the_page_that_the_dataset_names(made: dict[str, Any], proof: bytes) -> None:
    pages = texts(pdf.render(canonical(made), proof))
    assert len(pages) == made["pages"]["proof"]
    assert "Is our AI under human control?" in pages[0]
    for section in made["sections"]:
        assert section["title"] in pages[section["page"] - 1]


def test_characters_that_no_font_holds_are_shown_as_a_substitute_and_kept_in_the_data(proof: bytes) -> None:
    body = canonical(report_of(facts([failure(owner_name="藤原 🚀 O'Neill", title=HOSTILE)])))
    made = pdf.render(body, proof)
    assert SUBSTITUTE + " " + SUBSTITUTE + " O'Neill" in " ".join(texts(made))
    kept = json.loads(bytes(PdfReader(io.BytesIO(made)).attachments["report.json"][0]))
    assert kept["rows"]["items"][0]["owner"] == "藤原 🚀 O'Neill"


@given(st.text())
def test_safe_text_is_always_drawable_and_fixed(text: str) -> None:
    once = safe(text)
    assert all(ord(char) in drawable() for char in once)
    assert safe(once) == once


def test_plain_text_is_left_alone() -> None:
    text = "Ålesund – “quoted” 3 ≤ 4 … naïve €"
    assert drawable_copy({"a": [text, 1, None]}) == {"a": [text, 1, None]}


def test_the_figures_show_the_numbers_of_the_dataset(report: dict[str, Any]) -> None:
    drawn = 0
    for chart in report["charts"].values():
        figure = figure_of(chart)
        if figure is None:
            assert chart["empty"]
            continue
        traces = {trace["name"]: trace for trace in go.Figure(figure).to_plotly_json()["data"]}
        for series in chart["series"]:
            along, up = ("y", "x") if chart["kind"] == "flow" else ("x", "y")
            assert list(traces[series["name"]][up]) == series["values"]
            assert list(traces[series["name"]][along]) == chart["labels"]
            drawn += 1
        if any(chart.get("band") or []):
            assert [
                list(pair)
                for pair in zip(traces["Lower control limit"]["y"], traces["Upper control limit"]["y"], strict=True)
            ] == chart["band"]
    assert drawn >= 6


def test_the_page_draws_those_figures_and_tells_those_numbers(report: dict[str, Any], dataset: bytes) -> None:
    page = html_page.render(dataset).decode()
    assert page == html_page.render(dataset).decode()
    for name, chart in report["charts"].items():
        found = re.search(rf'<script type="application/json" id="chart-{name}">(.*?)</script>', page, re.DOTALL)
        assert found is not None
        assert json.loads(found.group(1)) == json.loads(json.dumps(figure_of(chart)))
    assert page.count("Show the numbers") == len(report["charts"])
    assert report["verdict"]["head"]["text"] in page.replace("&#x27;", "'")


def test_the_page_runs_only_its_own_scripts_and_fetches_nothing(dataset: bytes) -> None:
    page = html_page.render(dataset).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy.group(1)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = {"'sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() + "'" for s in scripts}
    assert len(digests) == 2
    assert digests <= set(policy.group(1).replace(";", " ").split())
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", page)


def test_text_of_the_register_cannot_become_markup() -> None:
    evil = "</script><script>alert(1)</script>"
    made = report_of(
        facts([failure(title=evil, service=evil, owner_name=evil, agent=evil, kind=evil)], organisation=evil)
    )
    page = html_page.render(canonical(made)).decode()
    assert evil not in page
    assert page.count("<script>") == 2


def test_cells_of_the_csv_are_never_formulas() -> None:
    for start in "=+-@\t\r":
        assert rows_csv.cell(start + "cmd|'/c calc'!A1").startswith("'")
    assert rows_csv.cell(None) == ""
    assert rows_csv.cell(value=True) == "yes"


def test_the_csv_holds_every_row(report: dict[str, Any], dataset: bytes) -> None:
    rows = list(csv.DictReader(io.StringIO(rows_csv.render(dataset).decode())))
    assert len(rows) == report["rows"]["total"]
    hostile = next(row for row in rows if row["id"] == "h")
    assert hostile["title"] == "'" + HOSTILE.replace("\x07", "⟦U+0007⟧")
    assert hostile["began_at"] == "2026-10-15T03:47:00Z"
    assert set(rows[0]) == set(report["rows"]["items"][0])


def workbook(body: bytes) -> dict[str, ET.Element]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")}


def test_the_workbook_is_the_same_twice_and_has_no_link_and_only_our_formulas(
    report: dict[str, Any], dataset: bytes
) -> None:
    body = xlsx.render(dataset)
    assert body == xlsx.render(dataset)
    parts = workbook(body)
    names = [sheet.get("name") for sheet in parts["xl/workbook.xml"].iter() if sheet.tag.endswith("}sheet")]
    charts = [f"Chart {name}" for name in json.loads(dataset)["charts"]]
    assert names == [
        *("Summary", "Trend", "Measures", "Supporting"),
        *charts,
        *("Incidents", "Exceptions", "Authority", "Duties", "Decisions", "Sign-offs", "Definitions", "Proof"),
    ]
    assert set(charts) == {f"Chart {name}" for name in report["charts"]}
    for part in parts.values():
        assert not list(part.iter(SHEET + "hyperlink"))
        for formula in part.iter(SHEET + "f"):
            assert re.fullmatch(r'IF\([A-Z]+\d+=0,"",ROUND\(100\*[A-Z0-9$()/*-]+,4\)\)', formula.text or "")


def test_the_workbook_holds_the_series(report: dict[str, Any], dataset: bytes) -> None:
    sheet = workbook(xlsx.render(dataset))["xl/worksheets/sheet2.xml"]
    cells = {c.get("r"): v.text for c in sheet.iter(SHEET + "c") if (v := c.find(SHEET + "v")) is not None}
    for place, measure in enumerate(report["measures"]):
        for column, value in zip("BCDEFGHIJKLM", measure["series"], strict=True):
            found = cells.get(f"{column}{place + 2}")
            assert (found is None) if value is None else float(found or "nan") == pytest.approx(value)


def test_all_files_are_written_whole_with_their_digests(report: dict[str, Any], tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    made = build.render_all(report, {"checkpoint": NOTE}, tmp_path, lambda *step: steps.append(step))
    assert set(made) == {"json", "proof", "pdf", "html", "xlsx", "csv", *files.PICTURES}
    for one in made.values():
        body = (tmp_path / one["file"]).read_bytes()
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (one["sha256"], one["size"])
    assert {path.name for path in tmp_path.iterdir()} == {one["file"] for one in made.values()}
    assert steps[-1] == ("Done", 7, 7)
    assert (tmp_path / "page-1.png").read_bytes().startswith(b"\x89PNG")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.pdf"
    build.write_whole(path, b"old")

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("approvals.reports.build.os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        build.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_chart_library_is_the_one_that_its_manifest_names() -> None:
    for one in json.loads((VENDOR / "MANIFEST.json").read_text()):
        digest = hashlib.sha384((VENDOR / one["file"]).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == one["sha384"]
        assert (VENDOR / one["licence_file"]).exists()


def test_proposals_without_a_verdict_are_in_the_rows(tmp_path: Path) -> None:
    made = report_of(facts([proposal("")]))
    assert made["rows"]["items"][0]["state"] == "Expired"
