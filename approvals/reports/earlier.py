"""The issued editions that a report may restate, and what came to the ledger since each. It must not judge a figure."""

from typing import Any

from django.db.models import QuerySet

from approvals.models import Erasure, Report, SignOffRecord
from approvals.periods import Period, Scope, Window
from approvals.reports.estate import Estate
from approvals.reports.facts import Earlier
from decisions.models import BoardItem, Decision


def earlier_editions(period: Period, scope: Scope, window: Window) -> tuple[Earlier, ...]:
    """The last issued edition of each of the twelve periods, the oldest period first."""
    keys = window.keys() if window.monthly else [period.key]
    issued = Report.objects.filter(scope=scope.key, period__in=keys, state="issued").order_by("number")
    last = {report.period: report for report in issued}
    estate = Estate.of(scope)
    return tuple(_earlier(last[key], Period.read(key), estate) for key in keys if key in last)


def _earlier(report: Report, period: Period, estate: Estate) -> Earlier:
    since = report.seq_limit
    rows = Decision.rows.filter(
        complete=True, occurred_at__gte=period.start, occurred_at__lt=period.end, last_seq__gt=since, **estate.rows
    )
    older = rows.filter(seq__lte=since)
    judged = _of(SignOffRecord.objects.filter(seq__gt=since), older)
    return Earlier(
        period=report.period,
        edition=report.edition,
        number=report.number or 0,
        seq_limit=since,
        figures=report.figures,
        late=rows.filter(seq__gt=since).count(),
        judged=judged,
        changed=older.count() - judged,
        registers=BoardItem.objects.filter(last_seq__gt=since).count(),
        erased=_of(Erasure.objects.filter(seq__gt=since), rows),
    )


def _of(said: QuerySet[Any], rows: QuerySet[Decision]) -> int:
    """How many of the decisions in `rows` it was said of."""
    return said.filter(decision_seq__in=rows.values("seq")).values("decision_seq").distinct().count()
