"""What a report is computed from, as plain frozen data. It must not import a framework or read a database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from approvals.periods import WHOLE, Scope
from decisions.vocab import Basis, FreezeMode, FreezeScope


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act that was claimed, by the entries that granted and ended it."""

    basis: str
    seq: int
    over_seq: int | None = None
    over_at: datetime | None = None
    """None while the act is in flight."""


@dataclass(frozen=True, slots=True)
class DecisionFact:
    """One decision as the ledger knew it at the report's last entry."""

    id: str
    title: str
    occurred_at: datetime
    received_at: datetime
    service: str
    tier: int | None
    environment: str
    environment_class: str
    kind: str
    agent: str
    risk: str
    reversible: bool | None
    state: str
    outcome: str
    outcome_observed: bool
    level_ruled: str
    level_used: str
    beyond: bool
    owner_id: str
    owner_name: str
    team: str = ""
    proposed: bool = False
    acted_at: datetime | None = None
    """When its effect on the live system began; None means when it occurred."""
    verdict: Literal["", "approve", "veto"] = ""
    verdict_at: datetime | None = None
    """The last word of people, and when it was said."""
    decided_by: str = ""
    decided_by_name: str = ""
    """Who said it."""
    approved_at: datetime | None = None
    """When people had approved what was vetoed later; None elsewhere, for then the last word says it."""
    approved_by_name: str = ""
    approval_over_at: datetime | None = None
    """From when on an approval permitted nothing any more: vetoed, or not claimed in time, stopped or withdrawn."""
    acted_otherwise: bool = False
    """Whether another action was done than the one that people were shown."""
    ended_at: datetime | None = None
    """When its outcome came about."""
    undone_at: datetime | None = None
    """When it was undone, or people first ordered that it be."""
    incident_at: datetime | None = None
    incident_harmful: bool = False
    """Of the incidents on record that name it: when the first began, and whether one did harm."""
    lease: Lease | None = None
    hold_until: datetime | None = None
    expired: bool = False
    """Whether its time was over while people were asked."""
    sign_off: str = "none"
    sign_off_due: datetime | None = None
    signed_off_at: datetime | None = None
    signed_off_by: str = ""
    effect: str = ""
    cause: str = ""
    replayed: bool = False
    episode: str = ""
    cost_per_minute: Decimal | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposal as far as it is counted when people were asked, and what they said; of several the last of each time."""

    received_at: datetime
    lapsed_at: datetime | None
    """When it expired without a word of people."""
    verdict: Literal["", "approve", "veto"] = ""
    verdict_at: datetime | None = None
    by: str = ""
    """Who said it, where that was in the report's period."""


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """A faulty proposal planted to test the reviewers, once it was decided."""

    at: datetime
    caught: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """A drill or a real stop: from the order to no action in flight and the safe state reached.

    Of a real one the safe state is that the last lease in its scope that was live at the order is over.
    """

    at: datetime
    seconds: float | None
    """None where the safe state was not reached."""
    drill: bool = True


@dataclass(frozen=True, slots=True)
class Mandate:
    """An executive's permission for a standing autonomy. What is empty it does not narrow."""

    level: str
    starts_on: date
    ends_on: date
    agent: str = ""
    service: str = ""
    kind: str = ""
    signed_by: str = ""
    signed_at: datetime | None = None
    """When it was recorded; before that it answers for nothing but what was imported."""

    def covers(self, fact: DecisionFact, at: datetime) -> bool:
        """Whether it permits the level that `fact` used at that time."""
        return (
            self.starts_on <= at.date() <= self.ends_on
            and (fact.replayed or self.signed_at is None or self.signed_at <= at)
            and fact.level_used <= self.level
            and self.agent in ("", fact.agent)
            and self.service in ("", fact.service)
            and self.kind in ("", fact.kind)
        )


@dataclass(frozen=True, slots=True)
class PeopleRate:
    """How people fared at one kind of action in a month."""

    month: str
    kind: str
    changes: int
    failed: int


@dataclass(frozen=True, slots=True)
class IncidentFact:
    """What went wrong and needed correcting, with the times of its clock."""

    title: str
    began_at: datetime
    severity: int
    harmful: bool
    accountable: str
    decision: str = ""
    service: str = ""
    aware_at: datetime | None = None
    classified_at: datetime | None = None
    clock: str = "none"
    report_due: datetime | None = None
    reported_at: datetime | None = None
    restored_at: datetime | None = None

    def late(self, as_of: datetime) -> bool:
        """Whether an authority was told too late, or has not been told by then."""
        return self.report_due is not None and (self.reported_at or as_of) > self.report_due


