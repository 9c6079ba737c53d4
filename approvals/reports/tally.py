"""One pass over the decisions into counts per month and small lists, so memory does not grow with them. It must not judge."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from approvals.periods import Window
from approvals.reports.counting import (
    answered_for,
    began,
    counted,
    decided_first,
    failed,
    harmed,
    high,
    ran,
    unknown,
)
from approvals.reports.facts import Asked, DecisionFact, Facts, Mandate, Stop
from approvals.reports.stops import Stopping
from decisions.vocab import TURNED, Effect, Level, Outcome, SignOff, State

MOST_ROWS = 10_000
WENT_BACK = State.REVERTED
READING_FLOOR = 10.0
"""Seconds below which nobody can have read a proposal."""


@dataclass(slots=True)
class Month:
    """The counts of one month."""

    actions: int = 0
    replayed: int = 0
    not_run: int = 0
    no_owner: int = 0
    answered: int = 0
    beyond: int = 0
    high: int = 0
    high_decided: int = 0
    irreversible: int = 0
    irreversible_decided: int = 0
    failed: int = 0
    unknown: int = 0
    observed: int = 0
    judged: int = 0
    owed: int = 0
    harmed: int = 0
    unapproved: int = 0
    proposals: int = 0
    approved: int = 0
    vetoed: int = 0
    objected: int = 0
    """Vetoes of what nobody had proposed: they came after the act."""
    expired: int = 0
    refused: int = 0
    levels: Counter[str] = field(default_factory=Counter)

    @property
    def asked(self) -> int:
        """How often people were asked and the time to answer is over."""
        return self.approved + self.vetoed + self.expired


@dataclass(slots=True)
class Owner:
    name: str
    actions: int = 0
    beyond: int = 0
    failed: int = 0
    owed: int = 0


@dataclass(slots=True)
class Cell:
    """One kind of action on one tier of service."""

    actions: int = 0
    beyond: int = 0
    failed: int = 0
    levels: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Reach:
    """How far one agent reached in the month."""

    services: set[str] = field(default_factory=set)
    critical: int = 0
    """Acts on services of tier 0 and 1."""
    irreversible: int = 0


@dataclass(slots=True)
class Group:
    """Actions that went wrong in the same way: agents repeat themselves."""

    gravity: tuple[float, ...]
    fact: DecisionFact
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A decision as the annex lists it, at its place among all."""

    place: tuple[int, int]
    """Its number in the ledger; where facts have none, that among the facts."""
    fact: DecisionFact
    counted: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What one pass leaves behind; everything but `months` speaks of the report's month."""

    window: Window
    months: list[Month] = field(default_factory=lambda: [Month() for _ in range(12)])
    cells: dict[tuple[str, int | None], Cell] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    agents: set[str] = field(default_factory=set)
    agents_before: set[str] = field(default_factory=set)
    deciding_seconds: list[float] = field(default_factory=list)
    approval_seconds: list[float] = field(default_factory=list)
    verdict_hours: Counter[datetime] = field(default_factory=Counter)
    risks: Counter[str] = field(default_factory=Counter)
    reverts: Counter[str] = field(default_factory=Counter)
    """What was undone or ordered to be, by state."""
    harmed_approved: int = 0
    deciders: Counter[str] = field(default_factory=Counter)
    sign_offs: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    cases: list[Row] = field(default_factory=list)
    """The first decisions of the period, or on which a verdict was given in it, that speak against a measure."""
    others: list[Row] = field(default_factory=list)
    """The first of the rest."""
    rows_total: int = 0
    """How many there are of both."""
    exceptions_total: int = 0
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)
    acting: dict[str, Owner] = field(default_factory=dict)
    reach: dict[str, Reach] = field(default_factory=dict)
    irreversible: dict[str, tuple[int, int]] = field(default_factory=dict)
    """kind → (irreversible actions, of these decided by a person first)."""
    stopped: list[Stop] = field(default_factory=list)
    """The real stops of the twelve months."""

    @property
    def now(self) -> Month:
        return self.months[11]

    def rows(self) -> list[Row]:
        """What the annex lists, in the order in which it was recorded."""
        cases = sorted(self.cases, key=lambda row: row.place)[:MOST_ROWS]
        others = sorted(self.others, key=lambda row: row.place)[: MOST_ROWS - len(cases)]
        return sorted(cases + others, key=lambda row: row.place)

    def exceptions(self) -> list[Group]:
        """What went wrong in the month, gravest first, repeats together."""
        ranked = sorted(self.groups.items(), key=lambda item: (tuple(-x for x in item[1].gravity), item[0]))
        return [group for _, group in ranked]


