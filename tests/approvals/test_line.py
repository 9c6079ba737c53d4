"""The line as a picture: its squares, where it turns, what folds, and the counts of the month."""

from datetime import UTC, datetime

import pytest

from approvals import policy
from approvals.policy.cells import OTHER
from approvals.policy.line import Line, drawn
from approvals.queries import line as queries
from approvals.queries.line import Tally
from decisions.models import Agent, Decision
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send


def of(environment: str = "prod", *seen: str, **over: object) -> Line:
    return drawn(policy.read(factories.policy(**over), version=1), environment, seen)


def levels(line: Line, kind: str) -> str:
    place = line.kinds.index(kind)
    return " ".join(squares[place].level for _, squares in line.rows)


def test_what_the_policy_singles_out_has_a_column_and_the_rest_folds():
    line = of()
    assert set(line.kinds) == {OTHER, "restart", "delete"}
    assert {"scale", "rollback"} <= set(line.folded)
    assert levels(line, "restart") == "L2 L4 L4 L4"
    assert levels(line, OTHER) == "L2 L2 L3 L4"


def test_a_kind_that_was_seen_lately_has_a_column():
    line = of("prod", "scale")
    assert "scale" in line.kinds
    assert "scale" not in line.folded


def test_a_name_that_no_policy_knows_has_none():
    assert "made up" not in of("prod", "made up").kinds


def test_what_cannot_be_taken_back_is_never_above_two():
    assert levels(of("staging"), "delete") == "L2 L2 L2 L2"


def test_exceptions_and_freeze_windows_are_left_aside():
    rule = {"id": "quiet", "when": [{"f": "tier", "op": "eq", "v": 3}], "effect": "tighten", "max_level": "L1"}
    assert levels(of(exceptions=[rule]), OTHER) == levels(of(), OTHER)


def test_least_autonomy_comes_first_and_the_line_runs_between_the_sides():
    line = of()
    assert line.kinds == ("delete", OTHER, "restart")
    turns = {(tier, square.kind): (square.turns_right, square.turns_below) for tier, row in line.rows for square in row}
    assert turns[1, OTHER] == (True, True)
    assert turns[2, "delete"] == (True, False)
    assert turns[0, "restart"] == (False, True)
    assert turns[3, "restart"] == (False, False)


@pytest.mark.django_db
def test_it_counts_what_ran_this_month_and_what_went_beyond(agent: Agent, clock: Clock):
    clock.set(datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
    send(agent, event(decision="before", time="2026-10-31T23:59:59Z", action=factories.action(kind="restart")))
    clock.set(datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC))
    for name in "ab":
        send(agent, event(decision=name, time="2026-11-01T00:00:00Z", action=factories.action(kind="restart")))
    send(agent, event(decision="over", time="2026-11-01T00:00:00Z"))
    send(agent, event(decision="strange", time="2026-11-01T00:00:00Z", action=factories.action(service="nowhere")))
    factories.propose(agent)
    counts = queries.this_month(clock.now())
    assert counts.period.key == "2026-11"
    assert counts.since is None
    assert counts.by == {
        (1, "restart", "prod"): Tally(2, 0),
        (1, "scale", "prod"): Tally(1, 1),
        (None, "scale", "prod"): Tally(1, 1),
    }


@pytest.mark.django_db
def test_of_a_month_that_holds_more_the_newest_are_counted(agent: Agent, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "MOST", 2)
    for minute in range(4):
        send(agent, event(decision=f"{minute}", time=f"2026-11-20T00:0{minute}:00Z"))
    counts = queries.this_month(clock.now())
    assert counts.since == datetime(2026, 11, 20, 0, 2, tzinfo=UTC)
    assert sum(counts.by.values(), Tally()).acts == 2
    assert Decision.rows.count() == 4
