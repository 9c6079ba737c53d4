"""One point, four times: what the dataset holds, Plotly draws, the PDF draws and the workbook computes is the same number."""

import io
import json
import re
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from approvals.reports import pdf, xlsx
from approvals.reports.dataset import canonical
from approvals.reports.figures import figure_of
from tests.approvals.reports import months

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HEADS = 5
"""The row, from 1, of the heads of a sheet of a chart."""
Cells = dict[str, tuple[Any, str]]


@pytest.fixture(scope="module")
def dataset() -> bytes:
    return canonical(months.report("full"))


@pytest.fixture(scope="module")
def charts(dataset: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dataset)["charts"]
    return found


@pytest.fixture(scope="module")
def sheets(dataset: bytes) -> dict[str, Cells]:
    """Name → cell → (value, formula)."""
    with zipfile.ZipFile(io.BytesIO(xlsx.render(dataset))) as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        words = ["".join(si.itertext()) for si in ET.fromstring(archive.read("xl/sharedStrings.xml"))]
        names = [str(sheet.get("name")) for sheet in book.iter(SHEET + "sheet")]
        return {
            name: dict(
                cell(c, words) for c in ET.fromstring(archive.read(f"xl/worksheets/sheet{n}.xml")).iter(SHEET + "c")
            )
            for n, name in enumerate(names, 1)
        }


def cell(found: ET.Element, words: list[str]) -> tuple[str, tuple[Any, str]]:
    value = found.findtext(SHEET + "v") or ""
    read: Any = words[int(value)] if found.get("t") == "s" else float(value) if value else ""
    return str(found.get("r")), (read, found.findtext(SHEET + "f") or "")


def column(cells: Cells, head: str, rows: int) -> list[tuple[Any, str]]:
    """The cells under the last head of that name: rates stand behind what they are made of."""
    letter = [
        name[:-1] for name, (value, _) in cells.items() if value == head and re.fullmatch(rf"[A-Z]{HEADS}", name)
    ][-1]
    return [cells.get(f"{letter}{HEADS + 1 + row}", (None, "")) for row in range(rows)]


def test_the_month_has_every_chart(charts: dict[str, Any]) -> None:
    assert [name for name, chart in charts.items() if chart["kind"] == "empty"] == []
    assert any("objective" in chart for chart in charts.values())
    assert sum("denominator" in chart for chart in charts.values()) == 4


def test_the_screen_draws_the_points(charts: dict[str, Any]) -> None:
    for chart in charts.values():
        figure = figure_of(chart)
        assert figure is not None
        traces = {trace["name"]: trace for trace in figure["data"]}
        up, along = ("x", "y") if chart["kind"] == "flow" else ("y", "x")
        for one in chart["series"]:
            assert list(traces[one["name"]][up]) == one["values"]
            assert list(traces[one["name"]][along]) == chart["labels"]


def test_the_paper_draws_the_points(charts: dict[str, Any], dataset: bytes) -> None:
    compiler, _ = pdf.compiler_of(dataset, canonical({"checkpoint": months.NOTE}))
    placed = {one["id"]: one for one in json.loads(compiler.query("<room>", field="value"))}
    assert set(placed) == set(charts)
    for name, chart in charts.items():
        assert placed[name]["labels"] == chart["labels"]
        assert placed[name]["values"] == [one["values"] for one in chart["series"]]


def test_the_workbook_holds_the_points(charts: dict[str, Any], sheets: dict[str, Cells]) -> None:
    for name, chart in charts.items():
        cells, rows = sheets[f"Chart {name}"], len(chart["labels"])
        assert [cells[f"A{HEADS + 1 + row}"][0] for row in range(rows)] == chart["labels"]
        for one in chart["series"]:
            assert [value for value, _ in column(cells, one["name"], rows)] == one["values"]


def test_each_rate_is_a_formula_of_its_counts_and_gives_the_point(
    charts: dict[str, Any], sheets: dict[str, Cells]
) -> None:
    made = 0
    for name, chart in charts.items():
        cells = sheets[f"Chart {name}"]
        for one in chart["series"]:
            for value, formula in column(cells, one["name"], len(chart["labels"])):
                assert bool(formula) == ("denominator" in chart and value is not None)
                if formula:
                    assert again(formula, cells) == value
                    made += 1
    assert made >= 48


def again(formula: str, cells: Cells) -> float:
    """What the formula gives for the cells, by arithmetic of ours."""
    found = re.fullmatch(r'IF\((\w+)=0,"",ROUND\(100\*(.+),4\)\)', formula)
    assert found is not None
    base, told = cells[found[1]][0], found[2]
    share = re.fullmatch(rf"(\w+)/{found[1]}", told)
    if share:
        return float(round(100 * cells[share[1]][0] / base, 4))
    left = re.fullmatch(rf"\(1-(\w+)/\(\(1-\$B\$3/100\)\*{found[1]}\)\)", told)
    assert left is not None
    return float(round(100 * (1 - cells[left[1]][0] / ((1 - cells["B3"][0] / 100) * base)), 4))


def test_every_row_that_a_page_had_no_room_for_is_in_the_workbook() -> None:
    made = months.report("crowded")
    with zipfile.ZipFile(io.BytesIO(xlsx.render(canonical(made)))) as archive:
        words = ET.fromstring(archive.read("xl/sharedStrings.xml"))
        told = {"".join(si.itertext()) for si in words}
    for name in ("incidents", "exceptions", "duties"):
        table = made["tables"][name]
        assert len(table["rows"]) < len(table["all"])
        assert {cell for row in table["all"] for cell in row if cell} <= told
    assert {row["kind"] for row in made["tables"]["authority"]["all"]} <= told
    assert {rule for _, rule in made["status_rules"]} <= told
    assert len(made["tables"]["authority"]["all"]) > 40 - 1
