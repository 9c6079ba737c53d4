"""Figures of issued editions that the ledger says otherwise of now: was, now, why. It must not change a figure."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from approvals.reports.exposure import join
from approvals.reports.facts import Earlier, Facts
from approvals.reports.measure import Measure, count, percent, plural
from approvals.reports.tally import Tally

MOST_LINES = 4
Table = dict[str, Any]


def exact(value: float | None) -> str:
    """A figure as entries keep it, where there are no fractions: four decimals, or empty where there is none."""
    return "" if value is None else f"{value:.4f}"


_WRITTEN: Mapping[str, Callable[[float], str]] = MappingProxyType(
    {
        "M2": count,
        "M5": lambda value: percent(value, 0),
        "M6": lambda value: f"{value:.0f} s",
        "M8": lambda value: f"{value:,.0f}%".replace("-", "\u2212"),
        "M9": lambda value: f"{value:,.0f}",
        "M11": count,
    }
)


def restated(facts: Facts, tally: Tally, measures: Sequence[Measure]) -> Table:
    """Every figure of the issued editions in the window that has changed, the oldest first."""
    rows = []
    for one in facts.earlier:
        place = tally.window.keys().index(one.period) if tally.window.monthly else 11
        for measure in measures:
            was, now = one.figures.get(measure.id), measure.series[place]
            if was is not None and was["value"] != exact(now):
                rows.append([one.period, f"{measure.id} {measure.name}", was["text"], _text(measure.id, now), why(one)])
    if rows:
        note = f"{plural(len(rows) - MOST_LINES, 'more is', 'more are')} in the data." if len(rows) > MOST_LINES else ""
    elif facts.earlier:
        note = f"None: every figure of {plural(len(facts.earlier), 'issued report')} stands."
    else:
        note = "No report was issued before that this one could restate."
    return {
        "title": "Figures of issued reports that have changed",
        "columns": ["Period", "Measure", "Was", "Now", "Why"],
        "numeric": [2, 3],
        "rows": rows,
        "note": note,
    }


def _text(id_: str, value: float | None) -> str:
    return "No data" if value is None else _WRITTEN.get(id_, percent)(value)


def why(one: Earlier) -> str:
    """What came to the ledger since that edition that can have changed a figure of it."""
    parts = [
        plural(n, singular, many)
        for n, singular, many in (
            (one.late, "decision came late", "decisions came late"),
            (one.judged, "decision was signed off", "decisions were signed off"),
            (one.changed, "decision became known better", "decisions became known better"),
            (one.registers, "item of the board registers was recorded", "items of the board registers were recorded"),
            (one.erased, "decision lost words by erasure", "decisions lost words by erasure"),
        )
        if n
    ]
    since = f"after entry {one.seq_limit:,}"
    return f"{join(parts)} {since}." if parts else f"Nothing came {since}: it is counted otherwise now."
