"""What the holder of a lease told beside what others saw: where the two disagree people decide, and nothing closes by itself."""

from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from itertools import permutations
from typing import Any

import pytest
from django.db import connection

from approvals.actions.break_glass import break_glass
from approvals.actions.cut_link import cut_link
from approvals.actions.review import review
from approvals.actions.sign_off import sign_off
from approvals.vocab import Finding, Judgement
from decisions import clock as product_clock
from decisions import feed, queries
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision, DecisionCount, Evidence, Person, Timeline
from decisions.rebuild import rebuild
from decisions.states import effective_state, with_effective_state
from decisions.vocab import Effect, Level, Outcome, SignOff, State
from tests import factories
from tests.conftest import Clock
from tests.decisions.test_parts_in_any_order import told, watched

__all__ = ["watched"]
pytestmark = pytest.mark.django_db
WELL = {Outcome.SUCCEEDED, Outcome.NO_CHANGE}


def leased(agent: Agent, manager: Person) -> Decision:
    told("proposed", "p", product_clock.now()).come(agent)
    factories.approve(factories.decision(agent, "d"), manager)
    return factories.claim(factories.decision(agent, "d"))


def saw(outcome: Outcome | None, **over: Any) -> Evidence:
    factories.hand_in(factories.effect(actor="rem", outcome=outcome, **over))
    return Evidence.objects.order_by("-seq")[0]


def now_of(agent: Agent) -> tuple[Decision, State]:
    row = factories.decision(agent, "d")
    state = effective_state(row, product_clock.now())
    [twin] = with_effective_state(Decision.objects.filter(seq=row.seq), product_clock.now())
    assert twin.effective == state  # type: ignore[attr-defined]  # annotated
    assert rebuild(check=True).differences == ()
    return row, state


def both(agent: Agent, manager: Person, order: Sequence[str], claimed: Outcome, observed: Outcome) -> Decision:
    row = leased(agent, manager)
    for part in order:
        if part == "told":
            row = factories.finish(row, claimed)
        else:
            saw(observed)
    return row