@dataclass(frozen=True, slots=True)
class RestoreTest:
    service: str
    at: datetime
    reachable: int
    restored: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty from law or a standard as the register has it: data that people decide on, never a rule of ours."""

    source: str
    needs: str
    evidence: str
    applies: str
    text_version: str
    starts_on: str = ""
    decided_by: str = ""
    decided_on: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ActualLoss:
    at: datetime
    amount: Decimal
    currency: str
    recovered: Decimal = Decimal(0)
    data: bool = False
    what: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """Decisions that an auditor drew at random and rebuilt from the ledger."""

    at: datetime
    auditor: str
    drawn: int
    matched: int
    independent: bool
    seed_rule: str


@dataclass(frozen=True, slots=True)
class LossModel:
    """The result of one month's run of the reviewed loss model, in whole units of the currency."""

    at: datetime
    currency: str
    p50: float
    p95: float
    p99: float
    mean: float
    appetite: float
    reviewed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FreezeFact:
    at: datetime
    lifted_at: datetime | None
    scope: str
    """In words."""
    seq: int = 0
    of: str = FreezeScope.EVERYTHING
    value: str = ""
    mode: str = FreezeMode.ALL
    by: str = ""
    """Who set it; empty where the product did."""

    def stops(self, fact: DecisionFact, basis: str) -> bool:
        """Whether an act of `fact` on that basis is what it stops."""
        of = {
            FreezeScope.EVERYTHING: "",
            FreezeScope.ENVIRONMENT: fact.environment_class,
            FreezeScope.SERVICE: fact.service,
            FreezeScope.AGENT: fact.agent,
        }
        return self.value == of[FreezeScope(self.of)] and (self.mode == FreezeMode.ALL or basis != Basis.QUORUM)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An issued edition: what it said, and what came to the ledger after the last entry that it counted."""

    period: str
    edition: str
    number: int
    seq_limit: int
    figures: Mapping[str, Mapping[str, str]]
    """Measure → `text` as it was printed and `value`, empty where there was none."""
    late: int = 0
    """Decisions of the period that came after it."""
    judged: int = 0
    """Sign-offs of decisions of the period."""
    changed: int = 0
    """Other decisions of the period of which something was said or seen after it."""
    registers: int = 0
    """Items of the board registers that were recorded or changed."""
    erased: int = 0
    """Decisions of the period of which something was erased."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A decision that management asks of the committee."""

    verb: Literal["Approve", "Accept", "Direct", "Note"]
    text: str
    owner: str
    due: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The appetite that the measures are held against."""

    failed_pct: float = 2.5
    planted_pct: float = 80.0
    stop_seconds: float = 60.0
    objective_pct: float = 99.5
    budget_pct: float = 25.0
    replay_pct: float = 95.0
    log_days: int = 183
    starts_on: str = ""
    """Empty where no limits approved by the board are on record: these are then the product's own."""
    approved_on: str = ""
    loss: str = ""
    """The most that the board accepts in a 1-in-20 year; empty where it has not said."""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a report needs. `decisions`, `alike`, `asked` and `listed` are read once, in that order; each in any order.

    Each decision of the twelve months is in `decisions`, or it is one of those that are `alike`.
    """

    organisation: str
    period: str
    """Its key; see `periods.Period`."""
    period_start: datetime
    period_end: datetime
    as_of: datetime
    seq_limit: int
    root: str
    decisions: Iterable[DecisionFact]
    alike: Iterable[tuple[DecisionFact, int]] = ()
    """One for many, and how many: of those that the report does not tell of one by one."""
    asked: Iterable[tuple[Asked, int]] = ()
    """One for many of the proposals among them, and how many: what people answered in the period each by itself."""
    listed: Iterable[DecisionFact] = ()
    """Those of them that fell in the period, or were answered in it, for the annex: in the order of the ledger, what speaks against a measure first."""
    scope: Scope = WHOLE
    vendors: Mapping[str, str] = field(default_factory=dict)
    """Agent → who supplies it."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Pseudonym → name of the people that it names, complete once `decisions` is read."""
    first_seq: int = 0
    edition: int = 1
    earlier: tuple["Earlier", ...] = ()
    """The issued editions, the latest of each of the twelve periods, whose figures this one may restate."""
    classification: str = "Confidential \u2013 Board"
    policy_version: int | None = None
    policy_sha256: str = ""
    policy_activated_at: datetime | None = None
    policy_activated_by: str = ""
    policy_board_approved_at: datetime | None = None
    refused_attempts: tuple[datetime, ...] = ()
    freezes: tuple[FreezeFact, ...] = ()
    planted: tuple[PlantedFault, ...] = ()
    stops: tuple[Stop, ...] = ()
    replays: tuple[Replay, ...] = ()
    losses: tuple[LossModel, ...] = ()
    asks: tuple[Ask, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    people: tuple[PeopleRate, ...] = ()
    incidents: tuple[IncidentFact, ...] = ()
    restores: tuple[RestoreTest, ...] = ()
    actual_losses: tuple[ActualLoss, ...] = ()
    duties: tuple[Duty, ...] = ()
    ledger_began: datetime | None = None
    """When the log began that is unbroken since; None where there is none."""
    verified: bool | None = None
    """Whether the ledger up to `seq_limit` was recomputed and held; None when nobody checked."""
    entries_verified: int | None = None
    limits: Limits = field(default_factory=Limits)
