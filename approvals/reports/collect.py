"""Facts from the database, with memory that does not grow with the number of decisions. It must not judge or count."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from approvals.models import PolicyVersion, Report, SignOffRecord, Verdict
from approvals.periods import WHOLE, Period, Scope, Window, as_of
from approvals.reports.earlier import earlier_editions
from approvals.reports.estate import Estate
from approvals.reports.facts import DecisionFact, Facts, FreezeFact
from approvals.reports.registers import board_facts
from decisions import inert, ledger
from decisions.envelope import open_leaf
from decisions.models import Agent, Decision, Freeze, Person, Service
from decisions.models.bulk import CHUNK
from decisions.models.ledger import EntryRow
from decisions.states import effective_state
from decisions.vocab import Kind, State

SLACK = timedelta(days=31)
"""How long before the first of the twelve periods a decision may have occurred that acted, or was judged, in one of them."""


@dataclass(frozen=True, slots=True)
class Names:
    """The register's words for the ids in the decisions; small, so read once."""

    people: Mapping[UUID, str]
    agents: Mapping[UUID, str]
    costs: Mapping[str, Decimal | None]
    used: dict[str, str] = field(default_factory=dict)
    """The names that were asked for so far, by pseudonym: a report carries them, for the ledger does not."""

    @classmethod
    def read(cls, people: Mapping[str, str] | None = None) -> "Names":
        """Those of the register; with `people`, what a report carries, in their place."""
        costs = Service.objects.values_list("slug", "cost_per_minute")
        known = dict(Person.objects.values_list("id", "name"))
        return cls(
            known if people is None else {UUID(id_): name for id_, name in people.items()},
            dict(Agent.objects.values_list("id", "slug")),
            {slug: Decimal(cost) if cost else None for slug, cost in costs},
        )

    def person(self, id_: UUID | None) -> str:
        """The name, or for one whose name was erased the start of the pseudonym."""
        if id_ is None:
            return ""
        name = self.people.get(id_)
        if not name:
            return f"person {str(id_)[:8]}"
        self.used[str(id_)] = name
        return name


@dataclass(frozen=True, slots=True)
class Said:
    """What people said of some decisions, by the decision's seq."""

    vetoed: Mapping[int, datetime]
    judged: Mapping[int, tuple[datetime, UUID]]

    @classmethod
    def of(cls, seqs: list[int]) -> "Said":
        vetoes = Verdict.objects.filter(decision_seq__in=seqs, verdict="veto").order_by("-seq")
        judged = SignOffRecord.objects.filter(decision_seq__in=seqs).order_by("seq")
        return cls(
            dict(vetoes.values_list("decision_seq", "at")),
            {seq: (at, person) for seq, at, person in judged.values_list("decision_seq", "at", "person_id")},
        )


def fact_of(row: Decision, names: Names, said: Said, as_of: datetime) -> DecisionFact:
    """`row` as reports draw it: whatever an agent named has its hidden characters written out."""
    state = effective_state(row, as_of)
    vetoed_at = said.vetoed.get(row.seq)
    verdict: Literal["", "approve", "veto"] = "veto" if vetoed_at else "approve" if row.decided_at else ""
    judged_at, judge = said.judged.get(row.seq, (None, None))
    return DecisionFact(
        id=str(row.id),
        title=inert.visible(row.title),
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        service=inert.visible(row.service),
        tier=row.tier,
        environment=inert.visible(row.environment),
        environment_class=row.environment_class,
        kind=inert.visible(row.kind),
        agent=names.agents.get(row.agent_id, "unknown agent"),
        risk=row.risk,
        reversible=row.reversible,
        state=str(state),
        outcome=row.outcome,
        outcome_observed=row.outcome_observed,
        level_ruled=row.level_ruled,
        level_used=row.level_used,
        beyond=row.beyond,
        owner_id=str(row.owner_id or ""),
        owner_name=names.person(row.owner_id),
        team=row.team,
        proposed=row.proposed,
        acted_at=row.occurred_at if row.level_used else row.ended_at,
        verdict=verdict,
        verdict_at=vetoed_at or row.decided_at,
        decided_by=str(row.decided_by or ""),
        decided_by_name=names.person(row.decided_by),
        hold_until=row.hold_until or row.claim_until,
        expired=state == State.EXPIRED,
        sign_off=row.sign_off,
        sign_off_due=row.sign_off_due,
        signed_off_at=judged_at,
        signed_off_by=names.person(judge),
        effect=row.effect,
        cause=row.cause,
        replayed=row.replayed,
        episode=inert.visible(row.episode),
        cost_per_minute=names.costs.get(row.service),
    )


