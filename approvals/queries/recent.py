"""What one agent did, or what was done to one service, in the last days: counted over a bounded number of decisions.

An agent may have millions. The newest are followed by the index of whose they are, at most so many; where there were more, the window
begins later than was asked for, and says so. It must not write.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from approvals.queries.outcomes import Went, went
from decisions import ledger, spans
from decisions.models import Decision
from decisions.states import with_effective_state
from decisions.vocab import Basis, SignOff, State

MOST = 10_000
"""How many decisions are counted at most: what a database counts in some hundredths of a second."""
KINDS = 12
"""How many sorts of acts are named, the most frequent first."""
GROUPED = ("state", "level_used", "outcome", "basis", "sign_off", "proposed", "beyond")


@dataclass(frozen=True, slots=True)
class Whose:
    """An agent by its id, or a service by its name."""

    field: str
    value: UUID | str
    named: str
    """What the list's filter calls it."""

    @property
    def filters(self) -> dict[str, str]:
        return {"agent" if self.field == "agent_id" else "service": self.named}

    def rows(self) -> "QuerySet[Decision]":
        return Decision.rows.filter(**{self.field: self.value})


@dataclass(frozen=True, slots=True)
class Recent:
    """The decisions that are counted: those that occurred from `start` on, and lie at `first` or later in the ledger."""

    whose: Whose
    days: int
    start: datetime
    now: datetime
    first: int
    whole: bool
    """False where there were more than are counted: `start` is then later than asked for."""

    def rows(self) -> "QuerySet[Decision]":
        effective = with_effective_state(Decision.objects.filter(**{self.whose.field: self.whose.value}), self.now)
        return effective.filter(seq__gte=self.first, occurred_at__gte=self.start, complete=True)


def recent(whose: Whose, days: int, now: datetime) -> Recent:
    start = now - timedelta(days=days)
    # What is told before it occurs lies a little further back; of what is told after it nothing does.
    first = ledger.seq_at(start - spans.ASIDE - spans.MARGIN)
    newest = whose.rows().filter(seq__gte=first).order_by("-seq")
    cut = next(iter(newest.values_list("seq", "received_at")[MOST - 1 : MOST]), None)
    if cut is None:
        return Recent(whose, days, start, now, first, whole=True)
    return Recent(whose, days, max(start, cut[1]), now, cut[0], whole=False)


@dataclass(slots=True)
class Counts:
    """What is counted, and by levels in each stretch of the window."""

    total: int = 0
    states: Counter[State] = field(default_factory=Counter)
    acts: int = 0
    levels: list[Counter[str]] = field(default_factory=list)
    worked: int = 0
    went_wrong: int = 0
    undone: int = 0
    refused: int = 0
    """Of those that worked, what a person refused afterwards."""
    proposed: int = 0
    approved: int = 0
    owed: int = 0
    refused_in_all: int = 0
    beyond: int = 0

    @property
    def known(self) -> int:
        """How many acts have an outcome that says whether they worked."""
        return self.worked + self.went_wrong + self.undone + self.refused


def counts(found: Recent, edges: "Iterable[datetime]" = ()) -> Counts:
    """The counts of `found`; levels by the stretches that begin at `edges`."""
    begins = list(edges)
    made = Counts(levels=[Counter() for _ in begins])
    for row, n in _groups(found, begins):
        _add(made, row, n)
    return made


def _groups(found: Recent, begins: list[datetime]) -> "Iterable[tuple[Mapping[str, Any], int]]":
    later = [When(occurred_at__gte=at, then=Value(place)) for place, at in reversed(list(enumerate(begins)))]
    stretch = Case(*later, default=Value(0), output_field=IntegerField())
    names = [name for name in GROUPED if name != "state"]
    rows: Any = found.rows().order_by().values("effective", *names, stretch=stretch)
    for row in rows.annotate(n=Count("seq")):
        yield row, row["n"]


def _add(made: Counts, row: Mapping[str, Any], n: int) -> None:
    state, outcome, used = State(row["effective"]), row["outcome"], row["level_used"]
    made.total += n
    made.states[state] += n
    made.proposed += n * row["proposed"]
    made.approved += n * (row["basis"] in (Basis.QUORUM, Basis.BREAK_GLASS))
    made.owed += n * (row["sign_off"] == SignOff.REQUIRED)
    made.refused_in_all += n * (row["sign_off"] == SignOff.REFUSED)
    made.beyond += n * row["beyond"]
    if used:
        made.acts += n
        if made.levels:
            made.levels[row["stretch"]][used] += n
    how = went(state, outcome, row["sign_off"])
    made.worked += n * (how is Went.WORKED)
    made.went_wrong += n * (how is Went.WRONG)
    made.undone += n * (how is Went.UNDONE)
    made.refused += n * (how is Went.REFUSED)


def sorts(found: Recent) -> list[dict[str, Any]]:
    """What was done most: kind, service, tier, environment, and how often; at most so many sorts."""
    rows: Any = found.rows().order_by().values("kind", "service", "tier", "environment_class")
    return list(rows.annotate(n=Count("seq")).order_by("-n", "kind", "service")[:KINDS])


def agents(found: Recent) -> list[tuple[UUID, int]]:
    """Who did it, the most first: (agent, how often)."""
    rows: Any = found.rows().order_by().values_list("agent_id").annotate(n=Count("seq"))
    return list(rows.order_by("-n", "agent_id")[:KINDS])


def latest(whose: Whose, most: int) -> list[Decision]:
    """The newest decisions, whenever they were."""
    rows = Decision.objects.filter(Q(**{whose.field: whose.value}), complete=True)
    return list(rows.order_by(F("seq").desc())[:most])
