"""What was recorded of decisions one after the other, as far as reports ask when and by whom. It must not judge or count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from approvals.models import SignOffRecord, Verdict
from approvals.reports.facts import Lease
from decisions import ledger
from decisions.envelope import Entry, parse_time
from decisions.models import Decision, Timeline
from decisions.vocab import TURNED, Kind, Level, State

ENDS = (Kind.DECISION_EXPIRED, Kind.DECISION_WITHDRAWN)
TELLING = (Kind.ACTION_REPORTED, Kind.OUTCOME_REPORTED, Kind.REVERT_FINISHED)
"""What may say that another action was done."""


@dataclass(slots=True)
class Steps:
    """What was recorded of one decision, as far as reports ask when and by whom."""

    claimed_at: datetime | None = None
    released_seq: int | None = None
    released_at: datetime | None = None
    approved_at: datetime | None = None
    approved_by: UUID | None = None
    vetoed_at: datetime | None = None
    vetoed_by: UUID | None = None
    ended_at: list[datetime] = field(default_factory=list)
    judged_at: datetime | None = None
    judged_by: UUID | None = None
    undone_at: datetime | None = None
    otherwise: bool = False

    def take(self, seq: int, kind: str, state: str, at: datetime, *, approved_by: UUID | None) -> None:
        """The next step, in the order of the ledger."""
        if self.claimed_at is not None and self.released_seq is None and state != State.EXECUTING:
            self.released_seq, self.released_at = seq, at
        if kind == Kind.CLAIM_GRANTED:
            self.claimed_at = at
        elif approved_by is not None:
            self.approved_at, self.approved_by = at, approved_by
        elif kind in ENDS and self.approved_at is not None:
            self.ended_at.append(at)
        vetoed = kind == Kind.VERDICT_GIVEN and state in (State.EXECUTING, State.REVERT_ORDERED)
        if vetoed or kind == Kind.REVERT_ORDERED:
            self.undo(at)

    def undo(self, at: datetime) -> None:
        self.undone_at = at if self.undone_at is None else min(self.undone_at, at)

    def lease(self, row: Decision) -> Lease | None:
        return Lease(row.basis, row.lease_seq, self.released_seq, self.released_at) if row.lease_seq else None

    def approval_over_at(self, row: Decision) -> datetime | None:
        """From when on the approval of `row` permitted nothing any more. A claim uses it up: then a veto alone ends it."""
        ends = [self.vetoed_at, *([row.claim_until, *self.ended_at] if self.claimed_at is None else [])]
        return min((at for at in ends if at is not None), default=None)


def steps_of(rows: list[Decision]) -> Mapping[int, Steps]:
    """By the decision's seq, in three queries, and more where something was undone, or was permitted otherwise."""
    steps = {row.seq: Steps() for row in rows}
    people: dict[int, UUID] = {}
    # Of what was only reported the row says it all: its history is not read.
    asked = [row.seq for row in rows if row.proposed or row.to_revert or row.state in TURNED]
    verdicts = Verdict.objects.filter(decision_seq__in=asked).order_by("seq")
    for seq, of, verdict, at, person in verdicts.values_list("seq", "decision_seq", "verdict", "at", "person_id"):
        people[seq] = person
        if verdict == "veto":
            steps[of].vetoed_at, steps[of].vetoed_by = at, person
    told = Timeline.objects.filter(decision_seq__in=asked).order_by("seq")
    finished: dict[int, int] = {}
    for seq, of, kind, state, at in told.values_list("seq", "decision_seq", "kind", "state", "at"):
        # The verdict after which it was permitted is the one that its quorum needed last.
        steps[of].take(seq, kind, state, at, approved_by=people.get(seq) if state == State.AUTHORIZED else None)
        if kind == Kind.REVERT_FINISHED:
            finished[seq] = of
    for entry in ledger.entries_of(finished):
        steps[finished[entry.seq]].undo(told_for(entry))
    judged = SignOffRecord.objects.filter(decision_seq__in=[row.seq for row in rows if row.effect]).order_by("seq")
    for of, at, person in judged.values_list("decision_seq", "at", "person_id"):
        steps[of].judged_at, steps[of].judged_by = at, person
    # What contradicts what was approved is an act that nobody permitted: it is at L4.
    doubtful = [row.seq for row in rows if row.level_used == Level.L4 and steps[row.seq].approved_at is not None]
    for of in _acted_otherwise(doubtful):
        steps[of].otherwise = True
    return steps


def told_for(entry: Entry) -> datetime:
    """The time that an entry states, else that at which it was recorded."""
    stated = entry.facts.get("occurred")
    return parse_time(stated) if stated else entry.at


def _acted_otherwise(seqs: list[int]) -> Iterator[int]:
    """Those of the decisions of which another action was told than the one that was asked for."""
    if seqs:
        told = Timeline.objects.filter(decision_seq__in=seqs, kind__in=TELLING)
        of = dict(told.values_list("seq", "decision_seq"))
        yield from (of[entry.seq] for entry in ledger.entries_of(of) if entry.facts.get("otherwise"))
