"""The tables as rows of text. It must not know how any renderer lays them out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from approvals.periods import iso, minute
from approvals.reports import exposure, line, review
from approvals.reports.counting import began, failed, unknown
from approvals.reports.facts import DecisionFact, Facts
from approvals.reports.measure import clip, count, plural
from approvals.reports.tally import MOST_ROWS, Cell, Row, Tally
from decisions.vocab import Cause, Effect, Outcome, State, word

MOST_LINES = 5
MOST_KINDS = 6
MOST_EXCEPTIONS = 10
MOST_DECIDERS = 7
"""Lines that fit under the charts of their page."""
TIERS: tuple[int | None, ...] = (0, 1, 2, 3, None)

REPORTED = tuple(one for one in Outcome if one != Outcome.NOT_EXECUTED)

Table = dict[str, Any]


def words(code: str) -> str:
    """`scale_workload` as people read it."""
    text = code.replace("_", " ").replace(".", " ").strip()
    return text[:1].upper() + text[1:]


def _cell(cell: Cell | None) -> dict[str, Any]:
    if cell is None:
        return {"text": "\u2013", "level": -1, "actions": 0, "beyond": 0}
    known = sorted(level for level in cell.levels if level != "none")
    span = "held" if not known else known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
    return {"text": span, "level": int(known[-1][1]) if known else 0, "actions": cell.actions, "beyond": cell.beyond}


def authority(tally: Tally) -> Table:
    totals: Counter[str] = Counter()
    for (kind, _), cell in tally.cells.items():
        totals[kind] += cell.actions
    ranked = sorted(totals, key=lambda kind: (-totals[kind], kind))
    tiers = [t for t in TIERS if t is not None or any(tier is None for _, tier in tally.cells)]
    everything = [
        {"kind": clip(words(kind), 64), "cells": [_cell(tally.cells.get((kind, tier))) for tier in tiers]}
        for kind in ranked
    ]
    rows = everything[:MOST_KINDS]
    note = "Each cell: the level that the policy allowed, the actions carried out, and in brackets those beyond it."
    if len(ranked) > MOST_KINDS:
        note += f" {plural(len(ranked) - MOST_KINDS, 'rarer kind')} left out here; their rows are in the XLSX."
    return {
        "title": "The line: level allowed, by kind of action and tier of service",
        "columns": ["Kind of action", *("No tier" if t is None else f"Tier {t}" for t in tiers)],
        "rows": rows,
        "all": everything,
        "note": note if rows else "No action in the period.",
    }


def owners(tally: Tally) -> Table:
    ranked = sorted(tally.owners.items(), key=lambda item: (bool(item[0]), -item[1].actions, item[1].name))
    rows = [
        [clip(o.name, 40), count(o.actions), count(o.beyond), count(o.failed), count(o.owed)]
        for _, o in ranked[:MOST_LINES]
    ]
    note = "Owner on record when each action was received."
    if len(ranked) > MOST_LINES:
        note += f" {plural(len(ranked) - MOST_LINES, 'more owner')}; their rows are in the XLSX."
    return {
        "title": "Accountable owners",
        "columns": ["Owner", "Actions", "Beyond", "Failed", "To sign off"],
        "numeric": [1, 2, 3, 4],
        "rows": rows,
        "note": note if rows else "No action in the period.",
    }


def sign_offs(tally: Tally) -> Table:
    names = (
        ("accepted", "Accepted"),
        ("refused", "Refused"),
        ("owed", "Owed, within their time"),
        ("overdue", "Overdue"),
        ("none", "None required"),
    )
    return {
        "title": "Sign-offs of the actions",
        "columns": ["State", "Actions"],
        "numeric": [1],
        "rows": [[label, count(tally.sign_offs[key])] for key, label in names],
        "note": "Judged by a person after the act.",
    }


def counted(title: str, first: str, counts: Counter[str], known: Iterable[str], note: str) -> Table:
    """Every word that is `known`, with how often it was said: that one was never said is a finding too."""
    looked_for = {key: counts[key] for key in known} | counts
    ranked = sorted(looked_for.items(), key=lambda item: (-item[1], item[0]))
    rows = [[words(key), count(n)] for key, n in ranked]
    return {"title": title, "columns": [first, "Actions"], "numeric": [1], "rows": rows, "note": note}


def looked_for(tally: Tally) -> Table:
    now = tally.now
    rows: list[tuple[str, int]] = [
        ("Carried out", now.actions),
        ("Tried, and did not run", now.not_run),
        ("Failed in whole or part", now.failed),
        ("Ended unknown", now.unknown),
        ("Beyond what was allowed", now.beyond),
        ("Harmful, or reverted", now.harmed),
        ("Confirmed by evidence", now.observed),
        ("Effect not judged yet", now.actions - now.judged),
    ]
    return {
        "title": "What was looked for",
        "columns": ["Among the actions", "Found"],
        "numeric": [1],
        "rows": [[label, count(n)] for label, n in rows],
        "note": "",
    }


def deciders(tally: Tally) -> Table:
    total = sum(tally.deciders.values())
    ranked = sorted(tally.deciders.items(), key=lambda item: (-item[1], item[0]))
    rows = [[clip(name, 30), count(n), f"{100 * n / total:.0f}%"] for name, n in ranked]
    return {
        "title": "Who decided",
        "columns": ["Person", "Verdicts", "Share"],
        "numeric": [1, 2],
        "rows": rows[:MOST_DECIDERS],
        "note": f"{plural(len(rows) - MOST_DECIDERS, 'more person', 'more people')} in the XLSX."
        if len(rows) > MOST_DECIDERS
        else ""
        if rows
        else "Nobody gave a verdict in the period.",
    }


def what_went_wrong(fact: DecisionFact) -> str:
    said = ["After a veto"] if fact.verdict == "veto" else []
    said += ["Harmed"] if fact.effect == Effect.HARMED else ["Failed"] if failed(fact) else []
    said += ["Unknown"] if unknown(fact) else []
    said += ["Beyond"] if fact.beyond else []
    return ", ".join(said)


def exceptions(tally: Tally) -> Table:
    groups = tally.exceptions()
    rows = [
        [
            minute(began(g.fact)),
            clip(g.fact.title),
            count(g.repeats),
            clip(g.fact.service, 20) + ("" if g.fact.tier is None else f", tier {g.fact.tier}"),
            f"{g.fact.level_used or 'not known'} ({g.fact.level_ruled or 'none'})",
            clip(g.fact.owner_name or "Nobody", 15),
            what_went_wrong(g.fact),
        ]
        for g in groups[:MOST_ROWS]
    ]
    shown = sum(g.repeats for g in groups[:MOST_EXCEPTIONS])
    if not groups:
        note = "None was found among the period's actions."
    elif shown == tally.exceptions_total:
        note = f"All {plural(shown, 'action')} of the period, repeats together with the time of the last."
    else:
        note = f"The gravest {count(shown)} of {plural(tally.exceptions_total, 'action')}, repeats together; every one is in the XLSX and CSV."
    return {
        "title": "Actions that failed, ended unknown or went beyond permitted autonomy",
        "columns": ["When", "What", "Times", "Service", "Used (allowed)", "Owner", "Why it is here"],
        "numeric": [2],
        "rows": rows[:MOST_EXCEPTIONS],
        "all": rows,
        "note": note,
        "total": tally.exceptions_total,
    }


def agents(tally: Tally) -> Table:
    ranked = sorted(tally.acting.values(), key=lambda a: (-a.actions, a.name))
    rows = [[clip(a.name, 30), count(a.actions), count(a.beyond), count(a.failed)] for a in ranked[:MOST_LINES]]
    note = (
        f"{plural(len(ranked) - MOST_LINES, 'more agent')}; their rows are in the XLSX."
        if len(ranked) > MOST_LINES
        else ""
    )
    return {
        "title": "Agents that acted",
        "columns": ["Agent", "Actions", "Beyond", "Failed"],
        "numeric": [1, 2, 3],
        "rows": rows,
        "note": note if rows else "No action in the period.",
    }


def named_kinds(table: Table) -> Table:
    """`table` with the kinds in its first column as people read them."""
    return table | {"rows": [[clip(words(row[0]), 32), *row[1:]] for row in table["rows"]]}


def tables_of(facts: Facts, tally: Tally) -> dict[str, Table]:
    return {
        "authority": authority(tally),
        "owners": owners(tally),
        "agents": agents(tally),
        "line_changes": line.changes(facts, tally),
        "mandates": line.mandates(facts),
        "answers": line.answers(),
        "signs": review.signs(tally),
        "drills": review.drills(facts, tally),
        "sign_offs": sign_offs(tally),
        "effects": counted("Effect, as people judged it", "Effect", tally.effects, Effect, ""),
        "causes": counted("Why it went wrong", "Cause", tally.causes, Cause, "As people judged it."),
        "deciders": deciders(tally),
        "outcomes": counted("Outcomes that agents reported", "Outcome", tally.outcomes, REPORTED, ""),
        "looked_for": looked_for(tally),
        "exceptions": exceptions(tally),
        "incidents": exposure.incidents(facts, tally),
        "restores": exposure.restores(facts, tally),
        "losses": exposure.losses(facts, tally),
        "scenario": exposure.scenario(facts, tally),
        "reach": exposure.reach(tally),
        "irreversible": named_kinds(exposure.irreversible(tally)),
    }


def row_of(row: Row, facts: Facts) -> dict[str, Any]:
    """One decision for the annex; every field is closed vocabulary, a name of the register, or a title drawn by us."""
    fact = row.fact
    return {
        "id": fact.id,
        "began_at": iso(began(fact)),
        "received_at": iso(fact.received_at),
        "title": fact.title,
        "service": fact.service,
        "tier": fact.tier,
        "environment": fact.environment,
        "kind": fact.kind,
        "agent": fact.agent,
        "risk": fact.risk,
        "reversible": fact.reversible,
        "level_ruled": fact.level_ruled,
        "level_used": fact.level_used,
        "beyond": fact.beyond,
        "owner": fact.owner_name,
        "team": fact.team,
        "state": word(State(fact.state)) if fact.state in set(State) else fact.state,
        "outcome": fact.outcome,
        "observed": fact.outcome_observed,
        "proposed": fact.proposed,
        "verdict": fact.verdict,
        "verdict_at": iso(fact.verdict_at),
        "decided_by": fact.decided_by_name,
        "sign_off": fact.sign_off,
        "sign_off_due": iso(fact.sign_off_due),
        "signed_off_at": iso(fact.signed_off_at),
        "signed_off_by": fact.signed_off_by,
        "effect": fact.effect,
        "cause": fact.cause,
        "episode": fact.episode,
        "replayed": fact.replayed,
        "counted": list(row.counted),
        "against": list(row.against),
        "overdue": fact.sign_off == "required" and fact.sign_off_due is not None and fact.sign_off_due <= facts.as_of,
    }


def rows_of(tally: Tally, facts: Facts) -> Sequence[dict[str, Any]]:
    return [row_of(row, facts) for row in tally.rows()]