def accept(row: Decision, by: Person) -> None:
    row.refresh_from_db()
    given = {"effect": Effect.HELPED, "cause": None, "reason": "Looked at the graphs."}
    sign_off(row.id, judgement=Judgement.ACCEPT, version=row.version, actor=by.id, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", list(permutations(["told", "seen"])))
@pytest.mark.parametrize("observed", Outcome)
@pytest.mark.parametrize("claimed", [Outcome.SUCCEEDED, Outcome.FAILED])
def test_what_was_told_and_seen_otherwise_is_for_people_to_look_at(
    watched: Agent, manager: Person, clock: Clock, order: tuple[str, ...], claimed: Outcome, observed: Outcome
) -> None:
    """Nor does a sign-off close it: that judges the act, and does not say which of the two is true."""
    both(watched, manager, order, claimed, observed)
    agree = observed is not Outcome.UNKNOWN and (claimed in WELL) == (observed in WELL)
    row, state = now_of(watched)
    told_of = State.SUCCEEDED if claimed in WELL else State.FAILED
    assert state is (told_of if agree else State.REVIEW)
    assert Timeline.objects.filter(decision_seq=row.seq).order_by("-seq")[0].state == state
    assert queries.to_review(clock.at).contains(row) is not agree
    accept(row, manager)
    clock.advance(hours=2)
    assert now_of(watched)[1] is (State.CLOSED if agree else State.REVIEW)


def test_a_person_ends_it_and_nothing_seen_later_opens_it_again(watched: Agent, manager: Person, clock: Clock) -> None:
    row = both(watched, manager, ["told", "seen"], Outcome.SUCCEEDED, Outcome.FAILED)
    row.refresh_from_db()
    reason = "It was refused; nothing to undo."
    review(row.id, finding=Finding.CLOSED, reason=reason, version=row.version, actor=manager.id)
    assert now_of(watched)[1] is State.CLOSED
    saw(Outcome.SUCCEEDED)
    assert now_of(watched)[1] is State.CLOSED


def test_people_can_have_it_undone(watched: Agent, manager: Person, responder: Person) -> None:
    factories.veto(both(watched, manager, ["told", "seen"], Outcome.SUCCEEDED, Outcome.PARTIAL), responder)
    row, state = now_of(watched)
    assert (state, row.to_revert) == (State.REVERT_ORDERED, True)


def test_a_cut_link_leaves_the_word_of_the_holder(watched: Agent, manager: Person, responder: Person) -> None:
    row = leased(watched, manager)
    factories.finish(row)
    evidence = saw(Outcome.FAILED)
    assert now_of(watched)[1] is State.REVIEW
    cut_link(row.id, evidence=evidence.seq, reason="Another cluster.", actor=responder.id)
    row, state = now_of(watched)
    assert (state, row.outcome, row.outcome_observed) == (State.SUCCEEDED, Outcome.SUCCEEDED, False)


@pytest.mark.parametrize("until", ["asked", "approved", "expired", "permission over", "vetoed", "review"])
def test_a_sign_off_is_listed_exactly_when_it_can_be_given(
    watched: Agent, manager: Person, responder: Person, clock: Clock, until: str
) -> None:
    told("proposed", "p", clock.at).come(watched)
    row = factories.decision(watched, "d")
    if until in ("approved", "permission over", "review"):
        factories.approve(row, manager)
    if until == "review":
        row = factories.claim(factories.decision(watched, "d"))
        saw(Outcome.SUCCEEDED, at=clock.at - timedelta(seconds=59))
        told("outcome", "o", clock.at, outcome={"status": "succeeded"}).come(watched)
    else:
        saw(Outcome.SUCCEEDED)
    if until in ("expired", "permission over"):
        clock.advance(minutes=31)
    if until == "vetoed":
        factories.veto(row, responder)
    row = factories.decision(watched, "d")
    assert row.sign_off == SignOff.REQUIRED
    listed = queries.owed(clock.at).contains(row)
    assert listed is (until not in ("asked", "approved"))
    assert feed.rows_of([Decision.objects.get(seq=row.seq)], clock.at)[0]["owed"] is listed
    if listed:
        accept(row, manager)
    else:
        with pytest.raises(Problem) as refused:
            accept(row, manager)
        assert refused.value.slug == "not-yet"


@pytest.mark.parametrize("how", ["at work", "over"])
def test_broken_glass_is_listed_for_sign_off_once_its_lease_is_over(
    watched: Agent, manager: Person, clock: Clock, how: str
) -> None:
    told("proposed", "p", clock.at).come(watched)
    row = factories.decision(watched, "d")
    break_glass(row.id, reason="The shop is down.", shown=factories.shown(row), actor=manager.id)
    row = factories.claim(factories.decision(watched, "d"))
    clock.advance(minutes=0 if how == "at work" else 2)
    assert (row.sign_off, queries.owed(clock.at).contains(row)) == (SignOff.REQUIRED, how == "over")


EARLY = timedelta(minutes=5)
TOLERATED = timedelta(seconds=60)


def after_five_minutes(agent: Agent, manager: Person, clock: Clock) -> Decision:
    """Asked for five minutes and one second before it is claimed."""
    told("proposed", "p", clock.at).come(agent)
    clock.advance(minutes=5, seconds=1)
    factories.approve(factories.decision(agent, "d"), manager)
    return factories.claim(factories.decision(agent, "d"))


@pytest.mark.parametrize("order", list(permutations(["told", "early", "in time"])))
def test_what_was_done_before_the_claim_was_done_without_permission(
    watched: Agent, manager: Person, responder: Person, clock: Clock, order: tuple[str, ...]
) -> None:
    row = after_five_minutes(watched, manager, clock)
    for part in order:
        if part == "told":
            factories.finish(row, Outcome.FAILED)
        else:
            in_time = part == "in time"
            outcome = Outcome.FAILED if in_time else Outcome.SUCCEEDED
            saw(outcome, at=clock.at if in_time else clock.at - EARLY, id=part)
    found, state = now_of(watched)
    assert Alarm.objects.get().kind == "acted_without_permission"
    assert (found.level_used, found.beyond, found.sign_off) == (Level.L4, True, SignOff.REQUIRED)
    assert (state, found.outcome, found.outcome_observed) == (State.FAILED, Outcome.FAILED, True)
    early = Evidence.objects.get(occurred_at__lt=clock.at)
    cut_link(row.id, evidence=early.seq, reason="Another cluster.", actor=responder.id)
    found, state = now_of(watched)
    assert (found.level_used, found.beyond, found.outcome, state) == (Level.L2, False, Outcome.FAILED, State.FAILED)


@pytest.mark.parametrize(("before", "allowed"), [(TOLERATED, True), (TOLERATED + timedelta(microseconds=1), False)])
@pytest.mark.parametrize("how", ["seen", "executed", "outcome", "reverted"])
def test_as_much_as_clocks_differ_it_may_seem_to_be_done_before_its_claim(
    watched: Agent, manager: Person, clock: Clock, before: timedelta, how: str, *, allowed: bool
) -> None:
    after_five_minutes(watched, manager, clock)
    if how == "seen":
        saw(Outcome.SUCCEEDED, at=clock.at - before)
    else:
        told(how, "e", clock.at - before).come(watched)
    row, state = now_of(watched)
    assert state is (State.EXECUTING if how == "seen" else State.REVIEW)
    assert row.level_used == (Level.L2 if allowed else Level.L4)
    assert Alarm.objects.filter(kind="acted_without_permission").exists() is not allowed


def test_what_is_seen_of_the_time_before_the_claim_bears_out_nothing(
    watched: Agent, manager: Person, clock: Clock
) -> None:
    factories.finish(after_five_minutes(watched, manager, clock))
    saw(Outcome.SUCCEEDED, at=clock.at - EARLY)
    row, state = now_of(watched)
    assert (state, row.outcome_observed) == (State.SUCCEEDED, False)
    clock.advance(days=1)
    assert now_of(watched)[1] is State.SUCCEEDED


@pytest.mark.parametrize("protected", [True, False])
def test_the_counts_of_an_older_version_are_moved(
    watched: Agent, manager: Person, clock: Clock, *, protected: bool
) -> None:
    both(watched, manager, ["told", "seen"], Outcome.SUCCEEDED, Outcome.FAILED)
    if protected:
        accept(factories.decision(watched, "d"), manager)
    wanted = sorted(DecisionCount.objects.values_list("width", "start", "state", "n"))
    counted = import_module("decisions.migrations.0018_decision_counts").statements(connection.vendor)
    with connection.cursor() as cursor:
        for statement in counted:
            cursor.execute(statement)
        assert sorted(DecisionCount.objects.values_list("width", "start", "state", "n")) != wanted
        for statement in import_module("decisions.migrations.0020_contradicted").statements(connection.vendor):
            cursor.execute(statement)
    assert sorted(DecisionCount.objects.values_list("width", "start", "state", "n")) == wanted
