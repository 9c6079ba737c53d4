"""Deadlines are evaluated: in Python and in SQL alike, for every state and every side of a deadline."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import queries
from decisions.models import Decision, Heartbeat, ServedClock
from decisions.states import (
    CONTRADICTED,
    REARMED_MS,
    STORED,
    effective_state,
    may_change_at,
    moved_by_time,
    over,
    resting_state,
    told_state,
    with_effective_state,
)
from decisions.vocab import HOLDING, UNDER_WAY, Outcome, SignOff, State

NOW = datetime(2026, 11, 22, 3, 47, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(microseconds=1), NOW + timedelta(microseconds=1)
DEADLINES = (None, NOW - timedelta(days=1), BEFORE, NOW, AFTER)
MINUTE = 60_000


def blank(seq: int, state: State, **over: Any) -> Decision:
    lease = {"lease_id": uuid.uuid4(), "lease_seq": seq, "lease_until": NOW} if state is State.EXECUTING else {}
    held = {"hold_until": AFTER} if state in HOLDING else {}
    return Decision(
        seq=seq,
        id=uuid.uuid4(),
        ref_key=str(seq),
        version=1,
        last_seq=seq,
        agent_id=uuid.uuid4(),
        state=state,
        occurred_at=NOW,
        received_at=NOW,
        **lease | held | over,
    )


def every_case() -> list[dict[str, Any]]:
    """Every state with the fields that its effective state may depend on, on each side of each limit."""
    cases: list[dict[str, Any]] = [
        {"state": state, "hold_until": hold, "claim_until": claim}
        for state, hold, claim in product(State, DEADLINES, DEADLINES)
        if hold is not None or state not in HOLDING
    ]
    cases += [
        {"state": state, "hold_until": hold, "stopped_at": stopped}
        for state, hold, stopped in product(HOLDING, DEADLINES[1:], DEADLINES[1:])
    ]
    cases += [
        {"state": State.WINDOW, "served_due": due, "window_ms": window, "stopped_at": stopped}
        for due, window, stopped in product(
            (None, 9 * MINUTE, 10 * MINUTE, 10 * MINUTE + 1), (None, 1000, MINUTE, 5 * MINUTE), (None, BEFORE)
        )
    ]
    cases += [
        {"state": State.EXECUTING, "lease_until": lease, "to_revert": vetoed}
        for lease, vetoed in product(DEADLINES[1:], (False, True))
    ]
    cases += [
        {
            "state": state,
            "protect_until": protect,
            "sign_off": owed,
            "sign_off_due": NOW,
            "outcome_observed": observed,
            "outcome": outcome,
        }
        for state, protect, owed, (observed, outcome) in product(
            (State.SUCCEEDED, State.FAILED, State.REVIEW),
            DEADLINES,
            SignOff,
            ((False, Outcome.FAILED), (True, Outcome.SUCCEEDED), (True, Outcome.FAILED)),
        )
    ]
    cases += [
        {"state": state, "outcome_observed": True, "outcome": outcome, "protect_until": BEFORE}
        for state, outcome in product(State, Outcome)
        if state not in HOLDING
    ]
    return cases


@pytest.mark.django_db
@pytest.mark.parametrize("beat", DEADLINES)
def test_the_sql_twin_says_the_same_of_every_row(beat: datetime | None) -> None:
    ServedClock.objects.create(id=1, served_ms=10 * MINUTE, resumed_ms=0)
    cases = every_case()
    Decision.objects.bulk_create(blank(seq, **case) for seq, case in enumerate(cases))
    if beat is not None:
        Heartbeat.objects.bulk_create(Heartbeat(decision_seq=seq, until=beat) for seq in range(0, len(cases), 2))
    for resumed in (0, 9 * MINUTE, 9 * MINUTE + 1, 10 * MINUTE - 500):
        ServedClock.objects.update(resumed_ms=resumed)
        rows: list[Any] = list(with_effective_state(Decision.objects.order_by("seq"), NOW))
        assert len(rows) == len(cases)
        states = {row.seq: effective_state(row, NOW) for row in rows}
        assert all(row.state in STORED[states[row.seq]] for row in rows)
        assert [str(states[row.seq]) for row in rows] == [row.effective for row in rows], resumed
        due = {
            row.seq
            for row in rows
            if states[row.seq] != row.state and row.effective not in (State.AUTHORIZED, State.CLOSED, State.REVIEW)
        }
        assert set(Decision.objects.filter(over(NOW)).values_list("seq", flat=True)) == due, resumed
        moved = {row.seq for row in rows if states[row.seq] is not resting_state(row)}
        assert moved <= set(Decision.objects.filter(moved_by_time(NOW)).values_list("seq", flat=True)), resumed
        contradicted = {row.seq for row in rows if told_state(row) != row.state}
        assert set(Decision.objects.filter(CONTRADICTED).values_list("seq", flat=True)) == contradicted


@pytest.mark.django_db
@pytest.mark.parametrize("sign_off", [SignOff.REQUIRED, SignOff.NONE])
def test_what_each_page_counts_is_what_its_queues_list(sign_off: SignOff) -> None:
    ServedClock.objects.create(id=1, served_ms=10 * MINUTE, resumed_ms=0)
    cases = [case | {"sign_off": sign_off, "sign_off_due": NOW, "complete": True} for case in every_case()]
    Decision.objects.bulk_create(blank(seq, **case) for seq, case in enumerate(cases))
    ended = (State.EXPIRED, State.UNKNOWN, State.REVERT_ORDERED)
    owed = {
        row.seq
        for row in Decision.objects.all()
        if sign_off is SignOff.REQUIRED and (row.state not in UNDER_WAY or effective_state(row, NOW) in ended)
    }
    assert set(queries.owed(NOW).values_list("seq", flat=True)) == owed
    assert queries.count_owed(NOW) == len(owed)
    waiting = queries.open_holds(NOW).count() + queries.to_review(NOW).count()
    assert queries.count_needing_people(NOW) == waiting > 0


@pytest.mark.parametrize("state", State)
def test_a_hold_is_over_at_its_deadline_and_not_before(state: State) -> None:
    row = blank(1, state, hold_until=NOW, lease_until=AFTER)
    assert effective_state(row, BEFORE) is state
    assert effective_state(row, NOW) is (State.EXPIRED if state in HOLDING else state)


@pytest.mark.parametrize("state", HOLDING)
def test_a_hold_that_is_stopped_is_never_over(state: State) -> None:
    row = blank(1, state, hold_until=NOW, stopped_at=BEFORE, served_due=0, window_ms=0)
    row.served_ms = 10
    assert effective_state(row, NOW + timedelta(days=3)) is state


def test_permission_that_was_not_used_in_time_is_over() -> None:
    row = blank(1, State.AUTHORIZED, claim_until=NOW)
    assert effective_state(row, BEFORE) is State.AUTHORIZED
    assert effective_state(row, NOW) is State.EXPIRED


def test_a_window_is_a_permission_once_it_was_served() -> None:
    row = blank(1, State.WINDOW, served_due=5 * MINUTE, window_ms=5 * MINUTE, hold_until=AFTER)
    for served, state in ((None, State.WINDOW), (5 * MINUTE - 1, State.WINDOW), (5 * MINUTE, State.AUTHORIZED)):
        row.served_ms = served
        assert effective_state(row, NOW) is state
    assert effective_state(row, AFTER) is State.EXPIRED, "the window's own end comes before what it would permit"


def test_after_nobody_was_there_a_window_has_a_minute_left_at_least() -> None:
    row = blank(1, State.WINDOW, served_due=5 * MINUTE, window_ms=5 * MINUTE)
    row.served_ms, row.resumed_ms = 5 * MINUTE, 5 * MINUTE - 1
    assert effective_state(row, NOW) is State.WINDOW
    row.served_ms = row.resumed_ms + REARMED_MS
    assert effective_state(row, NOW) is State.AUTHORIZED


def test_a_heartbeat_keeps_a_lease() -> None:
    row = blank(1, State.EXECUTING, lease_until=NOW)
    assert effective_state(row, NOW) is State.UNKNOWN
    row.beat_until = AFTER
    assert effective_state(row, NOW) is State.EXECUTING
    row.to_revert = True
    assert effective_state(row, AFTER) is State.REVERT_ORDERED


@given(
    st.sampled_from(State),
    st.sampled_from(DEADLINES[1:]),
    st.sampled_from(DEADLINES),
    st.booleans(),
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_time_alone_never_authorises(
    state: State, hold: datetime, claim: datetime | None, vetoed: bool, since: timedelta, later: timedelta
) -> None:
    """The clock of this machine, that is: a window is a permission by the time that people were there."""
    row = blank(1, state, hold_until=hold, claim_until=claim, to_revert=vetoed, served_due=1, window_ms=1)
    row.served_ms = 0
    first, then = effective_state(row, NOW + since), effective_state(row, NOW + since + later)
    assert then in (first, State.EXPIRED, State.UNKNOWN, State.REVERT_ORDERED)
    assert then is not State.AUTHORIZED or state is State.AUTHORIZED


@pytest.mark.parametrize("served", [None, 9 * MINUTE, 10 * MINUTE])
@pytest.mark.parametrize("beat", [None, AFTER, NOW + timedelta(minutes=1)])
def test_until_it_may_change_it_does_not(served: int | None, beat: datetime | None) -> None:
    """Whatever the deadlines, and with somebody there all the time: then the served clock runs fastest."""
    changing = 0
    for case in every_case():
        row = blank(1, **case)
        row.served_ms, row.resumed_ms, row.beat_until = served, 0, beat
        for now in (BEFORE, NOW, AFTER):
            if (case.get("stopped_at") or now) > now:
                continue
            state, at = effective_state(row, now), may_change_at(row, now)
            assert at is None or at >= now
            for then in {NOW + timedelta(seconds=s) for s in (1, 59, 61, 3600)} | {at or AFTER, AFTER}:
                if then < now or (at is not None and then >= at):
                    continue
                # Not copy.copy: a model's way of copying takes longer than all the rest of this test.
                later = Decision.__new__(Decision)
                vars(later).update(vars(row))
                later.served_ms = served + int((then - now).total_seconds() * 1000) if served is not None else None
                assert effective_state(later, then) is state, (case, now, then)
            changing += at is not None
    assert changing
