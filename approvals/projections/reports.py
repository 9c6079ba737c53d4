"""Reports from the entries that say they were built."""

from collections.abc import Sequence
from uuid import UUID

from approvals.models import Report
from decisions.envelope import Entry
from decisions.vocab import Kind

KINDS = (Kind.REPORT_BUILT,)


def apply(entries: Sequence[Entry]) -> None:
    Report.objects.bulk_create(
        Report(
            id=UUID(entry.facts["report"]),
            seq=entry.seq,
            period=entry.facts["period"],
            edition=entry.facts["edition"],
            state="draft",
            seq_limit=entry.facts["seq_limit"],
            head=entry.disclosed.get("report", {}).get("head", ""),
            files=entry.facts["files"],
            built_at=entry.at,
        )
        for entry in entries
    )
