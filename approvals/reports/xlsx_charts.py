"""One sheet of the workbook for each chart: its points, what they were made of, and the chart. Only its own rates are formulas."""

from collections.abc import Callable
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from approvals.reports.dataset import DECIMALS

Chart = dict[str, Any]
HEADS = 4
"""The row of the column heads; above it stand title, caption and, where there is one, the objective."""
SHAPE = {
    "line": {"type": "line"},
    "stack": {"type": "column", "subtype": "stacked"},
    "count_stack": {"type": "column", "subtype": "stacked"},
    "bars": {"type": "column"},
    "flow": {"type": "bar"},
}


def rate(chart: Chart, row: int, top: int, base: int) -> str:
    """The formula of a rate in per cent, from the cells of its numerator and its denominator; `row` counts from 0.

    It rounds as the dataset does, so that a rate that is made again is the very same.
    """
    over, under = f"{xl_col_to_name(top)}{row + 1}", f"{xl_col_to_name(base)}{row + 1}"
    if "objective" in chart:
        return f'=IF({under}=0,"",ROUND(100*(1-{over}/((1-$B$3/100)*{under})),{DECIMALS}))'
    return f'=IF({under}=0,"",ROUND(100*{over}/{under},{DECIMALS}))'


def chart_sheet(
    book: Any, sheet_of: Callable[[str, list[int]], Any], line: Callable[..., None], name: str, chart: Chart
) -> None:
    """Labels down, then what was counted, then the rates; a chart of counts has its points alone."""
    sheet = sheet_of(name, [26] + [18] * 14)
    head = book.add_format({"bold": True, "bottom": 1})
    line(sheet, 0, [chart["title"]], book.add_format({"bold": True, "font_size": 14}))
    if chart["kind"] == "empty":
        line(sheet, 1, [f"No data. {chart['empty']}"])
        return
    line(sheet, 1, [chart["caption"]])
    if "objective" in chart:
        line(sheet, 2, ["Objective, per cent without harm", chart["objective"]])
    first = _rates(sheet, line, head, chart) if "denominator" in chart else _counts(sheet, line, head, chart)
    drawn = book.add_chart(SHAPE[chart["kind"]])
    last = HEADS + len(chart["labels"])
    for place in range(len(chart["series"])):
        column = first + place
        drawn.add_series(
            {
                "name": [name, HEADS, column],
                "categories": [name, HEADS + 1, 0, last, 0],
                "values": [name, HEADS + 1, column, last, column],
            }
        )
    drawn.set_title({"name": chart["title"]})
    drawn.set_legend({"position": "bottom"})
    if chart["kind"] == "flow":
        drawn.set_y_axis({"reverse": True})
    sheet.insert_chart(last + 2, 0, drawn, {"x_scale": 1.6})


def _counts(sheet: Any, line: Callable[..., None], head: Any, chart: Chart) -> int:
    """The column of the first series."""
    line(sheet, HEADS, ["", *(one["name"] for one in chart["series"])], head)
    for place, label in enumerate(chart["labels"]):
        line(sheet, HEADS + 1 + place, [label, *(one["values"][place] for one in chart["series"])])
    return 1


def _rates(sheet: Any, line: Callable[..., None], head: Any, chart: Chart) -> int:
    """The column of the first rate."""
    series, base = chart["series"], chart["denominator"]
    edges = chart.get("band") or []
    counted = len(series)
    heads = ["", *(one["numerator"]["name"] for one in series), base["name"], *(one["name"] for one in series)]
    line(sheet, HEADS, heads + (["Lower limit", "Upper limit"] if any(edges) else []), head)
    for place, label in enumerate(chart["labels"]):
        row = HEADS + 1 + place
        line(sheet, row, [label, *(one["numerator"]["values"][place] for one in series), base["values"][place]])
        for number, one in enumerate(series):
            value = one["values"][place]
            # A month without a value may have a denominator all the same: nobody has judged it yet.
            if value is not None:
                formula = rate(chart, row, 1 + number, 1 + counted)
                sheet.write_formula(row, 2 + counted + number, formula, None, value)
        for number, edge in enumerate(edges[place] or () if any(edges) else ()):
            sheet.write_number(row, 2 + 2 * counted + number, edge)
    return 2 + counted