def _gravity(fact: DecisionFact) -> tuple[float, ...]:
    tier = -9.0 if fact.tier is None else -float(fact.tier)
    return (
        float(fact.effect == Effect.HARMED),
        float(fact.verdict == "veto"),
        float(failed(fact)),
        float(unknown(fact)),
        float(fact.beyond),
        tier,
        began(fact).timestamp(),
    )


def _count_action(month: Month, fact: DecisionFact, mandates: Sequence[Mandate], n: int) -> None:
    month.actions += n
    month.replayed += n * fact.replayed
    month.no_owner += n * (not fact.owner_id)
    month.answered += n * (answered_for(fact, mandates))
    month.beyond += n * fact.beyond
    month.irreversible += n * (fact.reversible is False)
    month.irreversible_decided += n * (fact.reversible is False and decided_first(fact))
    month.failed += n * failed(fact)
    month.unknown += n * unknown(fact)
    month.observed += n * fact.outcome_observed
    month.judged += n * bool(fact.effect)
    month.owed += n * (fact.sign_off == SignOff.REQUIRED)
    month.harmed += n * harmed(fact)
    month.unapproved += n * (not decided_first(fact))
    month.levels[fact.level_used or "not known"] += n
    if high(fact):
        month.high += n
        month.high_decided += n * decided_first(fact)


def _asked_of(fact: DecisionFact) -> Asked:
    over = (fact.hold_until or fact.received_at) if fact.expired and not fact.verdict else None
    return Asked(fact.received_at, over, fact.verdict, fact.verdict_at, fact.decided_by_name)


def _count_people(tally: Tally, fact: DecisionFact) -> None:
    asked = _asked_of(fact)
    if fact.proposed:
        _count_asked(tally, asked, 1)
        if fact.approved_at is not None:
            # Approved first, and vetoed later.
            _count_verdict(
                tally, replace(asked, verdict="approve", verdict_at=fact.approved_at, by=fact.approved_by_name), 1
            )
    else:
        for at in (fact.approved_at, fact.verdict_at if fact.verdict else None):
            if (place := tally.window.index(at)) is not None:
                tally.months[place].objected += 1


def _count_asked(tally: Tally, asked: Asked, n: int) -> None:
    """`n` proposals like it, and what people said of them."""
    if (place := tally.window.index(asked.received_at)) is not None:
        tally.months[place].proposals += n
    if (place := tally.window.index(asked.lapsed_at)) is not None:
        tally.months[place].expired += n
    _count_verdict(tally, asked, n)


def _count_verdict(tally: Tally, asked: Asked, n: int) -> None:
    at, verdict = asked.verdict_at, asked.verdict
    place = tally.window.index(at) if verdict else None
    if place is None or at is None:
        return
    tally.months[place].approved += n * (verdict == "approve")
    tally.months[place].vetoed += n * (verdict == "veto")
    if place == 11:
        taken = [(at - asked.received_at).total_seconds()] * n
        tally.deciding_seconds += taken
        tally.approval_seconds += taken if verdict == "approve" else []
        tally.verdict_hours[at.replace(minute=0, second=0, microsecond=0)] += n
        tally.deciders[asked.by or "not named"] += n


def _sign_off_word(fact: DecisionFact, as_of: datetime) -> str:
    if fact.sign_off == SignOff.REQUIRED:
        return "overdue" if fact.sign_off_due is not None and fact.sign_off_due <= as_of else "owed"
    return fact.sign_off


