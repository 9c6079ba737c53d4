"""The charts as Plotly figures, for the screen. It must not hold a number that the dataset does not hold."""

from typing import Any

import plotly.graph_objects as go

INK, SUB, HAIR, ACCENT, ACCENT_LIGHT, BAD = "#16202e", "#5b6675", "#d5dae1", "#1f5f8b", "#6ea6c9", "#b3261e"
SHADES = ("#c3cad3", "#a9cde2", "#6ea6c9", "#2f77a6", "#153f5e", "#8d98a6")


def _layout(chart: dict[str, Any]) -> dict[str, Any]:
    axis = chart["axis"]
    return {
        "template": None,
        "height": 300,
        "margin": {"l": 48, "r": 12, "t": 12, "b": 40},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "dragmode": False,
        "showlegend": len(chart["series"]) > 1,
        "legend": {"orientation": "h", "y": -0.18},
        "xaxis": {"type": "category", "fixedrange": True, "showgrid": False, "linecolor": SUB},
        "yaxis": {
            "range": [axis["min"], axis["max"]],
            "dtick": axis["step"],
            "ticksuffix": axis["unit"],
            "fixedrange": True,
            "gridcolor": HAIR,
            "zeroline": False,
        },
    }


def _band(chart: dict[str, Any]) -> list[Any]:
    edges = chart.get("band") or []
    if not any(edges):
        return []
    low = [None if b is None else b[0] for b in edges]
    high = [None if b is None else b[1] for b in edges]
    flat: dict[str, Any] = {"x": chart["labels"], "mode": "lines", "line": {"width": 0}, "showlegend": False}
    return [
        go.Scatter(y=low, name="Lower control limit", **flat),
        go.Scatter(y=high, name="Upper control limit", fill="tonexty", fillcolor="rgba(31,95,139,0.12)", **flat),
    ]


def _lines(chart: dict[str, Any]) -> list[Any]:
    return [
        go.Scatter(
            x=chart["labels"],
            y=s["values"],
            name=s["name"],
            mode="lines+markers",
            line={"color": ACCENT, "width": 2},
            marker={"size": 7},
        )
        for s in chart["series"]
    ]


def _bars(chart: dict[str, Any]) -> list[Any]:
    hot = set(chart.get("hot", ()))
    return [
        go.Bar(
            x=chart["labels"],
            y=s["values"],
            name=s["name"],
            marker={
                "color": SHADES[s["tone"]]
                if "tone" in s
                else [BAD if i in hot else ACCENT_LIGHT for i in range(len(chart["labels"]))]
            },
        )
        for s in chart["series"]
    ]


def _sideways(chart: dict[str, Any], layout: dict[str, Any]) -> list[Any]:
    """Bars that lie, the first at the top."""
    layout["xaxis"] = {"fixedrange": True, "gridcolor": HAIR, "rangemode": "tozero"}
    layout["yaxis"] = {"type": "category", "fixedrange": True, "autorange": "reversed", "automargin": True}
    layout["hovermode"] = "closest"
    colours = [BAD if place in chart["hot"] else ACCENT_LIGHT for place in range(len(chart["labels"]))]
    return [
        go.Bar(x=s["values"], y=chart["labels"], name=s["name"], orientation="h", marker={"color": colours})
        for s in chart["series"]
    ]


def figure_of(chart: dict[str, Any]) -> dict[str, Any] | None:
    """`data` and `layout` for Plotly; None where the dataset says there is nothing to draw."""
    if chart["kind"] == "empty":
        return None
    layout = _layout(chart)
    if chart["kind"] == "line":
        traces = _band(chart) + _lines(chart)
        if chart["limit"] is not None:
            value = chart["limit"]["value"]
            layout["shapes"] = [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": value,
                    "y1": value,
                    "line": {"color": BAD, "dash": "dash"},
                }
            ]
            layout["annotations"] = [
                {
                    "xref": "paper",
                    "x": 0,
                    "y": value,
                    "xanchor": "left",
                    "yanchor": "bottom",
                    "showarrow": False,
                    "text": chart["limit"]["text"],
                    "font": {"color": BAD, "size": 11},
                }
            ]
    elif chart["kind"] == "flow":
        traces = _sideways(chart, layout)
    else:
        traces = _bars(chart)
        layout["barmode"] = "stack"
    figure: dict[str, Any] = go.Figure(data=traces, layout=layout).to_plotly_json()
    return figure
