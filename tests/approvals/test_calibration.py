"""How sure an agent was, and how it turned out: counted as a plain reading of what is stored counts it, and each decision once."""

import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from approvals.queries import calibration, outcomes
from decisions import clock as product_clock
from decisions.models import Agent, Decision, Person
from decisions.models.bulk import made
from decisions.states import effective_state
from decisions.vocab import TURNED, Outcome, SignOff, State
from tests import factories
from tests.conftest import Clock
from tests.mixture import Mixture

ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from([0, 0.49, 0.5, 0.699, 0.7, 0.899, 0.9, 1, "0.95", True, -1, 1.5]),
        st.sampled_from(list(State)),
        st.sampled_from(["", *Outcome]),
        st.sampled_from(list(SignOff)),
    ),
    max_size=60,
)


def which(confidence: Any) -> str:
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        return ""
    return "A" if confidence >= 0.9 else "B" if confidence >= 0.7 else "C" if confidence >= 0.5 else "D"


def plainly(stated: float, rows: list[tuple[Any, State, str, str]]) -> tuple[int, dict[str, int]]:
    """The same by its definition: (how many of which it is known, how many of each that went otherwise)."""
    known, found = 0, dict.fromkeys(("undone", "vetoed", "refused", "wrong"), 0)
    for _, state, outcome, sign_off in [row for row in rows if which(row[0]) == which(stated)][: calibration.MOST]:
        told = outcome in ("succeeded", "no_change", "failed", "partial")
        if state in TURNED:
            how = "undone"
        elif state == "vetoed":
            how = "vetoed"
        elif not told or state in ("review", "unknown"):
            continue
        elif outcome in ("failed", "partial"):
            how = "wrong"
        elif sign_off == "refused":
            how = "refused"
        else:
            how = "worked"
        known += 1
        if how in found:
            found[how] += 1
    return known, {how: n for how, n in found.items() if n}


@given(st.sampled_from([0.0, 0.5, 0.7, 0.89, 0.9, 1.0]), ROWS)
def test_it_counts_what_a_plain_reading_counts(stated: float, rows: list[tuple[Any, State, str, str]]) -> None:
    counted = calibration.counted(stated, rows)
    assert (counted.known, {str(how): n for how, n in counted.otherwise.items()}) == plainly(stated, rows)
    assert counted.hits <= counted.known


@given(st.sampled_from(list(State)), st.sampled_from(["", *Outcome]), st.sampled_from(list(SignOff)))
def test_an_act_counts_on_an_agents_page_as_it_counts_here(state: State, outcome: str, sign_off: SignOff) -> None:
    there = outcomes.went(state, outcome, sign_off)
    counted = calibration.counted(0.95, [(0.95, state, outcome, sign_off)])
    # A veto is people's word of the decision, whatever was done all the same.
    if there is not None and state is not State.VETOED:
        assert counted.known == 1
        assert counted.hits == (there is not outcomes.Went.WORKED)


def test_only_the_latest_of_a_band_are_counted() -> None:
    rows = [(0.95, State.REPORTED, "succeeded", "none")] * calibration.MOST
    assert calibration.counted(0.9, [*rows, (0.95, State.REPORTED, "failed", "none")]).hits == 0
    assert calibration.counted(0.9, [(0.6, State.REPORTED, "failed", "none"), *rows]).known == calibration.MOST


@pytest.mark.parametrize(("known", "few"), [(0, True), (19, True), (20, False)])
def test_of_too_few_no_share_is_told(known: int, few: bool) -> None:
    shown = calibration.counted(0.9, [(0.9, State.REPORTED, "failed", "none")] * known).shown()
    assert shown["few"] is few
    assert ("share" in shown) is not few
    assert shown["known"] == known


@pytest.mark.django_db
def test_the_database_finds_what_a_plain_reading_finds(organisation: factories.Register, clock: Clock) -> None:
    Mixture(organisation, clock, random.Random(3)).run(400)
    clock.advance(minutes=20)
    now = product_clock.now()
    every = list(Decision.objects.order_by("-seq"))
    told = random.Random(4)
    for row in every:
        row.account = {"confidence": told.choice([0.3, 0.75, 0.9, 1, None, "high"])} if row.seq % 9 else {}
        row.save(update_fields=["account"])
    compared = 0
    for row in every:
        stated = row.account.get("confidence")
        if not isinstance(stated, int | float):
            assert calibration.of(row, now) is None
            continue
        same = [
            (one.account.get("confidence"), effective_state(one, now), one.outcome, one.sign_off)
            for one in every
            if (one.agent_id, one.kind, one.complete) == (row.agent_id, row.kind, True) and one.seq != row.seq
        ]
        found = calibration.of(row, now)
        assert found is not None
        assert (found.known, {str(how): n for how, n in found.otherwise.items()}) == plainly(stated, same)
        compared += found.known > 0
    assert compared > 10


@pytest.mark.django_db
def test_it_is_one_query_that_reads_no_more_however_many_there_are(agent: Agent, manager: Person) -> None:
    row = factories.propose(agent)
    many = [
        made(
            Decision,
            **{
                field.attname: getattr(row, field.attname)
                for field in Decision._meta.concrete_fields
                if field.attname not in ("seq", "id", "ref_key", "lease_id")
            },
            seq=10_000 + number,
            id=uuid4(),
            ref_key=f"r{number}",
        )
        for number in range(calibration.READ + 300)
    ]
    for one in many:
        one.state, one.outcome, one.hold_until = State.REPORTED, Outcome.SUCCEEDED, None
    Decision.rows.bulk_create(many)
    # Older ones that nobody counts any more.
    Decision.rows.filter(seq__gte=10_000, seq__lt=10_300).update(outcome=Outcome.FAILED)
    now = product_clock.now() + timedelta(seconds=1)
    with CaptureQueriesContext(connection) as asked:
        found = calibration.of(row, now)
    assert len(asked) == 1
    assert found is not None
    assert (found.known, found.hits) == (calibration.MOST, 0)
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        cursor.execute(explain + asked[0]["sql"])
        plan = " ".join(str(part) for line in cursor.fetchall() for part in line)
    assert "decision_agent" in plan
    assert "SCAN decision " not in plan
