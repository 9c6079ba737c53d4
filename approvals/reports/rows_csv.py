"""The decisions of the month as CSV. It must not let a cell be read as a formula."""

import csv
import io
import json
from typing import Any

from decisions import inert

COLUMNS = (
    "id", "began_at", "received_at", "title", "service", "tier", "environment", "kind", "agent", "risk", "reversible",
    "level_ruled", "level_used", "beyond", "owner", "team", "state", "outcome", "observed", "proposed", "verdict",
    "verdict_at", "decided_by", "sign_off", "sign_off_due", "signed_off_at", "signed_off_by", "overdue", "effect", "cause",
    "episode", "replayed", "counted", "against",
)  # fmt: skip
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """What a spreadsheet or a terminal shows as text, whatever it begins with or hides."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value)
    text = str(value)
    # Asked of what was sent: a tab that is written out has begun a formula all the same.
    return "'" * text.startswith(DANGEROUS) + inert.visible(text)


def render(dataset: bytes) -> bytes:
    """UTF-8 with a header line; times are RFC 3339 UTC."""
    report: dict[str, Any] = json.loads(dataset)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in report["rows"]["items"]:
        writer.writerow([cell(row[column]) for column in COLUMNS])
    return out.getvalue().encode()
