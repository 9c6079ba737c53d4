"""Record that a report was built: its files by hash, and the entry it counts up to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from decisions.envelope import Draft, timestamp
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind


def record_report(
    report_id: UUID,
    *,
    period: str,
    scope: str = "",
    edition: str,
    as_of: datetime,
    seq_limit: int,
    files: Mapping[str, Any],
    figures: Mapping[str, Mapping[str, str]],
    head: str,
) -> Recorded:
    """`files` is format → file name, SHA-256 and size; `figures` measure → as printed and its value; `head` the verdict sentence."""

    def decide(moment: Moment) -> list[Draft]:
        facts = {
            "kv": 2,
            "report": str(report_id),
            "period": period,
            "scope": scope,
            "edition": edition,
            "as_of": timestamp(as_of),
            "seq_limit": seq_limit,
            "figures": {name: dict(figure) for name, figure in figures.items()},
            "files": {name: dict(made) for name, made in files.items()},
        }
        return [Draft(Kind.REPORT_BUILT, "system", facts, {"report": {"head": head}})]

    return record(decide, principal="system")
