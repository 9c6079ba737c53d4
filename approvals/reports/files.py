"""Where a report's files are, and which month a period is. Light: pages import it, and nothing that renders."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from approvals.models import Report
from approvals.queries.erasures import stale

TYPES = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
PICTURE = "png"
CHUNK = 64 * 1024


def folder(report_id: UUID) -> Path:
    return Path(settings.DATA_DIR) / "reports" / str(report_id)


def made_of(report: Report) -> dict[str, Any]:
    """format → what the ledger says of the file; empty for a draft that may repeat what was erased since."""
    return {} if stale(report) else dict(report.files)


def stored(report: Report, format_: str) -> Path | None:
    """The file of `report` in `format_`; None if it has none."""
    made = made_of(report).get(format_) if format_ in TYPES or format_ == PICTURE else None
    path = folder(report.id) / Path(made["file"]).name if made else None
    return path if path is not None and path.is_file() else None


def remove_stale() -> int:
    """Remove the files of drafts that may repeat what was erased since they were drawn; how many drafts lost theirs."""
    removed = 0
    for report in Report.objects.filter(state="draft"):
        if folder(report.id).exists() and stale(report):
            shutil.rmtree(folder(report.id))
            removed += 1
    return removed


def read_in_parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while part := source.read(CHUNK):
            yield part


def month(period: str) -> tuple[datetime, datetime]:
    """[start, end) of a month such as 2026-10, in UTC."""
    year, number = (int(part) for part in period.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)
