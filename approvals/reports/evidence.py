"""The measures that rest on records of their own: planted faults, stops, the loss model, replays, the log. It must not guess one."""

from dataclasses import replace
from datetime import datetime, timedelta

from approvals.intervals import exact_lower, wilson
from approvals.reports.facts import Facts, PlantedFault
from approvals.reports.measure import (
    OUTSIDE,
    SMALL,
    TOO_FEW,
    WATCH,
    WITHIN,
    Measure,
    Series,
    absent,
    count,
    money,
    percent,
    plural,
)
from approvals.reports.tally import Tally
from approvals.reports.trend import trend
from approvals.vocab import MEASURES

PLANTED_AGE = timedelta(days=90)


def planted_caught(facts: Facts, tally: Tally) -> Measure:
    name, least = MEASURES["M5"], facts.limits.planted_pct
    limit = f"≥ {least:g}%"
    series: Series = []
    recent: list[PlantedFault] = []
    for end in tally.window.edges[1:]:
        recent = [p for p in facts.planted if end - PLANTED_AGE <= p.at < end]
        series.append(100 * sum(p.caught for p in recent) / len(recent) if recent else None)
    if not recent:
        return absent("M5", name, limit, "review", "No planted fault is on record.", series=series)
    caught, n = sum(p.caught for p in recent), len(recent)
    value = 100 * caught / n
    low, high = wilson(caught, n)
    status = OUTSIDE if 100 * high < least else TOO_FEW if n < SMALL else WATCH if value < least else WITHIN
    return Measure(
        "M5",
        name,
        value,
        percent(value, 0),
        limit,
        least,
        None,
        status,
        trend(series, 1),
        series,
        "review",
        caught,
        n,
        (100 * low, 100 * high),
        note=f"{caught} of {n} in the 90 days to the end of the period.",
        phrase=f"reviewers caught {caught} of {n} planted faults",
    )


MANY_STOPS = 20
"""From so many on the slowest of them says less than the 95th percentile."""


def safe_stop(facts: Facts, tally: Tally) -> Measure:
    name, most = MEASURES["M6"], facts.limits.stop_seconds
    limit = f"≤ {most:g} s"
    taken: list[list[float]] = [[] for _ in range(12)]
    never = [0] * 12
    for stop in (*facts.stops, *tally.stopped):
        if (place := tally.window.index(stop.at)) is None:
            continue
        if stop.seconds is None:
            never[place] += 1
        else:
            taken[place].append(stop.seconds)
    # A month with a stop that never came to its end has no slowest: it is a gap in the line, and said in words.
    series: Series = [
        None if missed or not times else _slowest(times) for times, missed in zip(taken, never, strict=True)
    ]
    n = len(taken[11]) + never[11]
    real = sum(tally.window.index(stop.at) == 11 for stop in tally.stopped)
    of = " and ".join(plural(k, one) for k, one in ((n - real, "drill"), (real, "real stop")) if k)
    if not n:
        return absent(
            "M6", name, limit, "review", "No stop and no stop drill is on record for the period.", series=series
        )
    if never[11]:
        note = f"{never[11]} of {of} did not reach the safe state."
        return replace(
            absent("M6", name, limit, "review", note, series=series),
            text="Not reached",
            status=OUTSIDE,
            high=most,
            numerator=never[11],
            denominator=n,
            phrase=f"{never[11]} of {plural(n, 'stop')} did not reach the safe state",
        )
    value = _slowest(taken[11])
    status = OUTSIDE if value > most else WATCH if value > 0.75 * most else WITHIN
    return Measure(
        "M6",
        name,
        value,
        f"{value:.0f} s",
        limit,
        None,
        most,
        status,
        trend(series, -1),
        series,
        "review",
        value,
        n,
        note=f"{'The slowest' if n < MANY_STOPS else 'The 95th percentile'} of {of}.",
        phrase=f"the slowest stop took {value:.0f} s",
    )


