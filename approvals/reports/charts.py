"""The charts as data: labels, series, axis, words. It must not know how any renderer draws them."""

from collections.abc import Sequence
from typing import Any

from approvals.reports.measure import Measure, count, plural
from approvals.reports.tally import READING_FLOOR, Tally
from decisions.vocab import LEVEL_MEANING, Level

BINS = (
    (10, "<10 s"),
    (30, "10\u201330 s"),
    (60, "30\u201360 s"),
    (300, "1\u20135 min"),
    (900, "5\u201315 min"),
    (3600, "15\u201360 min"),
)
LAST_BIN = ">1 h"

Chart = dict[str, Any]


def axis(top: float, unit: str, floor: float = 0.0) -> dict[str, Any]:
    """A scale of three to six even steps that holds `top`."""
    span = max(top - floor, 1e-6)
    size = 10.0 ** len(str(int(span))) if span >= 1 else 1.0
    step = next(s for d in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if (s := size * d) * 6 >= span)
    if unit == "":
        step = max(1.0, round(step))
    steps = int(-(-span // step))
    return {"min": floor, "max": floor + step * max(1, steps), "step": step, "unit": unit}


def _chart(kind: str, title: str, caption: str, alt: str, **rest: Any) -> Chart:
    return {"kind": kind, "title": title, "caption": caption, "alt": alt, "empty": "", **rest}


def _empty(title: str, text: str) -> Chart:
    return {"kind": "empty", "title": title, "caption": "", "alt": text, "empty": text}


def _counted(name: str, values: list[int]) -> dict[str, Any]:
    """What a rate was made of, so that whoever has the numbers can make it again."""
    return {"name": name, "values": values}


def _actions(tally: Tally) -> dict[str, Any]:
    return _counted("Actions", [m.actions for m in tally.months])


TONES = {"Approved": 2, "Vetoed": 4, "Timed out": 0}


def tone(level: str) -> int:
    """How dark: the more alone, the darker."""
    return int(level[1]) if level in LEVEL_MEANING else 5


def levels(tally: Tally, labels: Sequence[str]) -> Chart:
    title = f"Level used, by {tally.window.unit}"
    if not any(m.actions for m in tally.months):
        return _empty(title, "No action in any of the twelve.")
    used = [str(level) for level in Level if any(m.levels[level] for m in tally.months)]
    used += ["not known"] if any(m.levels["not known"] for m in tally.months) else []
    series = [
        {
            "name": f"{name} {LEVEL_MEANING[Level(name)]}" if name in LEVEL_MEANING else "Level not known",
            "short": name,
            "tone": tone(name),
            "numerator": _counted(name, [m.levels[name] for m in tally.months]),
            "values": [100 * m.levels[name] / m.actions if m.actions else None for m in tally.months],
        }
        for name in used
    ]
    parts = [f"{count(tally.now.levels[name])} at {name}" for name in used]
    return _chart(
        "stack",
        title,
        f"Share of actions by the level they used. {tally.window.name()}: {', '.join(parts)}.",
        f"Stacked bars by {tally.window.unit}; {', '.join(parts)} in {tally.window.name()}.",
        labels=list(labels),
        series=series,
        denominator=_actions(tally),
        axis={"min": 0.0, "max": 100.0, "step": 25.0, "unit": "%"},
    )


def _line(
    measure: Measure, title: str, labels: Sequence[str], caption: str, counted: Sequence[dict[str, Any]], **rest: Any
) -> Chart:
    """The twelve values of `measure`, which are made of `counted`: a numerator and a denominator."""
    known = [v for v in measure.series if v is not None]
    edges = [x for pair in measure.band if pair for x in pair]
    limit = measure.high if measure.high is not None else measure.low
    bounds = [] if limit is None or measure.band else [limit]
    floor = min([0.0, *known])
    months = ", ".join(f"{m} {v:.1f}" for m, v in zip(labels, measure.series, strict=True) if v is not None)
    return _chart(
        "line",
        title,
        caption,
        f"{measure.name}, per cent: {months}. Limit {measure.limit}.",
        labels=list(labels),
        series=[
            {"name": measure.name, "short": measure.text, "values": measure.series, "numerator": counted[0]},
        ],
        denominator=counted[1],
        axis=axis(max([*known, *edges, *bounds, 1.0]) * 1.05, "%", -axis(-floor, "%")["max"] if floor < 0 else 0.0),
        limit=None if not bounds else {"value": limit, "text": f"Limit {measure.limit}"},
        band=[None if p is None else list(p) for p in measure.band],
        **rest,
    )


def refusals(tally: Tally, measure: Measure, labels: Sequence[str]) -> Chart:
    title = "Share of proposals that people refused"
    if not any(v is not None for v in measure.series):
        return _empty(title, "No verdict in any of the twelve.")
    caption = (
        f"{measure.note} Band: what chance explains."
        if measure.band
        else f"{measure.note} No control limits before nine with verdicts."
    )
    counted = (
        _counted("Vetoed", [m.vetoed for m in tally.months]),
        _counted("Approved and vetoed", [m.approved + m.vetoed for m in tally.months]),
    )
    return _line(measure, title, labels, caption, counted)


def failures(tally: Tally, measure: Measure, labels: Sequence[str]) -> Chart:
    title = "Actions that failed"
    if not any(v is not None for v in measure.series):
        return _empty(title, "No action in any of the twelve.")
    counted = (_counted("Failed", [m.failed for m in tally.months]), _actions(tally))
    return _line(measure, title, labels, measure.note, counted)


def budget(tally: Tally, measure: Measure, labels: Sequence[str], objective: float) -> Chart:
    title = "Error budget left"
    if not any(v is not None for v in measure.series):
        return _empty(title, measure.note)
    counted = (_counted("Harmful", [m.harmed for m in tally.months]), _actions(tally))
    return _line(measure, title, labels, measure.note, counted, objective=objective)


def verdicts(tally: Tally, labels: Sequence[str]) -> Chart:
    title = f"What people said of proposals, by {tally.window.unit}"
    named = (("Approved", "approved"), ("Vetoed", "vetoed"), ("Timed out", "expired"))
    counts = {word: [int(getattr(m, field)) for m in tally.months] for word, field in named}
    most = max(sum(column) for column in zip(*counts.values(), strict=True))
    if not most:
        return _empty(title, "No proposal was approved, vetoed or timed out in any of the twelve.")
    said = ", ".join(f"{values[11]} {word.lower()}" for word, values in counts.items())
    return _chart(
        "count_stack",
        title,
        f"{tally.window.name()}: {said}.",
        f"Stacked bars by {tally.window.unit}. {tally.window.name()}: {said}.",
        labels=list(labels),
        series=[
            {"name": word, "short": word, "tone": TONES[word], "values": values} for word, values in counts.items()
        ],
        axis=axis(float(most), ""),
    )


def irreversible(tally: Tally, labels: Sequence[str]) -> Chart:
    title = f"Irreversible actions, by {tally.window.unit}"
    decided = [m.irreversible_decided for m in tally.months]
    alone = [m.irreversible - m.irreversible_decided for m in tally.months]
    most = max(a + b for a, b in zip(decided, alone, strict=True))
    if not most:
        return _empty(title, "No action was known to be irreversible in any of the twelve.")
    said = f"{count(decided[11])} decided by a person first, {count(alone[11])} not"
    return _chart(
        "count_stack",
        title,
        f"{tally.window.name()}: {said}.",
        f"Stacked bars by {tally.window.unit}. {tally.window.name()}: {said}.",
        labels=list(labels),
        series=[
            {"name": "Decided by a person first", "short": "Decided", "tone": 2, "values": decided},
            {"name": "Not decided by a person first", "short": "Not", "tone": 4, "values": alone},
        ],
        axis=axis(float(most), ""),
    )


def deciding(tally: Tally) -> Chart:
    title = "Time taken to decide"
    times = sorted(tally.deciding_seconds)
    if not times:
        return _empty(title, "No verdict in the period.")
    counts = [0] * (len(BINS) + 1)
    for seconds in times:
        counts[next((i for i, (edge, _) in enumerate(BINS) if seconds < edge), len(BINS))] += 1
    fast = sum(1 for t in times if t < READING_FLOOR)
    caption = f"{plural(len(times), 'verdict')} of the period, from receipt to verdict. {count(fast) if fast else 'None'} quicker than {READING_FLOOR:.0f} s, the shortest reading time."
    return _chart(
        "bars",
        title,
        caption,
        caption,
        labels=[label for _, label in BINS] + [LAST_BIN],
        series=[{"name": "Verdicts", "short": "Verdicts", "values": counts}],
        hot=[0] if counts[0] else [],
        axis=axis(float(max(counts)), ""),
    )


def flow(tally: Tally) -> Chart:
    """From what was proposed to what did harm, as bars of one scale."""
    title, now = "From proposal to harm", tally.now
    steps = (
        ("Proposed", now.proposals),
        ("Refused by people", now.vetoed),
        ("Timed out", now.expired),
        ("Attempts refused", now.refused),
        ("Carried out", now.actions),
        ("Failed", now.failed),
        ("Harmful", now.harmed),
    )
    if not any(n for _, n in steps):
        return _empty(title, "Nothing was proposed, refused or carried out in the period.")
    alone = now.unapproved
    said = (
        f"{count(alone) if alone else 'None'} of {plural(now.actions, 'action')} ran without a person's approval first."
    )
    bars = ", ".join(f"{label.lower()} {count(n)}" for label, n in steps)
    return _chart(
        "flow",
        title,
        said,
        f"Bars: {bars}. {said}",
        labels=[label for label, _ in steps],
        series=[{"name": "Decisions", "short": "Decisions", "values": [n for _, n in steps]}],
        hot=[len(steps) - 1],
        axis=axis(float(max(n for _, n in steps)), ""),
    )


def charts_of(tally: Tally, measures: Sequence[Measure], labels: Sequence[str], objective: float) -> dict[str, Chart]:
    by = {m.id: m for m in measures}
    return {
        "levels": levels(tally, labels),
        "refusals": refusals(tally, by["M4"], labels),
        "verdicts": verdicts(tally, labels),
        "deciding": deciding(tally),
        "flow": flow(tally),
        "irreversible": irreversible(tally, labels),
        "failures": failures(tally, by["M7"], labels),
        "budget": budget(tally, by["M8"], labels, objective),
    }
