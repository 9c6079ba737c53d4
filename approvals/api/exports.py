"""Decisions as files, written page by page. It must not hold more than one page, nor let a cell be read as a formula."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Protocol

from approvals.api.representation import represent
from approvals.reports.rows_csv import cell
from decisions import register
from decisions.lists import Asked, pages

PAGE = 500
Json = dict[str, Any]


class Writer(Protocol):
    def __call__(self, asked: Asked, now: datetime, *, account: bool) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Form:
    """One format of an export."""

    suffix: str
    media: str
    write: Writer


def _bodies(asked: Asked, now: datetime, *, account: bool) -> Iterator[Iterable[Json]]:
    for found in pages(asked, PAGE):
        known = register.latest()
        yield [represent(row, now, account=account, known=known) for row in found]


def json_lines(asked: Asked, now: datetime, *, account: bool) -> Iterator[bytes]:
    for bodies in _bodies(asked, now, account=account):
        lines = (json.dumps(body, ensure_ascii=False, separators=(",", ":")) for body in bodies)
        yield ("\n".join(lines) + "\n").encode()


def _plain(*names: str) -> dict[str, Callable[[Json], Any]]:
    return {name: itemgetter(name) for name in names}


COLUMNS: dict[str, Callable[[Json], Any]] = {
    **_plain(
        "id", "seq", "version", "occurred_at", "received_at", "ended_at", "agent", "agent_ref", "episode", "title"
    ),
    **_plain("kind"),
    "service": lambda body: body["target"]["service"],
    "environment": lambda body: body["target"]["environment"],
    "resource": lambda body: body["target"]["resource"],
    **_plain("environment_class", "tier", "risk", "reversible", "level_ruled", "level_used", "beyond", "rule"),
    **_plain("policy_version", "state", "owner", "deputy", "decided_by", "decided_at", "effect", "cause", "proposed"),
    **_plain("replayed", "action_hash"),
    "outcome": lambda body: (body["outcome"] or {}).get("status"),
    "outcome_observed": lambda body: (body["outcome"] or {}).get("observed"),
    "sign_off": lambda body: body["sign_off"]["status"],
    "sign_off_due": lambda body: body["sign_off"]["due"],
    "parameters": lambda body: _json((body.get("action") or {}).get("parameters")),
    "rationale": lambda body: body.get("account", {}).get("rationale"),
    "confidence": lambda body: body.get("account", {}).get("confidence"),
}
"""Column → how it is read from a decision's representation; empty where the reader may not see it."""


def _json(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None


def comma_separated(asked: Asked, now: datetime, *, account: bool) -> Iterator[bytes]:
    """UTF-8 with a header line, CRLF, and times in RFC 3339 UTC."""
    yield _lines([list(COLUMNS)])
    for bodies in _bodies(asked, now, account=account):
        yield _lines([cell(read(body)) for read in COLUMNS.values()] for body in bodies)


def _lines(rows: Iterable[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


CSV = Form("csv", "text/csv; charset=utf-8", comma_separated)
JSON_LINES = Form("jsonl", "application/jsonl", json_lines)
