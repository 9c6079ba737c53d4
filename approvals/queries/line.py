"""What was done this month, by where the line runs: a few counts of at most so many decisions. It must not write.

The newest are read off the index of when they occurred, so a month of any size takes no longer than a full one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from approvals.periods import Period, first_of, month_number
from decisions.models import Decision
from decisions.vocab import Level

MOST = 200_000
LATELY = 2_000
"""Of so many of the newest decisions the kinds have a column of their own."""
ACTED = (Level.L1, Level.L2, Level.L3, Level.L4)
"""The levels that an act can have been taken at; what only read is none."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were acted on, and how many of them beyond what was permitted."""

    acts: int = 0
    beyond: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.acts + other.acts, self.beyond + other.beyond)


@dataclass(frozen=True, slots=True)
class Counts:
    """The acts of a month up to now."""

    period: Period
    by: Mapping[tuple[int | None, str, str], Tally]
    """(tier, None where the service was not registered; kind; class of environment) → how many."""
    since: datetime | None
    """Where the month held more than are counted: since when they are."""


def kinds_lately() -> frozenset[str]:
    """The kinds of action among the newest decisions."""
    return frozenset(Decision.rows.order_by("-seq").values_list("kind", flat=True)[:LATELY])


def this_month(now: datetime) -> Counts:
    """The counts of the month, UTC, that `now` is in."""
    start = first_of(month_number(now))
    period = Period.read(f"{start:%Y-%m}")
    month = Decision.rows.filter(occurred_at__gte=period.start, occurred_at__lt=period.end)
    newest = month.order_by("-occurred_at", "-seq")
    cut = next(iter(newest.values_list("occurred_at", flat=True)[MOST - 1 : MOST]), None)
    counted = month if cut is None else month.filter(occurred_at__gte=cut)
    rows = (
        counted.filter(complete=True, level_used__in=ACTED)
        .order_by()
        .values_list("tier", "kind", "environment_class")
        .annotate(acts=Count("seq"), over=Count("seq", filter=Q(beyond=True)))
    )
    by = {(tier, kind, where): Tally(acts, over) for tier, kind, where, acts, over in rows}
    return Counts(period, by, cut)
