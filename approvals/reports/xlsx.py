"""The report as a workbook for those who recompute. It must not let a cell be read as a link, or anything but our own rates as a formula."""

import io
import json
from datetime import datetime
from typing import Any

import xlsxwriter

from approvals.reports.rows_csv import COLUMNS
from approvals.reports.xlsx_charts import chart_sheet

Report = dict[str, Any]
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


class Book:
    """A workbook under construction, with its three formats."""

    def __init__(self, out: io.BytesIO, report: Report) -> None:
        meta = report["meta"]
        self.book = xlsxwriter.Workbook(out, SAFE)
        made = datetime.fromisoformat(meta["period_end"]).replace(tzinfo=None)
        self.book.set_properties(
            {"title": f"{meta['title']}, {meta['period_name']}", "company": meta["organisation"], "created": made}
        )
        self.head = self.book.add_format({"bold": True, "bottom": 1})
        self.title = self.book.add_format({"bold": True, "font_size": 14})
        self.wrap = self.book.add_format({"text_wrap": True, "valign": "top"})

    def sheet(self, name: str, widths: list[int]) -> Any:
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return sheet

    def line(self, sheet: Any, row: int, values: list[Any], form: Any = None) -> None:
        for column, value in enumerate(values):
            if isinstance(value, bool):
                sheet.write_string(row, column, "yes" if value else "no", form)
            elif isinstance(value, list):
                sheet.write_string(row, column, " ".join(value), form)
            elif isinstance(value, int | float):
                sheet.write_number(row, column, value, form)
            else:
                sheet.write_string(row, column, "" if value is None else str(value), form)


def _summary(book: Book, report: Report) -> None:
    sheet = book.sheet("Summary", [6, 38, 16, 16, 24, 16, 14, 70])
    meta, verdict = report["meta"], report["verdict"]
    book.line(sheet, 0, [f"{meta['organisation']}: {meta['title']}, {meta['period_name']}"], book.title)
    book.line(
        sheet,
        1,
        [f"Edition {meta['edition']}, ledger entries to {meta['ledger_seq']}, data as at {meta['as_of_text']}"],
    )
    book.line(sheet, 2, [f"{verdict['word']}: {verdict['head']['text']}"])
    row = 3
    for line in [*verdict["lines"], *verdict["notices"]]:
        book.line(sheet, row, [line["text"]])
        row += 1
    row += 1
    book.line(
        sheet, row, ["No.", "Measure", meta["month"], "Limit", meta["twelve"], "Status", "Trend", "Counted"], book.head
    )
    for place, m in enumerate(report["measures"]):
        row += 1
        book.line(
            sheet, row, [m["id"], m["name"], m["text"], m["limit"]["text"], "", m["status_word"], m["trend"], m["note"]]
        )
        sheet.add_sparkline(row, 4, {"range": f"Trend!B{place + 2}:M{place + 2}", "markers": True, "show_hidden": True})
    row += 2
    for q in report["questions"]:
        book.line(sheet, row, [q["question"]], book.head)
        book.line(sheet, row + 1, [q["text"]])
        row += 2


def _trend(book: Book, report: Report) -> None:
    sheet = book.sheet("Trend", [38] + [9] * 12)
    book.line(sheet, 0, ["Measure", *report["months"]["keys"]], book.head)
    for place, m in enumerate(report["measures"]):
        sheet.write_string(place + 1, 0, f"{m['id']} {m['name']}")
        for column, value in enumerate(m["series"]):
            if value is not None:
                sheet.write_number(place + 1, column + 1, value)
    drawn = book.book.add_chart({"type": "line"})
    for place in (3, 6):
        drawn.add_series(
            {
                "name": ["Trend", place + 1, 0],
                "categories": ["Trend", 0, 1, 0, 12],
                "values": ["Trend", place + 1, 1, place + 1, 12],
                "marker": {"type": "circle"},
            }
        )
    drawn.set_title({"name": "Refused by people, and failed (%)"})
    drawn.set_legend({"position": "bottom"})
    sheet.insert_chart("B15", drawn, {"x_scale": 1.4})


def _measures(book: Book, report: Report) -> None:
    sheet = book.sheet("Measures", [6, 38, 12, 12, 12, 12, 12, 12, 12, 14, 60])
    heads = ["No.", "Measure", "Value", "Numerator", "Denominator", "Interval low", "Interval high", "Limit low", "Limit high", "Status", "Counted"]  # fmt: skip
    book.line(sheet, 0, heads, book.head)
    for row, m in enumerate(report["measures"], 1):
        low, high = m["interval"] or (None, None)
        limit = m["limit"]
        values = [
            m["id"],
            m["name"],
            m["value"],
            m["numerator"],
            m["denominator"],
            low,
            high,
            limit["low"],
            limit["high"],
        ]
        book.line(sheet, row, [*values, m["status_word"], m["note"]])