def _slowest(times: list[float]) -> float:
    """The maximum; of many the 95th percentile, by nearest rank."""
    ranked = sorted(times)
    return ranked[-1] if len(ranked) < MANY_STOPS else ranked[-(-95 * len(ranked) // 100) - 1]


def modelled_loss(facts: Facts, tally: Tally) -> Measure:
    name = MEASURES["M9"]
    series: Series = [None] * 12
    current = None
    for model in facts.losses:
        if (place := tally.window.index(model.at)) is not None:
            series[place] = model.p95
            current = model if place == 11 else current
    if current is None:
        return absent("M9", name, "appetite", "cost", "No loss model is on record.", series=series)
    status = OUTSIDE if current.p95 > current.appetite else WATCH if current.p95 > 0.75 * current.appetite else WITHIN
    return Measure(
        "M9",
        name,
        current.p95,
        money(current.currency, current.p95),
        f"≤ {money(current.currency, current.appetite)}",
        None,
        current.appetite,
        status,
        trend(series, -1),
        series,
        "cost",
        current.p95,
        None,
        note="A model, not a forecast.",
        phrase="the modelled loss is above appetite" if status == OUTSIDE else "the modelled loss is close to appetite",
    )


def replayed_by_auditor(facts: Facts, tally: Tally) -> Measure:
    name, least = MEASURES["M10"], facts.limits.replay_pct
    limit = f"≥ {least:g}%"
    drawn, matched = [0] * 12, [0] * 12
    for replay in facts.replays:
        if (place := tally.window.index(replay.at)) is not None:
            drawn[place] += replay.drawn
            matched[place] += replay.matched
    series: Series = [100 * k / n if n else None for k, n in zip(matched, drawn, strict=True)]
    if not drawn[11]:
        return absent(
            "M10", name, limit, "proof", "No replay by an auditor is on record for the period.", series=series
        )
    lower = 100 * exact_lower(matched[11], drawn[11])
    proven = lower >= least
    status = WITHIN if proven else TOO_FEW if matched[11] == drawn[11] else OUTSIDE
    return Measure(
        "M10",
        name,
        series[11],
        f"{matched[11]} of {drawn[11]}",
        limit,
        least,
        None,
        status,
        trend(series, 1),
        series,
        "proof",
        matched[11],
        drawn[11],
        (lower, 100.0),
        note=f"95% confidence: at least {lower:.1f}% of all decisions.",
        phrase=f"{drawn[11] - matched[11]} of {drawn[11]} decisions drawn could not be replayed",
    )


def complete_logs(facts: Facts, tally: Tally) -> Measure:
    name, least = MEASURES["M11"], facts.limits.log_days
    limit = f"≥ {least}"
    if facts.verified is False:
        note = "The ledger failed verification."
        return replace(
            absent("M11", name, limit, "proof", note),
            text="Broken",
            status=OUTSIDE,
            phrase="the ledger failed verification",
        )
    series: Series = [_days(facts, end) for end in tally.window.edges[1:]]
    if series[11] is None:
        return absent("M11", name, limit, "proof", "The ledger has no complete log up to the end of the period.")
    days = int(series[11])
    status = OUTSIDE if days < least else WATCH if facts.verified is None else WITHIN
    return Measure(
        "M11",
        name,
        float(days),
        count(days),
        limit,
        float(least),
        None,
        status,
        trend(series, 1),
        series,
        "proof",
        days,
        None,
        note=f"Unbroken, to the {'end of the period' if facts.as_of >= facts.period_end else 'newest entry'}."
        + ("" if facts.verified else " Not verified for this report."),
        phrase=f"complete logs go back {plural(days, 'day')} only"
        if status == OUTSIDE
        else "the ledger was not verified for this report",
    )


def _days(facts: Facts, end: datetime) -> float | None:
    """Whole days of log up to `end`, of which those that have not been yet are none; None where it began later."""
    began, until = facts.ledger_began, min(end, facts.as_of)
    return None if began is None or began >= until else float((until - began).days)
