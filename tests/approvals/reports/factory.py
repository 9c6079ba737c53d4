"""Small hand-made facts for the tests of the report. It must not touch a database."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from approvals.reports.facts import DecisionFact, Facts, Limits, Mandate

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 10, 15, 3, 47, tzinfo=UTC)
ROOT = "ab" * 32


def month(back: int, day: int = 15) -> datetime:
    """The middle of the month that many months before October 2026."""
    number = 2026 * 12 + 9 - back
    return datetime(number // 12, number % 12 + 1, day, 12, tzinfo=UTC)


REPORTED = DecisionFact(
    id="01900000-0000-7000-8000-000000000001",
    title="Roll back deploy/checkout-api on checkout",
    occurred_at=MIDDLE,
    received_at=MIDDLE,
    service="checkout",
    tier=2,
    environment="prod",
    environment_class="prod",
    kind="rollback",
    agent="remediator",
    risk="medium",
    reversible=True,
    state="reported",
    outcome="succeeded",
    outcome_observed=False,
    level_ruled="L4",
    level_used="L4",
    beyond=False,
    owner_id="u1",
    owner_name="Mira Tan",
    sign_off="accepted",
    effect="helped",
)
"""An action that nothing is wrong with."""


def action(at: datetime = MIDDLE, **over: Any) -> DecisionFact:
    return replace(REPORTED, occurred_at=at, received_at=at, **over)


def beyond(at: datetime = MIDDLE, **over: Any) -> DecisionFact:
    return action(at, **{"level_ruled": "L2", "beyond": True, **over})


def failure(at: datetime = MIDDLE, **over: Any) -> DecisionFact:
    return action(at, **{"state": "failed", "outcome": "failed", **over})


def proposal(verdict: str, at: datetime = MIDDLE, seconds: float = 90, **over: Any) -> DecisionFact:
    """A proposal that a person approved (and that then ran), vetoed, or left (`""`: it timed out)."""
    ran = verdict == "approve"
    return action(
        at,
        **{
            "proposed": True,
            "level_ruled": "L2",
            "level_used": "L2" if ran else "",
            "state": {"approve": "succeeded", "veto": "vetoed", "": "expired"}[verdict],
            "outcome": "succeeded" if ran else "",
            "verdict": verdict,
            "verdict_at": at + timedelta(seconds=seconds) if verdict else None,
            "acted_at": at + timedelta(seconds=seconds + 5) if ran else None,
            "decided_by": "u2" if verdict else "",
            "decided_by_name": "Ole Berg" if verdict else "",
            "hold_until": at + timedelta(hours=1),
            "expired": not verdict,
            "sign_off": "none",
            "effect": "",
            **over,
        },
    )


def facts(decisions: Iterable[DecisionFact] = (), **over: Any) -> Facts:
    base = Facts(
        organisation="Meridian Mutual plc",
        period="2026-10",
        period_start=START,
        period_end=END,
        as_of=END + timedelta(days=4),
        seq_limit=4210,
        root=ROOT,
        decisions=decisions,
        policy_version=3,
        policy_sha256="cd" * 32,
        policy_activated_at=datetime(2026, 9, 6, tzinfo=UTC),
        policy_activated_by="Dana Okafor",
        verified=True,
        entries_verified=4211,
        limits=Limits(starts_on="2026-01-01", approved_on="2025-12-11"),
        mandates=(
            Mandate("L4", date(2026, 1, 1), date(2026, 12, 31)),
            Mandate("L4", date(2025, 1, 1), date(2025, 12, 31)),
        ),
    )
    return replace(base, **over)


def steady_year(per_month: int = 40, vetoes: int = 5) -> list[DecisionFact]:
    """Twelve months of approvals and vetoes with nothing else to see."""
    made = []
    for back in range(12):
        for n in range(per_month):
            verdict = "veto" if n < vetoes else "approve"
            made.append(proposal(verdict, month(back, 1 + n % 28), id=f"01900000-0000-7000-8000-{back:06d}{n:06d}"))
    return made
