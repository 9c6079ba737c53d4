"""Duties as the register has them, and who has checked what. It must hold no law: what binds whom is people's decision."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from approvals.board.shapes import Applies
from approvals.reports.facts import Duty, Facts
from approvals.reports.line import on
from approvals.reports.measure import (
    NO_DATA,
    OUTSIDE,
    STATUS_WORD,
    TOO_FEW,
    WATCH,
    WITHIN,
    Measure,
    clip,
    count,
    plural,
)
from approvals.reports.tally import Tally

MOST_DUTIES = 17
FEWEST_DUTIES = 7
"""Lines that page 6 has for them, and those where figures are restated on it too."""
GRAVER = (OUTSIDE, WATCH, TOO_FEW, NO_DATA, WITHIN)
NOBODY = "not reviewed"
NAMED = re.compile(r"\bM(\d{1,2})\b(?:\s*(?:to|-|\u2013)\s*M(\d{1,2})\b)?")
BINDS = {Applies.YES: "Yes", Applies.BY_CHOICE: "By choice", Applies.NO: "No", Applies.OPEN: "Not decided"}

Table = dict[str, Any]


def named_in(evidence: str) -> list[str]:
    """The measures that the words name: `M3 to M5` are three."""
    found: list[str] = []
    for first, last in NAMED.findall(evidence):
        found += [f"M{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def result(duty: Duty, measures: Sequence[Measure]) -> str:
    """The gravest status among the measures that its evidence names."""
    named = set(named_in(duty.evidence))
    statuses = [one.status for one in measures if one.id in named]
    return STATUS_WORD[min(statuses, key=GRAVER.index)] if statuses else "No measure"


def decided(duty: Duty) -> str:
    if not duty.decided_by:
        return NOBODY
    return f"{duty.decided_by}, {on(date.fromisoformat(duty.decided_on))}" if duty.decided_on else duty.decided_by


def duties(facts: Facts, measures: Sequence[Measure], *, restated: bool) -> Table:
    """Each as it was recorded, with its version, its result, and who decided whether it binds."""
    held = [(one, result(one, measures)) for one in facts.duties]
    most = FEWEST_DUTIES if restated else MOST_DUTIES
    rows = [
        [
            clip(one.source, 60),
            clip(one.text_version, 60),
            clip(one.needs, 90),
            clip(one.evidence, 60),
            found,
            _said(one),
        ]
        for one, found in held
    ]
    open_ = sum(1 for one in facts.duties if not one.decided_by)
    note = f"Result: the gravest status among the measures named. Not reviewed by anybody: {count(open_)} of {count(len(rows))}."
    if len(rows) > most:
        note += f" {plural(len(rows) - most, 'more is', 'more are')} in the XLSX."
    return {
        "title": "Duties, as the register has them, and their evidence",
        "columns": ["Duty", "Version of its text", "What it asks for", "Evidence", "Result", "Binds us?"],
        "numeric": [],
        "rows": rows[:most],
        "all": [_whole(one, found) for one, found in held],
        "all_columns": list(COLUMNS),
        "note": note
        if rows
        else "The register of duties is empty: nobody has recorded what may bind the organisation.",
    }


def _said(duty: Duty) -> str:
    """What was decided, and by whom."""
    return f"{BINDS[Applies(duty.applies)]}: {clip(decided(duty), 40)}" if duty.decided_by else NOBODY


COLUMNS = (
    "Duty",
    "Version of its text",
    "What it asks for",
    "Evidence",
    "Result",
    "Binds us",
    "Decided by",
    "Applies from",
    "Note",
)


def _whole(duty: Duty, found: str) -> list[str]:
    """The row of the workbook: nothing shortened."""
    binds = BINDS[Applies(duty.applies)]
    starts = duty.starts_on or "to be confirmed"
    return [duty.source, duty.text_version, duty.needs, duty.evidence, found, binds, decided(duty), starts, duty.note]


def assured(facts: Facts, tally: Tally) -> Table:
    """Who has checked what in the period: those who act, those who oversee, those who audit."""
    judged = tally.sign_offs["accepted"] + tally.sign_offs["refused"]
    overdue = tally.sign_offs["overdue"]
    drills = sum(1 for one in facts.stops if tally.window.index(one.at) == 11)
    tests = sum(1 for one in facts.restores if tally.window.index(one.at) == 11)
    replays = [one for one in facts.replays if tally.window.index(one.at) == 11 and one.independent]
    drawn, matched = sum(one.drawn for one in replays), sum(one.matched for one in replays)
    ledger = {True: "All held", False: "Failed", None: "Not done"}[facts.verified]
    entries = plural(facts.entries_verified or 0, "entry", "entries") if facts.verified else "the entries"
    incidents = sum(1 for one in facts.incidents if tally.window.index(one.began_at) == 11)
    approved = facts.policy_board_approved_at
    rows = [
        [
            "First",
            "Owners and reviewers",
            f"{plural(len(tally.deciding_seconds), 'verdict')} given, {plural(judged, 'action')} judged",
            f"{count(overdue) if overdue else 'None'} overdue",
        ],
        [
            "Second",
            "Those who keep the registers",
            f"{plural(drills, 'stop drill')}, {plural(tests, 'restore test')}",
            plural(incidents, "incident"),
        ],
        [
            "Third",
            clip(replays[0].auditor, 40) if replays else "Auditors",
            "Decisions drawn and replayed",
            f"{count(matched)} of {count(drawn)} matched" if replays else "None on record",
        ],
        ["Program", "The verifier", f"Recomputed {entries}", ledger],
        [
            "Board",
            "The board",
            "Approved the policy in force",
            f"On {on(approved.date())}" if approved else "Not on record",
        ],
    ]
    return {
        "title": "Who has checked what",
        "columns": ["Line", "Who", "What was done in the period", "Result"],
        "numeric": [],
        "rows": rows,
        "note": "",
    }
