"""How long it took to undo what was like this, as the record has it. It must not write, nor guess."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import CharField

from decisions.models import Decision, Timeline
from decisions.models.prepared import PreparedValues, Slot
from decisions.vocab import Kind, State

READ = 500
"""How many of the latest reverts are looked through for those of one kind."""
MOST = 200


_LATEST = PreparedValues(
    lambda: (
        Decision.rows.filter(state=Slot("state", CharField()))
        .order_by("-seq")
        .values_list("seq", "kind", "service", "to_revert")[:READ]
    )
)


@dataclass(frozen=True, slots=True)
class Cost:
    """How many reverts were timed, and the median of their time from the order to the word that it was done."""

    count: int
    seconds: float = 0.0
    here: bool = False
    """Whether they are of the same service."""
    capped: bool = False
    """Whether there were more reverts than were looked through."""


def cost(row: Decision) -> Cost:
    """Of the reverts of the kind of `row` on its service; where there is none of them, on any."""
    latest = [found for state in (State.REVERTED, State.REVIEW) for found in _LATEST.all(state=state)]
    alike = sorted(
        ((seq, service) for seq, kind, service, ordered in latest if ordered and row.kind and kind == row.kind),
        reverse=True,
    )
    capped = len(latest) >= READ
    for here in (True, False):
        took = _took([seq for seq, service in alike if service == row.service or not here][:MOST])
        if took:
            return Cost(len(took), median(took), here, capped)
    return Cost(0, capped=capped)


def _took(decisions: list[int]) -> list[float]:
    if not decisions:
        return []
    asked = (Kind.REVERT_ORDERED, Kind.REVERT_FINISHED)
    told: Any = Timeline.objects.filter(decision_seq__in=decisions, kind__in=asked).order_by("decision_seq", "seq")
    return durations(told.values_list("decision_seq", "kind", "state", "at"))


def durations(told: Iterable[tuple[int, str, str, datetime]]) -> list[float]:
    """The seconds from the last order of each decision to the word that it was done, of entries in the order of the ledger.

    What failed, or was ordered again because nobody saw it undone, has no time.
    """
    ordered: dict[int, datetime] = {}
    took: dict[int, float] = {}
    for decision, kind, state, at in told:
        if kind == Kind.REVERT_ORDERED:
            ordered[decision] = at
            took.pop(decision, None)
        elif decision in ordered and state != State.REVERT_FAILED:
            took[decision] = (at - ordered.pop(decision)).total_seconds()
    return list(took.values())
