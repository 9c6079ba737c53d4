"""The columns of wide windows are summed up from counts, and are what counting every decision gives."""

import random
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from decisions import bins
from decisions import clock as product_clock
from decisions.models import Decision, DecisionCount
from decisions.projections.counts import WIDTHS
from tests.conftest import Clock
from tests.factories import Register
from tests.mixture import Mixture


def plainly(start: Any, end: Any, px: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The columns as counting each decision makes them."""
    with monkeypatch.context() as patched:
        patched.setattr(bins, "COUNTED", ())
        return bins.bins(start, end, px)


@pytest.mark.parametrize("seed", range(3))
def test_wide_windows_count_as_one_by_one(
    seed: int, organisation: Register, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mixture(organisation, clock, random.Random(seed)).run(80)
    began = product_clock.now()
    for later in (timedelta(), timedelta(minutes=10), timedelta(hours=2), timedelta(days=9)):
        monkeypatch.setattr(product_clock, "now", lambda later=later: began + later)
        for days in (1, 30, 400):
            window = (began - timedelta(days=days), began + timedelta(hours=1), 960)
            drawn = bins.bins(*window)
            assert drawn["width"] % (WIDTHS[0] * 1000) == 0
            assert drawn == plainly(*window, monkeypatch)
    assert Decision.rows.exists()


def test_counts_are_of_every_decision_once(organisation: Register, clock: Clock) -> None:
    Mixture(organisation, clock, random.Random(5)).run(60)
    for width in WIDTHS:
        counted = DecisionCount.objects.filter(width=width)
        assert counted.aggregate(total=Sum("n"))["total"] == Decision.rows.count()
        assert not counted.filter(n__lte=0).exists()


def test_the_migration_counts_as_the_fold_does(organisation: Register, clock: Clock) -> None:
    Mixture(organisation, clock, random.Random(6)).run(80)
    columns = ("width", "start", "state", "n")
    folded = sorted(DecisionCount.objects.values_list(*columns))
    migration = import_module("decisions.migrations.0018_decision_counts")
    with connection.cursor() as cursor:
        for statement in migration.statements(connection.vendor):
            cursor.execute(statement)
    assert sorted(DecisionCount.objects.values_list(*columns)) == folded
