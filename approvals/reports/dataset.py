"""Facts become the one dataset of a report, and its canonical bytes. It must not read the clock, a file or a database."""

from dataclasses import asdict
from typing import Any

import rfc8785

from approvals.periods import MATURITY, iso, moment
from approvals.reports import duties, narrative
from approvals.reports.charts import charts_of
from approvals.reports.definitions import DEFINED, DEFINITIONS, LIMITS_OF_THIS_REPORT, STATUS_RULES
from approvals.reports.facts import Facts
from approvals.reports.measure import NO_DATA, STATUS_WORD, Measure
from approvals.reports.measures import measures_of
from approvals.reports.restated import restated
from approvals.reports.supporting import supporting
from approvals.reports.tables import rows_of, tables_of
from approvals.reports.tally import Tally, tally_of
from approvals.reports.verdict import verdict_of

SCHEMA = "oversight.report/1"
TITLE = "AI Operations Accountability Report"
DECIMALS = 4
PAGES = {"control": 1, "accountable": 2, "review": 3, "harm": 4, "cost": 5, "proof": 6}
"""The page on which each section begins; the template is built so that none overflows."""

Report = dict[str, Any]


def rounded(value: Any) -> Any:
    """The same structure with every float cut to a fixed number of decimals, so that bytes do not hang on the last bit."""
    if isinstance(value, float):
        return round(value, DECIMALS) + 0.0
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def canonical(value: dict[str, Any]) -> bytes:
    """RFC 8785 bytes."""
    return rfc8785.dumps(rounded(value))


def _measure(measure: Measure, page: dict[str, int]) -> dict[str, Any]:
    return {
        "id": measure.id,
        "name": measure.name,
        "value": measure.value,
        "text": measure.text,
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "interval": measure.interval,
        "limit": {"text": measure.limit, "low": measure.low, "high": measure.high},
        "status": measure.status,
        "status_word": STATUS_WORD[measure.status],
        "trend": measure.trend,
        "series": measure.series,
        "band": measure.band,
        "section": measure.section,
        "page": page[measure.section],
        "note": measure.note,
        "definition": DEFINED[measure.id],
    }


def _meta(facts: Facts, tally: Tally, generator: dict[str, Any]) -> dict[str, Any]:
    immature = facts.as_of < facts.period_end + MATURITY
    return {
        "organisation": facts.organisation,
        "title": f"{TITLE}, {facts.scope.name}" if facts.scope.of else TITLE,
        "classification": facts.classification,
        "scope": facts.scope.key,
        "scope_name": facts.scope.name,
        "period": facts.period,
        "period_name": tally.window.named(),
        "month": tally.window.name(),
        "changed": f"What changed in {tally.window.name() if tally.window.monthly else 'the period'}",
        "twelve": f"Twelve {tally.window.unit}s",
        "period_start": iso(facts.period_start),
        "period_end": iso(facts.period_end),
        "time_zone": "UTC",
        "cut_off": iso(facts.period_end + MATURITY),
        "as_of": iso(facts.as_of),
        "as_of_text": moment(facts.as_of),
        "edition": f"{facts.period}.{facts.edition}" + (" draft" if immature else ""),
        "immature": immature,
        "ledger_seq": facts.seq_limit,
        "policy_version": facts.policy_version,
        "policy_sha256": facts.policy_sha256,
        "policy_activated_at": iso(facts.policy_activated_at),
        "replayed": tally.now.replayed,
        "limits": asdict(facts.limits),
        "generator": generator,
    }


def _sections(facts: Facts, tally: Tally, page: dict[str, int]) -> list[dict[str, Any]]:
    leads = narrative.leads(facts, tally)
    titles = (
        ("accountable", "Who is accountable, and where is the line?"),
        ("review", "Is the human review real?"),
        ("harm", "Did the AI do harm?"),
        ("cost", "What could it cost us?"),
        ("proof", "Can we prove it?"),
    )
    return [{"id": id_, "page": page[id_], "title": title, "lead": asdict(leads[id_])} for id_, title in titles]


def _proof(facts: Facts) -> dict[str, Any]:
    words = {
        True: "Every entry recomputed; all held",
        False: "Verification failed",
        None: "Not recomputed for this report",
    }
    policy = "None in force" if facts.policy_version is None else f"Version {facts.policy_version}"
    return {
        "first": facts.first_seq,
        "last": facts.seq_limit,
        "root": facts.root,
        "verified": facts.verified,
        "entries_verified": facts.entries_verified,
        "rows": [
            ["Ledger entries", f"{facts.first_seq} to {facts.seq_limit}"],
            ["Verification", words[facts.verified]],
            ["Merkle root", facts.root],
            ["Policy", policy],
            ["Policy SHA-256", facts.policy_sha256 or "–"],
        ],
        "check": "Open the attachments of this PDF. report.json holds every figure, sentence and row shown here; proof.json holds "
        "the head of the ledger it was computed from. The same data and template give the same file, byte for byte.",
    }


def report_of(facts: Facts, generator: dict[str, Any] | None = None) -> Report:
    """The whole report. Reads `facts.decisions` once; equal facts give equal bytes."""
    tally = tally_of(facts)
    measures = measures_of(facts, tally)
    period = tally.window.named() if tally.window.monthly else f"the period {tally.window.named()}"
    restatements = restated(facts, tally, measures)
    tables = tables_of(facts, tally) | {
        "restatements": restatements,
        "duties": duties.duties(facts, measures, restated=bool(restatements["rows"])),
        "assured": duties.assured(facts, tally),
    }
    page = PAGES
    verdict = verdict_of(measures, facts, period)
    report = {
        "schema": SCHEMA,
        "meta": _meta(facts, tally, generator or {}),
        "verdict": {
            "colour": verdict.colour,
            "word": verdict.word,
            "head": {"rule": verdict.rule, "text": verdict.head},
            "lines": [asdict(line) for line in narrative.why(facts, tally, measures, period)],
            "notices": [asdict(line) for line in narrative.notices(facts, tally, restatements)],
        },
        "supporting": [asdict(line) for line in supporting(facts, tally)],
        "months": {"keys": tally.window.keys(), "labels": tally.window.labels()},
        "measures": [_measure(m, page) for m in measures],
        "asks": {"items": narrative.asks(facts), "none": "None. No decision is asked of the committee."},
        "changes": [asdict(line) for line in narrative.changes(facts, tally, measures)],
        "questions": [
            {"question": asked, "section": section, "page": page[section], **asdict(line)}
            for section, asked, line in narrative.questions(facts, tally)
        ],
        "sections": _sections(facts, tally, page),
        "pages": page,
        "charts": charts_of(tally, measures, tally.window.labels(), facts.limits.objective_pct),
        "tables": tables,
        "definitions": [list(pair) for pair in DEFINITIONS],
        "status_rules": [list(pair) for pair in STATUS_RULES],
        "not_measured": [{"id": m.id, "name": m.name, "why": m.note} for m in measures if m.status == NO_DATA],
        "limits_of_report": [*LIMITS_OF_THIS_REPORT, *narrative.not_measured(facts, measures)],
        "people": dict(facts.names),
        "proof": _proof(facts),
        "rows": {"total": tally.rows_total, "items": list(rows_of(tally, facts))},
    }
    result: Report = rounded(report)
    return result
