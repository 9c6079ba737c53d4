"""Facts from the database, with memory that does not grow with the number of decisions. It must not judge or count."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db.models import Q

from approvals.models import PolicyVersion, Report, SignOffRecord, Verdict
from approvals.periods import WHOLE, Period, Scope, Window, as_of
from approvals.reports.earlier import earlier_editions
from approvals.reports.estate import Estate
from approvals.reports.facts import DecisionFact, Facts, FreezeFact, Lease
from approvals.reports.registers import board_facts, incidents_of
from decisions import inert, ledger
from decisions.envelope import Entry, open_leaf, parse_time
from decisions.models import Agent, Decision, Freeze, Person, Service, Timeline
from decisions.models.bulk import CHUNK
from decisions.models.ledger import EntryRow
from decisions.states import effective_state
from decisions.vocab import FreezeScope, Kind, Level, State

SLACK = timedelta(days=31)
"""How long before the first of the twelve periods a decision may have occurred that acted, or was judged, in one of them."""


@dataclass(frozen=True, slots=True)
class Names:
    """The register's words for the ids in the decisions, and the incidents that name them; small, so read once."""

    people: Mapping[UUID, str]
    agents: Mapping[UUID, str]
    costs: Mapping[str, Decimal | None]
    incidents: Mapping[str, tuple[datetime, bool]]
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
            incidents_of(),
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


ENDS = (Kind.DECISION_EXPIRED, Kind.DECISION_WITHDRAWN)
TURNED = frozenset(
    {State.REVERT_ORDERED, State.REVERTING, State.REVERT_FAILED, State.REVERTED, State.REVERT_FAILED_ACK}
)
"""The states of what was undone, or is to be."""
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
    verdicts = Verdict.objects.filter(decision_seq__in=steps).order_by("seq")
    for seq, of, verdict, at, person in verdicts.values_list("seq", "decision_seq", "verdict", "at", "person_id"):
        people[seq] = person
        if verdict == "veto":
            steps[of].vetoed_at, steps[of].vetoed_by = at, person
    # Of what was only reported the row says it all: its history is not read.
    asked = [row.seq for row in rows if row.proposed or row.to_revert or row.state in TURNED]
    told = Timeline.objects.filter(decision_seq__in=asked).order_by("seq")
    finished: dict[int, int] = {}
    for seq, of, kind, state, at in told.values_list("seq", "decision_seq", "kind", "state", "at"):
        # The verdict after which it was permitted is the one that its quorum needed last.
        steps[of].take(seq, kind, state, at, approved_by=people.get(seq) if state == State.AUTHORIZED else None)
        if kind == Kind.REVERT_FINISHED:
            finished[seq] = of
    for entry in ledger.entries_of(finished):
        steps[finished[entry.seq]].undo(told_for(entry))
    judged = SignOffRecord.objects.filter(decision_seq__in=steps).order_by("seq")
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


def fact_of(row: Decision, names: Names, steps: Steps, as_of: datetime) -> DecisionFact:
    """`row` as reports draw it: whatever an agent named has its hidden characters written out."""
    state = effective_state(row, as_of)
    vetoed = steps.vetoed_at is not None
    verdict: Literal["", "approve", "veto"] = "veto" if vetoed else "approve" if row.decided_at else ""
    decided_by = steps.vetoed_by if vetoed else row.decided_by
    incident_at, harmful = names.incidents.get(str(row.id), (None, False))
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
        # What was claimed and not reported with a time began with its claim at the earliest.
        acted_at=row.acted_at or steps.claimed_at or row.ended_at,
        verdict=verdict,
        verdict_at=steps.vetoed_at or row.decided_at,
        decided_by=str(decided_by or ""),
        decided_by_name=names.person(decided_by),
        approved_at=steps.approved_at if vetoed else None,
        approved_by_name=names.person(steps.approved_by) if vetoed else "",
        approval_over_at=steps.approval_over_at(row),
        acted_otherwise=steps.otherwise,
        ended_at=row.ended_at,
        undone_at=steps.undone_at,
        incident_at=incident_at,
        incident_harmful=harmful,
        lease=steps.lease(row),
        hold_until=row.hold_until or row.claim_until,
        expired=state == State.EXPIRED,
        sign_off=row.sign_off,
        sign_off_due=row.sign_off_due,
        signed_off_at=steps.judged_at,
        signed_off_by=names.person(steps.judged_by),
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
    """The decisions that any of the twelve periods may count, a fixed number of queries a batch."""
    begin, end = window.edges[0] - SLACK, window.edges[12]
    known = Decision.objects.filter(complete=True, seq__lte=seq_limit, **estate.rows)
    known = known.defer("action", "account", "outcome_detail")
    # A decision belongs to the period of its act, and what people said of it to the periods in which they said it.
    said = Verdict.objects.filter(at__gte=begin, at__lt=end).values("decision_seq")
    acted_later = Q(occurred_at__gte=end) & (Q(received_at__lt=end) | Q(ended_at__lt=end))
    asked = Q(proposed=True) & (Q(received_at__gte=begin) | Q(ended_at__gte=begin))
    acted_before = Q(occurred_at__lt=begin) & (asked | Q(seq__in=said))
    for some in (Q(occurred_at__gte=begin, occurred_at__lt=end), acted_later, acted_before):
        for rows in batches(known.filter(some).order_by("seq").iterator(chunk_size=CHUNK)):
            steps = steps_of(rows)
            for row in rows:
                yield fact_of(row, names, steps[row.seq], as_of)


def policy_of(period_end: datetime) -> PolicyVersion | None:
    """The version in force at the end of the period, or else the first one: imports are ruled by it."""
    versions = PolicyVersion.objects.defer("document")
    in_force = versions.filter(activated_at__lt=period_end).order_by("-version").first()
    return in_force or versions.order_by("version").first()


def ledger_began(seq_limit: int) -> datetime | None:
    first = ledger.entry(0) if seq_limit >= 0 else None
    return None if first is None else first[0].at


def _freezes(window: Window, estate: Estate) -> tuple[FreezeFact, ...]:
    rows = Freeze.objects.filter(set_at__gte=window.edges[0], set_at__lt=window.edges[12]).order_by("seq")
    agents = {str(id_): slug for id_, slug in Agent.objects.values_list("id", "slug")}
    return tuple(
        _freeze(row, inert.visible(agents.get(row.value, row.value)))
        for row in rows
        if row.scope != FreezeScope.SERVICE or estate.has(row.value, None)
    )


def _freeze(row: Freeze, value: str) -> FreezeFact:
    words = f"{row.scope} {value}".strip()
    return FreezeFact(row.set_at, row.lifted_at, words, row.seq, row.scope, value, row.mode)


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
        freezes=_freezes(window, estate),
        ledger_began=ledger_began(seq_limit),
        verified=verified,
        entries_verified=head.size if verified else None,
    )
