"""Deadlines are evaluated: in Python and in SQL alike, for every state and every side of a deadline."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.models import Decision
from decisions.states import effective_state, over, with_effective_state
from decisions.vocab import HOLDING, State

NOW = datetime(2026, 11, 22, 3, 47, tzinfo=UTC)
DEADLINES = (None, NOW - timedelta(days=1), NOW - timedelta(microseconds=1), NOW, NOW + timedelta(microseconds=1))


def every_row() -> list[Decision]:
    combinations = product(State, DEADLINES, DEADLINES)
    return [
        Decision(
            seq=seq,
            id=uuid.uuid4(),
            ref_key=str(seq),
            version=1,
            last_seq=seq,
            agent_id=uuid.uuid4(),
            state=state,
            occurred_at=NOW,
            received_at=NOW,
            hold_until=hold,
            claim_until=claim,
        )
        for seq, (state, hold, claim) in enumerate(combinations)
        if hold is not None or state not in HOLDING
    ]


@pytest.mark.django_db
def test_the_sql_twin_says_the_same_of_every_row() -> None:
    Decision.objects.bulk_create(every_row())
    rows: list[Any] = list(with_effective_state(Decision.objects.all(), NOW))
    assert len(rows) == 17 * 25 + 3 * 20
    assert [str(effective_state(row, NOW)) for row in rows] == [row.effective for row in rows]
    passed = {row.seq for row in rows if effective_state(row, NOW) != row.state}
    assert set(Decision.objects.filter(over(NOW)).values_list("seq", flat=True)) == passed


@pytest.mark.parametrize("state", State)
def test_a_hold_is_over_at_its_deadline_and_not_before(state: State) -> None:
    row = Decision(state=state, hold_until=NOW, claim_until=None)
    assert effective_state(row, NOW - timedelta(microseconds=1)) is state
    assert effective_state(row, NOW) is (State.EXPIRED if state in HOLDING else state)


def test_permission_that_was_not_used_in_time_is_over() -> None:
    row = Decision(state=State.AUTHORIZED, hold_until=None, claim_until=NOW)
    assert effective_state(row, NOW - timedelta(microseconds=1)) is State.AUTHORIZED
    assert effective_state(row, NOW) is State.EXPIRED


@given(
    st.sampled_from(State),
    st.sampled_from(DEADLINES),
    st.sampled_from(DEADLINES),
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_time_alone_never_authorises(
    state: State, hold: datetime | None, claim: datetime | None, since: timedelta, later: timedelta
) -> None:
    row = Decision(state=state, hold_until=hold, claim_until=claim)
    first, then = effective_state(row, NOW + since), effective_state(row, NOW + since + later)
    assert then in (first, State.EXPIRED)
