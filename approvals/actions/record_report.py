"""Record that a report was built: its files by hash, and the entry it counts up to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from decisions.envelope import Draft
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind


def record_report(
    report_id: UUID, *, period: str, edition: str, seq_limit: int, files: Mapping[str, Any], head: str
) -> Recorded:
    """`files` is format → file name, SHA-256 and size; `head` the verdict sentence."""

    def decide(moment: Moment) -> list[Draft]:
        facts = {
            "kv": 1,
            "report": str(report_id),
            "period": period,
            "edition": edition,
            "seq_limit": seq_limit,
            "files": {name: dict(made) for name, made in files.items()},
        }
        return [Draft(Kind.REPORT_BUILT, "system", facts, {"report": {"head": head}})]

    return record(decide, principal="system")
