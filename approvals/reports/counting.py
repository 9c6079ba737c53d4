"""What one decision is to the measures: whether it counts in each, and whether it speaks against it. Pure."""

from collections.abc import Sequence
from datetime import datetime

from approvals.periods import MATURITY, Window
from approvals.reports.facts import DecisionFact, Mandate
from decisions.vocab import HOLDING, Effect, Level, Outcome, Risk, State

NEVER_RAN = HOLDING | {State.AUTHORIZED, State.DENIED, State.VETOED, State.EXPIRED, State.WITHDRAWN}


def ran(fact: DecisionFact) -> bool:
    """Whether the decision had an effect on a live system. What was done in spite of a veto counts: it has an outcome."""
    if fact.level_used == Level.L0 or fact.outcome == Outcome.NOT_EXECUTED:
        return False
    return bool(fact.outcome or fact.level_used) or fact.state not in NEVER_RAN


def failed(fact: DecisionFact) -> bool:
    """It or what it left behind went wrong: by its outcome, by a person's judgement, or by what came within 72 hours."""
    badly = fact.outcome in (Outcome.FAILED, Outcome.PARTIAL) or fact.effect == Effect.HARMED
    return badly or soon_after(fact, fact.undone_at) or soon_after(fact, fact.incident_at)


def soon_after(fact: DecisionFact, at: datetime | None) -> bool:
    return at is not None and at <= (fact.ended_at or began(fact)) + MATURITY


def harmed(fact: DecisionFact) -> bool:
    """Whether it needed correcting: a person or a harmful incident says so, or it was undone, or ordered to be."""
    return fact.effect == Effect.HARMED or fact.undone_at is not None or fact.incident_harmful


def unknown(fact: DecisionFact) -> bool:
    return not failed(fact) and (fact.outcome == Outcome.UNKNOWN or fact.state == State.UNKNOWN)


def began(fact: DecisionFact) -> datetime:
    return fact.acted_at or fact.occurred_at


def approved_at(fact: DecisionFact) -> datetime | None:
    """When people had approved it, whether or not they vetoed it later."""
    return fact.verdict_at if fact.verdict == "approve" else fact.approved_at


def decided_first(fact: DecisionFact) -> bool:
    """A person's approval of this very plan was in force at its first effect."""
    at, over = approved_at(fact), fact.approval_over_at
    if at is None or fact.acted_otherwise:
        return False
    return at <= began(fact) and (over is None or began(fact) < over)


def high(fact: DecisionFact) -> bool:
    return fact.risk == Risk.HIGH or fact.reversible is False


def answered_for(fact: DecisionFact, mandates: Sequence[Mandate]) -> bool:
    """A named owner, and either a person's approval or a mandate in force, as of the first effect.

    A mandate is for what the policy allows: it does not answer for an act beyond that.
    """
    at = began(fact)
    mandated = not fact.beyond and any(one.covers(fact, at) for one in mandates)
    return bool(fact.owner_id) and (decided_first(fact) or mandated)


def counted(fact: DecisionFact, window: Window, mandates: Sequence[Mandate]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the measures of the report's period in which it counts, those of them that it is a case against).

    Of the share that people refused, the refused ones are the cases.
    """
    within = window.index(began(fact)) == 11 and ran(fact)
    approved = fact.proposed and window.index(approved_at(fact)) == 11
    vetoed = fact.proposed and fact.verdict == "veto" and window.index(fact.verdict_at) == 11
    cases = (
        ("M1", within, not answered_for(fact, mandates)),
        ("M2", within, fact.beyond),
        ("M3", within and high(fact), not decided_first(fact)),
        ("M4", approved or vetoed, vetoed),
        ("M7", within, failed(fact)),
        ("M8", within, harmed(fact)),
    )
    held = [(id_, against) for id_, counts, against in cases if counts]
    return tuple(id_ for id_, _ in held), tuple(id_ for id_, against in held if against)
