"""Where the line is drawn: what changed it, which mandates stand, and who answers at each level. It must not count actions."""

from datetime import date, timedelta
from typing import Any

from approvals.periods import MONTHS, minute
from approvals.reports.facts import Facts, Mandate
from approvals.reports.measure import clip, plural
from approvals.reports.tally import Tally

MOST_LINES = 4
MOST_MANDATES = 3

Table = dict[str, Any]


def on(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def _covers(mandate: Mandate) -> str:
    named = [mandate.agent, mandate.service, mandate.kind.replace("_", " ")]
    said = ", ".join(name for name in named if name)
    return clip(said, 44) or "every agent, service and kind"


def _changed(facts: Facts, tally: Tally) -> list[tuple[str, list[str]]]:
    """(when, row) of each change of the period."""
    start, end = facts.period_start.date(), facts.period_end.date()
    rows: list[tuple[str, list[str]]] = []
    at = facts.policy_activated_at
    if at is not None and facts.policy_version is not None and tally.window.index(at) == 11:
        by = facts.policy_activated_by or "not named"
        rows.append((at.isoformat(), [minute(at), f"Policy {facts.policy_version} in force", by, "the next version"]))
    limits = facts.limits
    if limits.starts_on and start <= (begun := date.fromisoformat(limits.starts_on)) < end:
        approved = f"the board, {on(date.fromisoformat(limits.approved_on))}" if limits.approved_on else "not named"
        rows.append((limits.starts_on, [on(begun), "New limits in force", approved, "the next limits"]))
    for one in facts.mandates:
        if start <= one.starts_on < end:
            words = f"Mandate to {one.level}: {_covers(one)}"
            rows.append(
                (one.starts_on.isoformat(), [on(one.starts_on), words, one.signed_by or "not named", on(one.ends_on)])
            )
    for freeze in facts.freezes:
        if tally.window.index(freeze.at) == 11:
            lifted = "not lifted" if freeze.lifted_at is None else f"lifted {minute(freeze.lifted_at)}"
            words = f"Freeze: {clip(freeze.scope, 44)}"
            rows.append(
                (freeze.at.isoformat(), [minute(freeze.at), words, f"set by {freeze.by or 'the product'}", lifted])
            )
    return sorted(rows, key=lambda row: row[0])


def changes(facts: Facts, tally: Tally) -> Table:
    rows = [row for _, row in _changed(facts, tally)]
    more = len(rows) - MOST_LINES
    note = f"{plural(more, 'more is', 'more are')} in the data." if more > 0 else ""
    return {
        "title": "Every change, waiver and stop of the period",
        "columns": ["When", "Change", "Approved by", "Until"],
        "numeric": [],
        "rows": rows[:MOST_LINES],
        "all": rows,
        "note": note
        if rows
        else "None: no policy and no limits came into force, no mandate began and no freeze was set.",
    }


def mandates(facts: Facts) -> Table:
    """Those in force on the last day of the period, the next to end first."""
    last = (facts.period_end - timedelta(days=1)).date()
    held = [one for one in facts.mandates if one.starts_on <= last <= one.ends_on]
    held.sort(key=lambda one: (one.ends_on, one.level, _covers(one)))
    rows = [[one.level, _covers(one), one.signed_by or "not named", on(one.ends_on)] for one in held]
    more = len(rows) - MOST_MANDATES
    note = f"{plural(more, 'more is', 'more are')} in the data." if more > 0 else ""
    return {
        "title": "Mandates in force at the end of the period",
        "columns": ["Up to", "Covers", "Signed by", "Until"],
        "numeric": [],
        "rows": rows[:MOST_MANDATES],
        "all": rows,
        "note": note if rows else "None: no executive has signed a standing permission that is in force.",
    }


def answers() -> Table:
    return {
        "title": "When the AI makes a mistake",
        "columns": ["Level used", "The agent", "Answers for the decision", "For the control", "To the board"],
        "numeric": [],
        "rows": [
            [
                "L1, L2",
                "suggests, or asks first",
                "The person who decided",
                "Owner of the service",
                "Executive sponsor",
            ],
            ["L3", "acts unless stopped", "Owner on duty", "Owner of the service", "Executive sponsor"],
            [
                "L4",
                "acts alone, reviewed after",
                "Owner, under a mandate",
                "The executive who signed",
                "Executive sponsor",
            ],
        ],
        "note": "",
    }