def batches(rows: Iterable[Decision]) -> Iterator[list[Decision]]:
    held: list[Decision] = []
    for row in rows:
        held.append(row)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


def decision_facts(
    window: Window, estate: Estate, seq_limit: int, as_of: datetime, names: Names
) -> Iterator[DecisionFact]:
    """The decisions that any of the twelve periods may count, three queries a batch."""
    first, end = window.edges[0] - SLACK, window.edges[12]
    rows = (
        Decision.objects.filter(
            complete=True, seq__lte=seq_limit, occurred_at__gte=first, occurred_at__lt=end, **estate.rows
        )
        .defer("action", "account", "outcome_detail")
        .order_by("seq")
    )
    for some in batches(rows.iterator(chunk_size=CHUNK)):
        said = Said.of([row.seq for row in some])
        for row in some:
            yield fact_of(row, names, said, as_of)


def policy_of(period_end: datetime) -> PolicyVersion | None:
    """The version in force at the end of the period, or else the first one: imports are ruled by it."""
    versions = PolicyVersion.objects.defer("document")
    in_force = versions.filter(activated_at__lt=period_end).order_by("-version").first()
    return in_force or versions.order_by("version").first()


def complete_days(seq_limit: int, period_end: datetime, as_of: datetime) -> int | None:
    """Days from the first entry to the end of the period, or to now while it runs; None when the ledger began after it."""
    first = ledger.entry(0) if seq_limit >= 0 else None
    end = min(period_end, as_of)
    if first is None or first[0].at >= end:
        return None
    return (end - first[0].at).days


def _freezes(window: Window) -> tuple[FreezeFact, ...]:
    rows = Freeze.objects.filter(set_at__gte=window.edges[0], set_at__lt=window.edges[12]).order_by("seq")
    agents = {str(id_): slug for id_, slug in Agent.objects.values_list("id", "slug")}
    return tuple(
        FreezeFact(row.set_at, row.lifted_at, inert.visible(f"{row.scope} {agents.get(row.value, row.value)}".strip()))
        for row in rows
    )


def _refused(window: Window, estate: Estate, seq_limit: int) -> tuple[datetime, ...]:
    """When attempts were refused; in a part of the company those on its decisions, by what the entry names."""
    rows = EntryRow.objects.filter(
        kind=Kind.ATTEMPT_REFUSED, seq__lte=seq_limit, at__gte=window.edges[0], at__lt=window.edges[12]
    ).order_by("seq")
    if not estate.scope.of:
        return tuple(rows.values_list("at", flat=True))
    tried = [(at, open_leaf(bytes(body))["facts"]["subject"]) for at, body in rows.values_list("at", "body")]
    ours = estate.decisions({subject for _, subject in tried})
    return tuple(at for at, subject in tried if subject in ours)


def facts_of(
    organisation: str,
    period: Period,
    scope: Scope = WHOLE,
    *,
    now: datetime,
    verified: bool | None = None,
    people: Mapping[str, str] | None = None,
) -> Facts:
    """Facts up to the newest entry. `decisions` reads the database while it is consumed, so do both in one snapshot.

    `verified` is what the caller's recomputation of the ledger up to that entry found; None when there was none. `now`
    matters only for whether the period is over and mature: see `periods.as_of`. `people` is names by pseudonym, instead of those
    that the register has now.
    """
    head, names, estate = ledger.current(), Names.read(people), Estate.of(scope)
    window, period_end = Window.of(period.start, period.end), period.end
    seq_limit, as_at = head.size - 1, as_of(period, head.at, now)
    policy = policy_of(period_end)
    return Facts(
        organisation=organisation,
        period=period.key,
        period_start=period.start,
        period_end=period_end,
        as_of=as_at,
        seq_limit=seq_limit,
        root=bytes(head.root).hex(),
        decisions=decision_facts(window, estate, seq_limit, as_at, names),
        scope=scope,
        names=names.used,
        edition=Report.objects.filter(period=period.key, scope=scope.key).count() + 1,
        earlier=earlier_editions(period, scope, window),
        policy_version=policy.version if policy else None,
        policy_sha256=policy.sha256 if policy else "",
        policy_activated_at=policy.activated_at if policy else None,
        policy_activated_by=names.person(policy.activated_by) if policy else "",
        **board_facts(
            period_end,
            policy_version=policy.version if policy else None,
            person=names.person,
            agents=names.agents,
            estate=estate,
        ),
        refused_attempts=_refused(window, estate, seq_limit),
        freezes=_freezes(window),
        ledger_days=complete_days(seq_limit, period_end, as_at),
        verified=verified,
        entries_verified=head.size if verified else None,
    )
