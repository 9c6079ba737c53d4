"""What shows whether people really review, beside the three measures. It must not judge a person."""

from typing import Any

from approvals.intervals import quantile
from approvals.periods import day
from approvals.reports.facts import Facts
from approvals.reports.measure import clip, count, percent, plural
from approvals.reports.tally import READING_FLOOR, Tally

MOST_DRILLS = 5

Table = dict[str, Any]


def span(seconds: float) -> str:
    """A time that a person took, in the unit in which one would say it."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _of(part: int, whole: int, what: str) -> str:
    """`2 of 58 approvals`, with the share; no share of nothing."""
    if not whole:
        return f"No {what} in the period"
    return f"{count(part)} of {plural(whole, what)}, {percent(100 * part / whole)}"


def signs(tally: Tally) -> Table:
    now, times = tally.now, sorted(tally.deciding_seconds)
    verdicts = sum(tally.deciders.values())
    most = max(tally.deciders.values(), default=0)
    decided = now.high_decided
    fast = sum(1 for taken in tally.approval_seconds if taken < READING_FLOOR)
    taken = (
        f"Half within {span(quantile(times, 0.5))}, nine in ten within {span(quantile(times, 0.9))}" if times else ""
    )
    rows = [
        ["Proposals that came in", count(now.proposals)],
        ["Unanswered, so refused", _of(now.expired, now.asked, "request")],
        ["Time taken to decide", taken or "No verdict in the period"],
        [f"Approved in under {READING_FLOOR:.0f} s", _of(fast, now.approved, "approval")],
        ["Most verdicts by one person", _of(most, verdicts, "verdict")],
        ["Verdicts given by", plural(len(tally.deciders), "person", "people")],
        ["High-risk, a person decided first", _of(decided, now.high, "action")],
        [
            "Approved, yet harmful",
            _of(tally.harmed_approved, now.actions - now.unapproved, "approved action"),
        ],
    ]
    return {
        "title": "Other signs that review works",
        "columns": ["What was looked at", "Found"],
        "numeric": [],
        "rows": rows,
        "note": "",
    }


def drills(facts: Facts, tally: Tally) -> Table:
    """Stops and stop drills of the twelve, the latest first."""
    held = [one for one in facts.stops if tally.window.index(one.at) is not None]
    held.sort(key=lambda one: one.at, reverse=True)
    most = facts.limits.stop_seconds
    rows = [[clip(day(one.at), 20), "not reached" if one.seconds is None else f"{one.seconds:.0f} s"] for one in held]
    more = len(rows) - MOST_DRILLS
    return {
        "title": "Stop drills",
        "columns": ["When", "Until safe"],
        "numeric": [1],
        "rows": rows[:MOST_DRILLS],
        "all": rows,
        "note": f"Limit {most:g} s. {plural(more, 'more is', 'more are')} in the data."
        if more > 0
        else f"Limit {most:g} s."
        if rows
        else f"None is on record in twelve {tally.window.unit}s. Limit {most:g} s.",
    }
