"""Where a report's files are, and how long they stay. Light: pages import it, and nothing that renders."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from approvals.models import Report
from approvals.queries.erasures import stale
from approvals.queries.legal_holds import in_force
from approvals.vocab import REPORT_PAGES, ReportState

TYPES = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
PICTURES = tuple(f"page-{page}" for page in REPORT_PAGES)
CHUNK = 64 * 1024
DRAFTS_KEPT = timedelta(days=90)
"""How long the files of a draft stay that a later edition replaced."""


def folder(report_id: UUID) -> Path:
    return Path(settings.DATA_DIR) / "reports" / str(report_id)


def made_of(report: Report) -> dict[str, Any]:
    """format → what the ledger says of the file; empty for one that may repeat what was erased since."""
    return {} if stale(report) else dict(report.files)


def stored(report: Report, format_: str) -> Path | None:
    """The file of `report` in `format_`; None if it has none."""
    made = made_of(report).get(format_) if format_ in TYPES or format_ in PICTURES else None
    path = folder(report.id) / Path(made["file"]).name if made else None
    return path if path is not None and path.is_file() else None


def remove_stale() -> int:
    """Remove the files of what is not issued and may repeat what was erased since it was drawn; how many lost theirs."""
    removed = 0
    for report in Report.objects.exclude(state=ReportState.ISSUED):
        if folder(report.id).exists() and stale(report):
            shutil.rmtree(folder(report.id))
            removed += 1
    return removed


def remove_old(now: datetime) -> int:
    """Remove the files that nobody needs any more; how many editions lost theirs. What the ledger says of them stays.

    Those are of drafts that a later edition replaced, and of issued ones whose time is over. Under a legal hold all stay.
    """
    if in_force():
        return 0
    later = Report.objects.filter(period=OuterRef("period"), scope=OuterRef("scope"), seq__gt=OuterRef("seq"))
    replaced = Q(built_at__lt=now - DRAFTS_KEPT) & ~Q(state=ReportState.ISSUED) & Exists(later)
    over = Q(state=ReportState.ISSUED, issued_at__lt=now - issued_kept())
    removed = 0
    for report in Report.objects.filter(replaced | over):
        if folder(report.id).exists():
            shutil.rmtree(folder(report.id))
            removed += 1
    return removed


def issued_kept() -> timedelta:
    """How long the files of an issued edition stay."""
    return timedelta(days=round(365.25 * settings.REPORTS_KEPT_YEARS))


def read_in_parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while part := source.read(CHUNK):
            yield part