def _decisions(book: Book, report: Report) -> None:
    sheet = book.sheet("Decisions", [38, 21, 21, 46, 20] + [14] * (len(COLUMNS) - 5))
    book.line(sheet, 0, list(COLUMNS), book.head)
    items = report["rows"]["items"]
    for row, item in enumerate(items, 1):
        book.line(sheet, row, [item[column] for column in COLUMNS])
    if items:
        sheet.autofilter(0, 0, len(items), len(COLUMNS) - 1)
    sheet.freeze_panes(1, 0)
    if report["rows"]["total"] > len(items):
        book.line(
            sheet,
            len(items) + 1,
            [f"{len(items)} of {report['rows']['total']} rows; the rest is in the export of decisions."],
        )


def _sign_offs(book: Book, report: Report) -> None:
    sheet = book.sheet("Sign-offs", [38, 46, 20, 14, 12, 22, 22, 24, 18, 20])
    columns = [
        "id",
        "title",
        "owner",
        "sign_off",
        "overdue",
        "sign_off_due",
        "signed_off_at",
        "signed_off_by",
        "effect",
        "cause",
    ]
    book.line(sheet, 0, columns, book.head)
    asked = [item for item in report["rows"]["items"] if item["sign_off"] != "none"]
    for row, item in enumerate(asked, 1):
        book.line(sheet, row, [item[column] for column in columns])


def _listing(book: Book, name: str, table: dict[str, Any], widths: list[int]) -> None:
    """Every row of a table, also those for which its page had no room."""
    sheet = book.sheet(name, widths)
    columns = table.get("all_columns", table["columns"])
    book.line(sheet, 0, columns, book.head)
    for row, cells in enumerate(table["all"], 1):
        book.line(sheet, row, cells)
    if not table["all"]:
        book.line(sheet, 1, [table["note"]])
    sheet.freeze_panes(1, 0)


def _authority(book: Book, table: dict[str, Any]) -> None:
    """The line by kind and tier: what was allowed, how many acted, how many of them beyond it."""
    tiers = table["columns"][1:]
    sheet = book.sheet("Authority", [44] + [14] * (3 * len(tiers)))
    heads = [f"{tier}, {what}" for tier in tiers for what in ("allowed", "actions", "beyond")]
    book.line(sheet, 0, [table["columns"][0], *heads], book.head)
    for row, one in enumerate(table["all"], 1):
        cells = [value for cell in one["cells"] for value in (cell["text"], cell["actions"], cell["beyond"])]
        book.line(sheet, row, [one["kind"], *cells])
    if not table["all"]:
        book.line(sheet, 1, [table["note"]])


def _definitions(book: Book, report: Report) -> None:
    sheet = book.sheet("Definitions", [34, 110, 24])
    rows = [[f"{m['id']} {m['name']}", m["definition"], f"Limit {m['limit']['text']}"] for m in report["measures"]]
    rows += [[f"Status: {word}", rule] for word, rule in report["status_rules"]]
    rows += report["definitions"]
    rows += [["Limit of this report", line] for line in report["limits_of_report"]]
    for row, cells in enumerate(rows):
        book.line(sheet, row, cells, book.wrap)


def _supporting(book: Book, lines: list[dict[str, Any]]) -> None:
    sheet = book.sheet("Supporting", [60, 20, 14, 14, 70])
    book.line(sheet, 0, ["Measure", "Value", "Numerator", "Denominator", "Counted"], book.head)
    for row, one in enumerate(lines, 1):
        book.line(sheet, row, [one["name"], one["text"], one["numerator"], one["denominator"], one["counted"]])


def render(dataset: bytes) -> bytes:
    """The whole workbook; equal datasets give equal bytes."""
    report: Report = json.loads(dataset)
    out = io.BytesIO()
    book = Book(out, report)
    _summary(book, report)
    _trend(book, report)
    _measures(book, report)
    _supporting(book, report["supporting"])
    for name, chart in report["charts"].items():
        chart_sheet(book.book, book.sheet, book.line, f"Chart {name}", chart)
    _listing(book, "Incidents", report["tables"]["incidents"], [18, 60, 10, 30, 34, 18])
    _listing(book, "Exceptions", report["tables"]["exceptions"], [18, 50, 8, 40, 16, 30, 24])
    _authority(book, report["tables"]["authority"])
    _listing(book, "Duties", report["tables"]["duties"], [36, 34, 60, 30, 16, 14, 30, 18, 90])
    _decisions(book, report)
    _sign_offs(book, report)
    _definitions(book, report)
    proof = book.sheet("Proof", [22, 80])
    for row, pair in enumerate(report["proof"]["rows"]):
        book.line(proof, row, pair)
    book.book.close()
    return out.getvalue()
