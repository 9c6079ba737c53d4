"""Decisions that are alike in all that is counted, put together by the database, so that only the others are read one by one.

It must not judge or count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Value, When

from approvals.periods import Window
from approvals.reports.counting import NEVER_RAN
from approvals.reports.facts import Asked, DecisionFact, Mandate
from approvals.reports.names import Names
from approvals.reports.plain import mark, plain, segment, with_story
from decisions import inert
from decisions.models import Decision
from decisions.models.bulk import by_hash
from decisions.vocab import Effect, Level, Outcome, Risk, State

SLACK = timedelta(days=31)
"""How long before the first of the twelve periods a decision may have occurred that acted, or was judged, in one of them."""
WORDS = ("service", "kind", "risk", "outcome", "level_ruled", "level_used", "sign_off", "effect", "cause", "verdict")
MARKS = ("tier", "reversible", "outcome_observed", "beyond", "replayed", "proposed")
KEYS = (*WORDS, *MARKS, "effective", "agent_id", "owner_id", "first", "said")
"""What the measures, tables and charts ask for of what is plain."""
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

    def span(self) -> Q:
        """When those occurred that may be alike."""
        return Q(occurred_at__gte=self.window.edges[0] - SLACK, occurred_at__lt=self.window.edges[12])

    def standing_out(self) -> "QuerySet[Decision]":
        """What has to be looked at one by one: what has more of a story than its row tells."""
        return self.rows.filter(self.span()).alias(plain=mark(plain(self.names.incidents))).filter(plain=False)

    def groups(self) -> Iterator[tuple[DecisionFact, int]]:
        """The last of each sort, as far as it is counted by, and how many there are. None of a sort begins in another segment."""
        due = mark(Q(sign_off_due__lte=self.as_of))
        name = Case(When(TOLD_OF & self._begun(), then=F("title")), default=Value(""))
        sorts = self._plain().order_by().values(*KEYS, segment=segment("began", self._cuts()), due=due, name=name)
        for row in _together(sorts.annotate(n=Count("seq"), at=Max("began"), word_at=Max("decided_at"))):
            yield self._fact(row), row["n"]

    def asked(self) -> Iterator[tuple[Asked, int]]:
        """When people were asked, and what they said: in the report's own period each by itself, before it by periods."""
        edges = self.window.edges
        own = {name: Case(When(said=True, then=F(name))) for name in ("received_at", "decided_at", "decided_by")}
        sorts = (
            self._plain()
            .filter(proposed=True)
            .order_by()
            .values(
                "verdict",
                **{f"own_{name}": value for name, value in own.items()},
                came=segment("received_at", edges),
                lapsed=segment("lapsed_at", edges),
                word=segment("decided_at", edges),
            )
        )
        found = sorts.annotate(
            n=Count("seq"), came_at=Max("received_at"), over_at=Max("lapsed_at"), word_at=Max("decided_at")
        )
        for row in _together(found):
            by = self.names.person(row["own_decided_by"])
            yield Asked(row["came_at"], row["over_at"], row["verdict"], row["word_at"], by), row["n"]

    def listed(self) -> "Iterator[QuerySet[Decision]]":
        """Those of the report's own period, in the order of the ledger: first what speaks against a measure, then the rest."""
        vetoed = Q(said=True, verdict="veto")
        last = self._plain().filter(self._begun() | Q(said=True))
        for wanted in (True, False):
            against = mark((self._begun() & RAN & self._miss()) | vetoed)
            yield last.alias(against=against).filter(against=wanted).order_by("seq")

    def _plain(self) -> "QuerySet[Any]":
        mine = Q(decided_at__gte=self.window.edges[11], decided_at__lt=self.window.edges[12], proposed=True)
        rows = self.rows.filter(self.span(), plain(self.names.incidents))
        told: QuerySet[Any] = with_story(rows, self.as_of).annotate(said=mark(mine))
        return told

    def _begun(self) -> Q:
        return Q(began__gte=self.window.edges[11], began__lt=self.window.edges[12])

    def _cuts(self) -> list[datetime]:
        """Where what is said of an act may change with the time at which it began."""
        edges = self.window.edges
        found = set(edges)
        for one in self.mandates:
            found |= {at for at in (*_days(one), one.signed_at) if at is not None}
        return sorted(at for at in found if edges[0] <= at <= edges[12])

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
        unread = Q(first=False) & (Q(risk=Risk.HIGH) | Q(reversible=False) | ~covered)
        return WRONG | Q(owner_id__isnull=True) | unread

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
            state=row["effective"],
            owner_id=str(owner or ""),
            owner_name=self.names.person(owner),
            # Of each sort all were approved before they began, or none was: so were the last of both.
            verdict_at=row["word_at"],
            sign_off_due=self.as_of if row["due"] else None,
            **shown,
        )


def _together(sorts: "QuerySet[Any, dict[str, Any]]") -> Iterator[dict[str, Any]]:
    rows = sorts.iterator()
    with by_hash():
        # The first asks for all.
        first = next(rows, None)
    if first is not None:
        yield first
        yield from rows


def _days(one: Mandate) -> tuple[datetime, datetime]:
    """The instants at which its first day begins and its last one is over."""
    first, last = (datetime.combine(at, time(), UTC) for at in (one.starts_on, one.ends_on))
    return first, last + timedelta(days=1)
