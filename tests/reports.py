"""Editions of reports as the tests need them, recorded without rendering what no test looks at."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from approvals.actions.record_report import record_report
from approvals.models import Report
from approvals.periods import Period
from approvals.reports.files import TYPES, folder
from decisions import ledger

FIGURES = {
    "M1": {"text": "98.4%", "value": "98.3607", "status": "outside"},
    "M6": {"text": "No data", "value": "", "status": "no_data"},
}


def edition(
    id_: uuid.UUID | None = None,
    *,
    period: str = "2026-10",
    scope: str = "",
    n: int = 1,
    as_of: datetime | None = None,
    seq_limit: int | None = None,
    files: Mapping[str, Any] | None = None,
    figures: Mapping[str, Mapping[str, str]] | None = None,
    head: str = "All is well.",
) -> Report:
    """A recorded edition; unless told otherwise mature, and with files in name only."""
    named = {format_: {"file": f"report.{format_}", "sha256": "00" * 32, "size": 7} for format_ in TYPES}
    report = id_ or uuid.uuid4()
    record_report(
        report,
        period=period,
        scope=scope,
        edition=f"{period}.{n}",
        as_of=as_of or Period.read(period).matures,
        seq_limit=ledger.size() - 1 if seq_limit is None else seq_limit,
        files=named if files is None else files,
        figures=FIGURES if figures is None else figures,
        head=head,
    )
    return Report.objects.get(id=report)


def place(report: uuid.UUID) -> Path:
    """The folder of its files, made."""
    made = folder(report)
    made.mkdir(parents=True)
    return made
