"""Where a report's files are, and which month a period is. Light: pages import it, and nothing that renders."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings


def folder(report_id: UUID) -> Path:
    return Path(settings.DATA_DIR) / "reports" / str(report_id)


def month(period: str) -> tuple[datetime, datetime]:
    """[start, end) of a month such as 2026-10, in UTC."""
    year, number = (int(part) for part in period.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)  # noqa: PLR2004 - December
    return datetime(year, number, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)
