"""Which decisions their row tells whole, and what it tells: of the others reports read the history. It must not count."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from decisions.models import Decision, Freeze, Timeline
from decisions.states import with_effective_state
from decisions.vocab import HOLDING, TURNED, Basis, State

WAITED = HOLDING | {State.AUTHORIZED, State.DENIED, State.EXPIRED, State.WITHDRAWN}
"""The states of a proposal that came to nothing, so far, without a veto."""
TOLD = (State.SUCCEEDED, State.FAILED, State.UNKNOWN)
"""The states in which an act under a lease is stored that nobody has looked into, turned or contradicted."""
GIVEN = (Basis.QUORUM, Basis.BREAK_GLASS)
"""What a permission rests on that people gave: where they took it back both their words count."""


def mark(condition: Q) -> Case:
    """Whether it holds: yes or no, also where a column is empty."""
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def segment(name: str, cuts: Sequence[datetime]) -> Case:
    """How many of `cuts` the time of that name has reached, the last asked first; none where there is no time."""
    parts = [When(**{f"{name}__gte": at}, then=n) for n, at in reversed(list(enumerate(cuts, start=1)))]
    return Case(*parts, default=0, output_field=IntegerField())


def plain(incidents: Collection[str]) -> Q:
    """What nobody turned and no incident names: reported alone, or proposed with one word of people and one lease at most.

    Not where a freeze may have found the lease at work. What was told beside a lease is in review, so it is not plain either.
    """
    vetoed = Q(state=State.VETOED, decided_at__isnull=False) & ~Q(basis__in=GIVEN)
    waited = Q(lease_seq__isnull=True, outcome="", level_used="") & (Q(state__in=WAITED) | vetoed)
    stops = Freeze.objects.filter(seq__gt=OuterRef("lease_seq"), set_at__lte=OuterRef("released_at"))
    told = Q(lease_seq__isnull=False, released_at__isnull=False, state__in=TOLD) & ~Q(Exists(stops))
    whole = Q(to_revert=False) & ~Q(state__in=TURNED) & ~Q(id__in=list(incidents))
    return whole & (Q(proposed=False) | waited | told)


def with_story(rows: "QuerySet[Decision]", as_of: datetime) -> "QuerySet[Any]":
    """`rows`, plain ones, with what facts say of each: `effective`, `began`, `verdict`, `first` and `lapsed_at`.

    That is its state as of then, when its effect began, the last word of people, whether they approved before the effect,
    and when a proposal that nobody answered expired.
    """
    claims = Timeline.objects.filter(seq=OuterRef("lease_seq")).values("at")
    words = (
        When(state=State.VETOED, then=Value("veto")),
        When(decided_at__isnull=False, then=Value("approve")),
    )
    # A permission that nobody claimed in time asked nobody.
    unanswered = Q(effective=State.EXPIRED, decided_at__isnull=True, claim_until__isnull=True)
    over = Coalesce("hold_until", "received_at")
    return with_effective_state(rows, as_of).annotate(
        began=Coalesce("acted_at", Subquery(claims), "ended_at", "occurred_at"),
        verdict=Case(*words, default=Value(""), output_field=CharField()),
        first=mark(Q(verdict="approve", decided_at__lte=F("began"))),
        lapsed_at=Case(When(unanswered, then=over), output_field=DateTimeField(null=True)),
    )
