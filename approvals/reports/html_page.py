"""The report as one self-contained page with interactive charts. It must not reach a network or trust any text."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from approvals.reports.figures import figure_of

TEMPLATES = Path(__file__).parent / "template"
PLOTLY = Path(__file__).parents[2] / "static" / "vendor" / "plotly-basic-4.1.1" / "plotly-basic.min.js"
HUES = {"within": "#1b7f5a", "watch": "#b25e00", "outside": "#b3261e", "no_data": "#5b6675", "too_few": "#5b6675"}
WIDTH, HEIGHT, PAD = 120.0, 28.0, 4.0


def _shown(value: float | None) -> str:
    return "No data" if value is None else f"{value:,.1f}".removesuffix(".0")


def sparkline(measure: dict[str, Any]) -> SafeString:
    """The twelve months as a drawing without words: the figures stand beside it."""
    known = [v for v in measure["series"] if v is not None]
    if not known:
        return SafeString("")
    limit = measure["limit"]["high"] if measure["limit"]["high"] is not None else measure["limit"]["low"]
    reach = known + ([limit] if limit is not None else [])
    low, high = min(reach), max(reach)
    if low == high:
        low, high = low - 1, high + 1

    def y(value: float) -> str:
        return f"{HEIGHT - PAD - (value - low) / (high - low) * (HEIGHT - 2 * PAD):.1f}"

    def x(place: int) -> str:
        return f"{PAD + place / 11 * (WIDTH - 2 * PAD):.1f}"

    hue = HUES[measure["status"]]
    runs: list[list[str]] = [[]]
    for place, value in enumerate(measure["series"]):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{x(place)},{y(value)}")
    lines = format_html_join(
        "",
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="1.6"/>',
        ((" ".join(run), hue) for run in runs if len(run) > 1),
    )
    alone = [run[0].split(",") for run in runs if len(run) == 1]
    dots = format_html_join("", '<circle cx="{}" cy="{}" r="1.6" fill="{}"/>', ((a, b, hue) for a, b in alone))
    last = measure["series"][-1]
    end = (
        SafeString("")
        if last is None
        else format_html('<circle cx="{}" cy="{}" r="3.2" fill="{}"/>', x(11), y(last), hue)
    )
    edge = SafeString("")
    if limit is not None:
        edge = format_html(
            '<line x1="0" x2="120" y1="{0}" y2="{0}" stroke="#b3261e" stroke-dasharray="3 2"/>', y(limit)
        )
    return format_html(
        '<svg viewBox="0 0 120 28" width="120" height="28" aria-hidden="true">{}{}{}{}</svg>', edge, lines, dots, end
    )


def numbers(chart: dict[str, Any]) -> dict[str, Any]:
    """The table under a chart: the very values of its series."""
    heads = ["", *(s["name"] for s in chart["series"])]
    edges = chart.get("band") or []
    if any(edges):
        heads += ["Lower limit", "Upper limit"]
    rows = []
    for place, label in enumerate(chart["labels"]):
        cells = [label, *(_shown(s["values"][place]) for s in chart["series"])]
        if any(edges):
            cells += ["–", "–"] if edges[place] is None else [_shown(edge) for edge in edges[place]]
        rows.append(cells)
    return {"heads": heads, "rows": rows}


def _drawn(charts: dict[str, Any]) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    for name, chart in charts.items():
        figure = figure_of(chart)
        blob = "" if figure is None else json.dumps(figure, sort_keys=True, separators=(",", ":"))
        drawn[name] = {
            **chart,
            "id": f"chart-{name}",
            "figure": _inert(blob),
            "numbers": None if figure is None else numbers(chart),
        }
    return drawn


def _lined(table: dict[str, Any]) -> dict[str, Any]:
    """With the name of its column beside each cell: on a phone a row is read from top to bottom."""
    if any(isinstance(row, dict) for row in table["rows"]):
        return table
    return table | {"lines": [list(zip(table["columns"], row, strict=True)) for row in table["rows"]]}


def _inert(blob: str) -> SafeString:
    """JSON that cannot end its script element."""
    return mark_safe(blob.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S308


def _digest(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def render(dataset: bytes) -> bytes:
    """The whole page; equal datasets give equal bytes."""
    report: dict[str, Any] = json.loads(dataset)
    scripts = [PLOTLY.read_text(encoding="utf-8"), (TEMPLATES / "report.js").read_text(encoding="utf-8")]
    if any("</script" in script for script in scripts):
        raise ValueError("a script of the report would end its own element")
    measures = [{**m, "spark": sparkline(m)} for m in report["measures"]]
    sections = {section["id"]: section for section in report["sections"]}
    context = {
        "report": report,
        "meta": report["meta"],
        "asked": report["asks"]["items"],
        "measures": measures,
        "sections": sections,
        "charts": _drawn(report["charts"]),
        "tables": {name: _lined(table) for name, table in report["tables"].items()},
        "style": mark_safe((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S308
        "scripts": [mark_safe(script) for script in scripts],  # noqa: S308
        "script_hashes": mark_safe(" ".join(_digest(script) for script in scripts)),  # noqa: S308
    }
    page = (
        Engine(dirs=[str(TEMPLATES)]).get_template("report.html").render(Context(context, use_l10n=False, use_tz=False))
    )
    return page.encode()
