"""Decisions that are alike in all that is counted, put together by the database, so that only the others are read one by one.

Alike are those that were only reported, and of which nothing is to be told but how many there are. It must not judge or count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Count, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from approvals.periods import Window
from approvals.reports.counting import NEVER_RAN
from approvals.reports.facts import DecisionFact, Mandate
from approvals.reports.names import Names
from decisions import inert
from decisions.models import Decision
from decisions.vocab import TURNED, Effect, Level, Outcome, Risk, State

WORDS = ("service", "kind", "risk", "state", "outcome", "level_ruled", "level_used", "sign_off", "effect", "cause")
MARKS = ("tier", "reversible", "outcome_observed", "beyond", "replayed")
KEYS = (*WORDS, *MARKS, "agent_id", "owner_id")
"""The columns that the measures, tables and charts ask for of what was only reported."""
WRONG = Q(outcome__in=[Outcome.FAILED, Outcome.PARTIAL]) | Q(beyond=True) | Q(effect=Effect.HARMED)
TOLD_OF = WRONG | Q(outcome=Outcome.UNKNOWN) | Q(state=State.UNKNOWN)
"""What the page lists by title, repeats together."""
RAN = (
    ~Q(level_used=Level.L0)
    & ~Q(outcome=Outcome.NOT_EXECUTED)
    & (~Q(outcome="") | ~Q(level_used="") | ~Q(state__in=list(NEVER_RAN)))
)


@dataclass(frozen=True, slots=True)
class Alike:
    """The decisions of one report, of `rows`, that stand out and those that are alike."""

    rows: "QuerySet[Decision]"
    window: Window
    mandates: Sequence[Mandate]
    names: Names
    as_of: datetime

    def standing_out(self) -> "QuerySet[Decision]":
        """What has to be looked at one by one: proposals, what was vetoed or undone, and what an incident names."""
        return self.rows.filter(self._out())

    def groups(self) -> Iterator[tuple[DecisionFact, int]]:
        """The last of each sort, as far as it is counted by, and how many there are. None of a sort begins in another segment."""
        cuts = self._cuts()
        segment = Case(*[When(began__lt=at, then=Value(n)) for n, at in enumerate(cuts)], default=Value(len(cuts)))
        due = Case(When(sign_off_due__lte=self.as_of, then=True), default=False, output_field=BooleanField())
        told_of = TOLD_OF & Q(began__gte=self.window.edges[11])
        name = Case(When(told_of, then=F("title")), default=Value(""))
        sorts = self._alike().order_by().values(*KEYS, segment=segment, due=due, name=name)
        for row in sorts.annotate(n=Count("seq"), at=Max("began")).iterator():
            yield self._fact(row), row["n"]

    def listed(self) -> "Iterator[QuerySet[Decision]]":
        """Those of the report's own period, in the order of the ledger: first what speaks against a measure, then the rest."""
        last = self._alike().filter(began__gte=self.window.edges[11])
        against = Case(When(RAN & self._miss(), then=True), default=False, output_field=BooleanField())
        for wanted in (True, False):
            yield last.alias(against=against).filter(against=wanted).order_by("seq")

    def _begun(self) -> "QuerySet[Any]":
        return self.rows.alias(began=Coalesce("acted_at", "ended_at", "occurred_at"))

    def _out(self) -> Q:
        turned = Q(to_revert=True) | Q(state__in=list(TURNED)) | Q(id__in=list(self.names.incidents))
        return Q(proposed=True) | turned

    def _alike(self) -> "QuerySet[Any]":
        begin, end = self.window.edges[0], self.window.edges[12]
        # What was only reported occurred when it began: by that the index finds it.
        span: QuerySet[Any] = self._begun().filter(
            occurred_at__gte=begin, occurred_at__lt=end, began__gte=begin, began__lt=end
        )
        return span.filter(~self._out())

    def _cuts(self) -> list[datetime]:
        """Where what is said of an act may change with the time at which it began."""
        found = set(self.window.edges[1:12])
        for one in self.mandates:
            found |= {at for at in (*_days(one), one.signed_at) if at is not None}
        return sorted(at for at in found if self.window.edges[0] < at < self.window.edges[12])

    def _miss(self) -> Q:
        """What makes one that ran a case against a measure."""
        covered = Q(pk__in=[])
        ids = {slug: id_ for id_, slug in self.names.agents.items()}
        for one in self.mandates:
            first, end = _days(one)
            of = Q(level_used__lte=one.level, began__gte=first, began__lt=end)
            if one.signed_at is not None:
                of &= Q(replayed=True) | Q(began__gte=one.signed_at)
            if one.agent:
                of &= Q(agent_id=ids[one.agent]) if one.agent in ids else Q(pk__in=[])
            for name in ("service", "kind"):
                of &= Q(**{name: getattr(one, name)}) if getattr(one, name) else Q()
            covered |= of
        return WRONG | Q(owner_id__isnull=True) | Q(risk=Risk.HIGH) | Q(reversible=False) | ~covered

    def _fact(self, row: Mapping[str, Any]) -> DecisionFact:
        shown = {name: row[name] for name in (*WORDS, *MARKS)}
        shown |= {name: inert.visible(str(row[name])) for name in ("service", "kind")}
        owner, at = row["owner_id"], row["at"]
        return DecisionFact(
            id="",
            title=inert.visible(row["name"]),
            occurred_at=at,
            received_at=at,
            environment="",
            environment_class="",
            agent=self.names.agents.get(row["agent_id"], "unknown agent"),
            owner_id=str(owner or ""),
            owner_name=self.names.person(owner),
            sign_off_due=self.as_of if row["due"] else None,
            **shown,
        )


def _days(one: Mandate) -> tuple[datetime, datetime]:
    """The instants at which its first day begins and its last one is over."""
    first, last = (datetime.combine(at, time(), UTC) for at in (one.starts_on, one.ends_on))
    return first, last + timedelta(days=1)
