"""Whether this process lives, whether it can serve, and what it measures. No names, no agents' words."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from decisions import clock, ledger, notes, published, queries, recording
from decisions.models import Alarm
from decisions.models.ledger import Head


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "alive"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and holds a head; 503 otherwise.

    `read-only` while the ledger disagrees with what was signed: it still serves whoever reads.
    """
    try:
        head = ledger.current()
    except (DatabaseError, Head.DoesNotExist):
        return JsonResponse({"status": "not ready", "database": False}, status=503)
    status = "read-only" if head.halted else "ready"
    return JsonResponse({"status": status, "database": True, "entries": head.size})


class _Measured(Collector):
    def collect(self) -> Iterator[Metric]:
        now = clock.now()
        head = ledger.current()
        yield GaugeMetricFamily("oversight_ledger_entries", "Entries in the ledger", head.size)
        what = "1 while nothing is written because the ledger disagrees with what was signed"
        yield GaugeMetricFamily("oversight_ledger_read_only", what, int(head.halted))
        yield GaugeMetricFamily(
            "oversight_open_holds", "Decisions that wait for people", queries.open_holds(now).count()
        )
        owed = queries.owed(now)
        yield GaugeMetricFamily("oversight_sign_offs_owed", "Sign-offs that are owed", owed.count())
        overdue = queries.owed(now, overdue=True).count()
        yield GaugeMetricFamily("oversight_sign_offs_overdue", "Sign-offs that are overdue", overdue)
        open_alarms = Alarm.objects.filter(state="open", person=None).count()
        yield GaugeMetricFamily("oversight_open_alarms", "Alarms that nobody has acknowledged", open_alarms)
        if (confirmed := notes.confirmed_at()) is not None:
            age = (datetime.now(UTC) - confirmed).total_seconds()
            yield GaugeMetricFamily(
                "oversight_checkpoint_age_seconds", "Since the ledger was compared with its last", age
            )
        cosigned = GaugeMetricFamily(
            "oversight_witness_age_seconds", "Since a witness has cosigned last", labels=["witness"]
        )
        for one in published.witnesses(now):
            if one.at is not None:
                cosigned.add_metric([one.name], (now - one.at).total_seconds())
        yield cosigned
        yield GaugeMetricFamily(
            "oversight_writer_queue", "Commands waiting for this process's writer", recording.waiting()
        )


_registry = CollectorRegistry()
_registry.register(_Measured())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text format."""
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)
