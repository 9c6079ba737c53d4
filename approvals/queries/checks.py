"""Full checks of the ledger: the one that runs, and what came of those that are over. It must not write."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from approvals.models import LedgerCheck
from approvals.models.checks import SILENT
from approvals.vocab import CheckResult
from decisions import lookup
from decisions.envelope import Entry, parse_time
from decisions.verify import FAULTS_SHOWN, Fault
from decisions.vocab import Kind

State = Literal["queued", "running", "clean", "faulty", "interrupted"]


@dataclass(frozen=True, slots=True)
class Check:
    """One full check as pages and the API show it."""

    id: UUID
    state: State
    by: UUID
    requested_at: datetime
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    done: int = 0
    total: int = 0
    facts: Mapping[str, Any] | None = None
    """What its entry says; None before it is over."""
    faults: tuple[Fault, ...] = ()
    unheard: bool = False
    """It waits for a process longer than it should: perhaps there is no worker."""
    seq: int | None = None
    """Its entry; None before it is over, and where the ledger could not take it."""

    @property
    def running(self) -> bool:
        return self.state in ("queued", "running")

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 0

    @property
    def seconds(self) -> float | None:
        ms = (self.facts or {}).get("ms")
        return None if ms is None else ms / 1000

    @property
    def many(self) -> bool:
        """Whether there may be more faults than are kept."""
        return len(self.faults) >= FAULTS_SHOWN


def open_now(now: datetime) -> Check | None:
    """The check that is not over yet, as it is at `now`; or the newest, where the ledger could not take what it found."""
    row = LedgerCheck.objects.order_by("over", "-requested_at").first()
    return of_row(row, now) if row is not None and row.seq is None else None


def recorded(most: int, before: int | None = None) -> list[Check]:
    """What came of the checks that the ledger has, the newest first."""
    return [_of_entry(entry) for entry in lookup.newest(Kind.LEDGER_CHECKED, most, before)]


def one(check_id: UUID, now: datetime) -> Check | None:
    row = LedgerCheck.objects.filter(id=check_id).first()
    return of_row(row, now) if row else None


def of_row(row: LedgerCheck, now: datetime) -> Check:
    """The check as it is at `now`: what its entry says of it, or how far it is."""
    if row.seq is not None and (entry := lookup.entry(row.seq)):
        return _of_entry(entry)
    if row.over:
        kept = row.unrecorded
        return _made(kept["facts"], kept["faults"], by=row.requested_by, ended_at=row.seen_at, seq=None)
    silent = row.begun_at is not None and row.seen_at < now - SILENT
    state: State = "interrupted" if silent else "running" if row.begun_at else "queued"
    return Check(
        id=row.id,
        state=state,
        by=row.requested_by,
        requested_at=row.requested_at,
        begun_at=row.begun_at,
        done=row.done,
        total=row.total,
        unheard=state == "queued" and row.requested_at < now - SILENT,
    )


def _of_entry(entry: Entry) -> Check:
    by = UUID(entry.actor.removeprefix("person:"))
    return _made(entry.facts, entry.disclosed.get("faults", ()), by=by, ended_at=entry.at, seq=entry.seq)


def _made(
    facts: Mapping[str, Any], faults: Iterable[Mapping[str, Any]], *, by: UUID, ended_at: datetime, seq: int | None
) -> Check:
    return Check(
        id=UUID(facts["check"]),
        state=CheckResult(facts["result"]).value,
        by=by,
        requested_at=parse_time(facts["requested"]),
        begun_at=parse_time(facts["begun"]) if facts["begun"] else None,
        ended_at=ended_at,
        done=facts["size"],
        total=facts["size"],
        facts=facts,
        faults=tuple(Fault(**fault) for fault in faults),
        seq=seq,
    )
