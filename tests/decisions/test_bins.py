"""The columns of wide windows are summed up from counts, and are what counting every decision gives."""

import json
import random
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from decisions import bins, lanes, register
from decisions import clock as product_clock
from decisions.models import Decision, DecisionCount, LaneCount
from decisions.projections.counts import WIDTHS
from decisions.states import effective_state, resting_state, with_resting_state
from decisions.vocab import BADGE_OF, BADGES, State
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
    counts: list[Any] = [DecisionCount.objects.filter(width=width) for width in WIDTHS]
    counts += [LaneCount.objects.filter(width=width, lane_of=of) for width in WIDTHS for of in lanes.LANES]
    for counted in counts:
        assert counted.aggregate(total=Sum("n"))["total"] == Decision.rows.count()
        assert not counted.filter(n__lte=0).exists()


def test_the_migration_counts_as_the_fold_does(organisation: Register, clock: Clock) -> None:
    Mixture(organisation, clock, random.Random(6)).run(80)
    columns = ("width", "start", "state", "n")
    folded = sorted(DecisionCount.objects.values_list(*columns))
    lane_columns = ("lane_of", "width", "start", "lane", "state", "n")
    of_lanes = sorted(LaneCount.objects.values_list(*lane_columns))
    assert of_lanes
    with connection.cursor() as cursor:
        for name in ("0018_decision_counts", "0026_lane_counts"):
            for statement in import_module(f"decisions.migrations.{name}").statements(connection.vendor):
                cursor.execute(statement)
    assert sorted(DecisionCount.objects.values_list(*columns)) == folded
    assert sorted(LaneCount.objects.values_list(*lane_columns)) == of_lanes


def test_the_state_that_a_decision_rests_in_is_the_same_in_sql(organisation: Register, clock: Clock) -> None:
    Mixture(organisation, clock, random.Random(7)).run(120)
    rows: list[Any] = list(with_resting_state(Decision.objects.all()))
    assert [str(row.resting) for row in rows] == [str(resting_state(row)) for row in rows]
    assert len({row.resting for row in rows}) > 3


def by_hand(window: tuple[Any, Any, int], lane_of: str, drawn: dict[str, Any]) -> dict[str, Any]:
    """Lane → (column → [how many, then place and number of each badge that calls for attention]), of every decision by itself."""
    now, known = product_clock.now(), register.latest()
    first, width, columns = drawn["start"] // 1000, drawn["width"] // 1000, drawn["columns_in_window"]
    found: dict[str, dict[int, list[Any]]] = {}
    for row in Decision.objects.all():
        column = int((row.occurred_at.timestamp() - first) // width)
        if 0 <= column < columns:
            name = row.service if lane_of == "service" else known.agents[row.agent_id].slug
            found.setdefault(name, {}).setdefault(column, []).append(BADGE_OF[effective_state(row, now)])
    loud = [(place, badge) for place, badge in enumerate(BADGES) if badge.attention]
    return {
        lane: {
            column: [
                len(badges),
                *(n for place, badge in loud if badge in badges for n in (place, badges.count(badge))),
            ]
            for column, badges in cells.items()
        }
        for lane, cells in found.items()
    }


@pytest.mark.parametrize("lane_of", sorted(lanes.LANES))
def test_lanes_count_as_one_by_one(
    organisation: Register, clock: Clock, monkeypatch: pytest.MonkeyPatch, lane_of: str
) -> None:
    Mixture(organisation, clock, random.Random(8)).run(120)
    began = product_clock.now()
    for later in (timedelta(), timedelta(minutes=10), timedelta(days=9)):
        monkeypatch.setattr(product_clock, "now", lambda later=later: began + later)
        for span in (timedelta(hours=6), timedelta(days=1), timedelta(days=7), timedelta(days=90)):
            window = (began - span, began + timedelta(hours=1), 960)
            drawn = lanes.lanes(*window, lane_of)
            told = {lane["name"]: {column: rest for column, *rest in lane["columns"]} for lane in drawn["lanes"]}
            assert told == by_hand(window, lane_of, drawn)
            assert drawn["others"] == {"lanes": 0, "columns": []}
            assert sum(drawn["totals"].values()) == sum(n for cells in told.values() for n, *_ in cells.values())


@pytest.mark.django_db
def test_lanes_that_do_not_fit_are_told_as_one(clock: Clock) -> None:
    """A company of two hundred services, with names as long as they can be, each of which did something in every column."""
    end = product_clock.now()
    first = int(end.timestamp()) // 900 * 900
    states = (State.SUCCEEDED, State.FAILED, State.VETOED, State.EXPIRED)
    LaneCount.objects.bulk_create(
        LaneCount(
            lane_of="service", width=300, start=first - 900 * column, lane=f"{number:064}", state=state, n=number + 1
        )
        for number in range(200)
        for column in range(96)
        for state in states[: 1 + number % 4]
    )
    told = lanes.lanes(end - timedelta(days=1), end, 960, "service")
    assert len(json.dumps(told, separators=(",", ":"))) <= 40 * 1024
    assert len(told["lanes"]) >= 8
    assert len(told["lanes"]) + told["others"]["lanes"] == 200
    # Those of which most calls for attention, the loudest first.
    loud = {n: (n + 1) * sum(BADGE_OF[state].attention for state in states[: 1 + n % 4]) for n in range(200)}
    by_loudness = sorted(loud, key=lambda n: -loud[n])
    assert [int(lane["name"]) for lane in told["lanes"]] == by_loudness[: len(told["lanes"])]
    each = [column for lane in [*told["lanes"], told["others"]] for column in lane["columns"]]
    assert sum(n for _, n, *_ in each) == sum(told["totals"].values())
    assert told["totals"]["failed"] == sum(96 * (number + 1) for number in range(200) if number % 4)