def _detail(tally: Tally, fact: DecisionFact, as_of: datetime, n: int) -> None:
    """What only the report's month shows."""
    cell = tally.cells.setdefault((fact.kind, fact.tier), Cell())
    cell.actions += n
    cell.beyond += n * fact.beyond
    cell.failed += n * failed(fact)
    cell.levels[fact.level_ruled or "none"] += n
    owner = tally.owners.setdefault(fact.owner_id, Owner(fact.owner_name or "No named owner"))
    agent = tally.acting.setdefault(fact.agent, Owner(fact.agent))
    for answers in (owner, agent):
        answers.actions += n
        answers.beyond += n * fact.beyond
        answers.failed += n * failed(fact)
        answers.owed += n * (fact.sign_off == SignOff.REQUIRED)
    far = tally.reach.setdefault(fact.agent, Reach())
    far.services.add(fact.service)
    far.critical += n * (fact.tier in (0, 1))
    if fact.reversible is False:
        far.irreversible += n
        before, decided = tally.irreversible.get(fact.kind, (0, 0))
        tally.irreversible[fact.kind] = before + n, decided + n * decided_first(fact)
    tally.agents.add(fact.agent)
    tally.risks[fact.risk] += n
    tally.harmed_approved += n * (harmed(fact) and decided_first(fact))
    if fact.state in TURNED:
        tally.reverts[fact.state] += n
    tally.sign_offs[_sign_off_word(fact, as_of)] += n
    tally.outcomes[fact.outcome or "not reported"] += n
    if fact.effect:
        tally.effects[fact.effect] += n
    if fact.cause:
        tally.causes[fact.cause] += n
    if failed(fact) or unknown(fact) or fact.beyond:
        tally.exceptions_total += n
        _group(tally, fact, n)


def _group(tally: Tally, fact: DecisionFact, n: int) -> None:
    flags = f"{failed(fact)} {unknown(fact)} {fact.beyond} {fact.effect == Effect.HARMED} {fact.verdict}"
    key = (fact.title, fact.service, fact.level_used, fact.level_ruled, fact.owner_id, flags)
    gravity = _gravity(fact)
    group = tally.groups.setdefault(key, Group(gravity, fact))
    group.repeats += n
    if gravity > group.gravity:
        group.gravity, group.fact = gravity, fact


def _keep(tally: Tally, fact: DecisionFact, held: tuple[str, ...], against: tuple[str, ...]) -> None:
    """Where there are more than the annex holds, it holds what speaks against a measure first."""
    kept = tally.cases if against else tally.others
    if len(kept) < MOST_ROWS:
        kept.append(Row((fact.seq, tally.rows_total), fact, held, against))


def _count(tally: Tally, fact: DecisionFact, facts: Facts, n: int) -> None:
    """What `n` like it did."""
    place = tally.window.index(began(fact))
    if place is None:
        return
    if ran(fact):
        _count_action(tally.months[place], fact, facts.mandates, n)
        if place == 11:
            _detail(tally, fact, facts.as_of, n)
        else:
            tally.agents_before.add(fact.agent)
    elif fact.outcome == Outcome.NOT_EXECUTED and fact.level_used != Level.L0:
        tally.months[place].not_run += n


def _belongs(tally: Tally, fact: DecisionFact, held: tuple[str, ...]) -> bool:
    """Whether the annex has it: it began in the period, or counts in it by what people said."""
    return bool(held) or tally.window.index(began(fact)) == 11


def fold(tally: Tally, facts: Facts) -> None:
    stopping = Stopping(facts.freezes)
    for fact in facts.decisions:
        stopping.take(fact)
        _count_people(tally, fact)
        _count(tally, fact, facts, 1)
        held, against = counted(fact, tally.window, facts.mandates)
        if _belongs(tally, fact, held):
            tally.rows_total += 1
            _keep(tally, fact, held, against)
    tally.stopped = stopping.stops()
    for fact, n in facts.alike:
        _count(tally, fact, facts, n)
        tally.rows_total += n * _belongs(tally, fact, counted(fact, tally.window, facts.mandates)[0])
    for asked, n in facts.asked:
        _count_asked(tally, asked, n)
    _list_alike(tally, facts)


def _list_alike(tally: Tally, facts: Facts) -> None:
    """Add to the annex those that were counted together, as far as there is room for them."""
    cases = others = 0
    for fact in facts.listed:
        held, against = counted(fact, tally.window, facts.mandates)
        cases, others = cases + bool(against), others + (not against)
        if cases > MOST_ROWS or (others and others > MOST_ROWS - len(tally.cases)):
            return
        (tally.cases if against else tally.others).append(Row((fact.seq, 0), fact, held, against))


def tally_of(facts: Facts) -> Tally:
    """Reads `facts.decisions` once."""
    tally = Tally(Window.of(facts.period_start, facts.period_end))
    fold(tally, facts)
    for at in facts.refused_attempts:
        if (place := tally.window.index(at)) is not None:
            tally.months[place].refused += 1
    return tally
