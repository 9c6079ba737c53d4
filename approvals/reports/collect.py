"""Facts from the database, with memory that does not grow with the number of decisions. It must not judge or count."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Literal

from django.db.models import Q, QuerySet

from approvals.models import PolicyVersion, Report, Verdict
from approvals.periods import WHOLE, Period, Scope, Window, as_of
from approvals.reports.alike import SLACK, Alike
from approvals.reports.earlier import earlier_editions
from approvals.reports.estate import Estate
from approvals.reports.facts import DecisionFact, Facts, FreezeFact
from approvals.reports.names import Names
from approvals.reports.registers import board_facts
from approvals.reports.steps import Steps, steps_of
from decisions import inert, ledger
from decisions.envelope import open_leaf
from decisions.models import Agent, Decision, Freeze
from decisions.models.bulk import CHUNK
from decisions.models.ledger import EntryRow
from decisions.states import effective_state
from decisions.vocab import FreezeScope, Kind, State


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
        hold_until=row.hold_until,
        # A permission that nobody claimed in time asked nobody.
        expired=state == State.EXPIRED and row.claim_until is None,
        sign_off=row.sign_off,
        sign_off_due=row.sign_off_due,
        signed_off_at=steps.judged_at,
        signed_off_by=names.person(steps.judged_by),
        effect=row.effect,
        cause=row.cause,
        replayed=row.replayed,
        episode=inert.visible(row.episode),
        cost_per_minute=names.costs.get(row.service),
        seq=row.seq,
    )


COLUMNS = (
    *("seq", "id", "title", "occurred_at", "acted_at", "received_at", "ended_at", "agent_id", "owner_id", "service"),
    *("tier", "environment", "environment_class", "kind", "team", "episode", "risk", "reversible", "replayed"),
    *("state", "outcome", "outcome_observed", "level_ruled", "level_used", "beyond", "proposed", "decided_at"),
    *("decided_by", "to_revert", "lease_seq", "basis", "hold_until", "claim_until", "sign_off", "sign_off_due"),
    *("effect", "cause", "stopped_at", "protect_until", "lease_until", "served_due", "window_ms", "beat_until"),
    *("served_ms", "resumed_ms"),
)
"""What is read of a decision: a row that has these is as good as a whole one, and takes a fraction of the time."""


def batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    held: list[Any] = []
    for row in rows:
        held.append(row)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


def decision_facts(alike: Alike, *, grouped: bool) -> Iterator[DecisionFact]:
    """The decisions that any of the twelve periods may count, but for those that are put together: a fixed number of queries a batch."""
    known, begin, end = alike.rows, alike.window.edges[0] - SLACK, alike.window.edges[12]
    # A decision belongs to the period of its act, and what people said of it to the periods in which they said it.
    said = Verdict.objects.filter(at__gte=begin, at__lt=end).values("decision_seq")
    acted_later = Q(occurred_at__gte=end) & (Q(received_at__lt=end) | Q(ended_at__lt=end))
    since = [Q(**{f"{name}__gte": begin}) for name in ("received_at", "ended_at", "hold_until", "lease_until")]
    asked = Q(proposed=True) & reduce(or_, since)
    acted_before = Q(occurred_at__lt=begin) & (asked | Q(seq__in=said))
    within = alike.standing_out() if grouped else known.filter(alike.span())
    for some in (within, known.filter(acted_later), known.filter(acted_before)):
        yield from one_by_one(some.order_by("seq"), alike.names, alike.as_of)


def one_by_one(rows: "QuerySet[Decision]", names: Names, as_of: datetime) -> Iterator[DecisionFact]:
    for some in batches(rows.values_list(*COLUMNS, named=True).iterator(chunk_size=4 * CHUNK)):
        steps = steps_of(some)
        for row in some:
            yield fact_of(row, names, steps[row.seq], as_of)


def policy_of(period_end: datetime) -> PolicyVersion | None:
    """The version in force at the end of the period, or else the first one: imports are ruled by it."""
    versions = PolicyVersion.objects.defer("document")
    in_force = versions.filter(activated_at__lt=period_end).order_by("-version").first()
    return in_force or versions.order_by("version").first()


def ledger_began(seq_limit: int) -> datetime | None:
    first = ledger.entry(0) if seq_limit >= 0 else None
    return None if first is None else first[0].at


def _freezes(window: Window, estate: Estate, names: Names) -> tuple[FreezeFact, ...]:
    rows = Freeze.objects.filter(set_at__gte=window.edges[0], set_at__lt=window.edges[12]).order_by("seq")
    agents = {str(id_): slug for id_, slug in names.agents.items()}
    return tuple(
        _freeze(row, inert.visible(agents.get(row.value, row.value)), names.person(row.set_by))
        for row in rows
        if row.scope != FreezeScope.SERVICE or estate.has(row.value, None)
    )


def _freeze(row: Freeze, value: str, by: str) -> FreezeFact:
    words = f"{row.scope} {value}".strip()
    return FreezeFact(row.set_at, row.lifted_at, words, row.seq, row.scope, value, row.mode, by)


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
    grouped: bool = True,
) -> Facts:
    """Facts up to the newest entry. `decisions` reads the database while it is consumed, so do both in one snapshot.

    `verified` is what the caller's recomputation of the ledger up to that entry found; None when there was none. `now`
    matters only for whether the period is over and mature: see `periods.as_of`. `people` is names by pseudonym, instead of those
    that the register has now. Unless `grouped`, every decision is read by itself: the figures are the same.
    """
    head, names, estate = ledger.current(), Names.read(people), Estate.of(scope)
    window, period_end = Window.of(period.start, period.end), period.end
    seq_limit, as_at = head.size - 1, as_of(period, head.at, now)
    policy = policy_of(period_end)
    board = board_facts(
        period_end,
        policy_version=policy.version if policy else None,
        person=names.person,
        agents=names.agents,
        estate=estate,
    )
    known = Decision.objects.filter(complete=True, seq__lte=seq_limit, **estate.rows)
    alike = Alike(known, window, board["mandates"], names, as_at)
    return Facts(
        organisation=organisation,
        period=period.key,
        period_start=period.start,
        period_end=period_end,
        as_of=as_at,
        seq_limit=seq_limit,
        root=bytes(head.root).hex(),
        decisions=decision_facts(alike, grouped=grouped),
        alike=alike.groups() if grouped else (),
        asked=alike.asked() if grouped else (),
        listed=(one for rows in alike.listed() for one in one_by_one(rows, names, as_at)) if grouped else (),
        scope=scope,
        vendors=dict(Agent.objects.values_list("slug", "vendor")),
        names=names.used,
        edition=Report.objects.filter(period=period.key, scope=scope.key).count() + 1,
        earlier=earlier_editions(period, scope, window),
        policy_version=policy.version if policy else None,
        policy_sha256=policy.sha256 if policy else "",
        policy_activated_at=policy.activated_at if policy else None,
        policy_activated_by=names.person(policy.activated_by) if policy else "",
        **board,
        refused_attempts=_refused(window, estate, seq_limit),
        freezes=_freezes(window, estate, names),
        ledger_began=ledger_began(seq_limit),
        verified=verified,
        entries_verified=head.size if verified else None,
    )
