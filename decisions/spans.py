"""Where among the entries the decisions lie that occurred in a span of time. It must not write.

Most are told within minutes of the act, so they lie together. Those told long before or after have an index of their own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, F, Func, Q

from decisions import ledger
from decisions.models import Decision

ASIDE = timedelta(minutes=15)
MOST_ASIDE = 200_000
"""Of more than these, told aside in one span, an import say, nobody knows where they lie."""
MARGIN = timedelta(seconds=1)
"""SQLite tells how far two times are apart to a millisecond."""


class ToldAside(Func):
    """Whether a decision was told more than `ASIDE` after it occurred, or before: in the words of the index."""

    template = "(ABS(EXTRACT(EPOCH FROM (%(expressions)s))) > 900)"
    arg_joiner = " - "
    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(ABS(julianday(%(expressions)s)) * 86400 > 900)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **extra)


@dataclass(frozen=True)
class Span:
    """From `start` up to but not including `end`; None is open."""

    start: datetime | None
    end: datetime | None

    @cached_property
    def parts(self) -> tuple[Q, Q] | None:
        """(the stretch of seqs that holds those told at their time, those told aside); None where these are too many."""
        aside = self._occurred() & Q(ToldAside(F("received_at"), F("occurred_at")))
        if Decision.rows.filter(aside).order_by()[: MOST_ASIDE + 1].count() > MOST_ASIDE:
            return None
        near = Q()
        if self.start is not None:
            near &= Q(seq__gte=ledger.seq_at(_shifted(self.start, -ASIDE - MARGIN)))
        if self.end is not None:
            near &= Q(seq__lt=ledger.seq_at(_shifted(self.end, ASIDE + MARGIN)))
        return near, aside

    def _occurred(self) -> Q:
        return Q(**({"occurred_at__gte": self.start} if self.start else {})) & Q(
            **({"occurred_at__lt": self.end} if self.end else {})
        )


def _shifted(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        # At the ends of the calendar no entry lies between.
        return at
