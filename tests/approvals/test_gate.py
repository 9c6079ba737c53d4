"""The right to act: claimed once, taken away at any point before, and paid for after."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from approvals.actions.comment import comment
from approvals.actions.expire import expire
from approvals.actions.extend_hold import extend_hold
from approvals.actions.keep_lease import keep_lease
from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.review import review
from approvals.actions.set_freeze import set_freeze
from approvals.actions.withdraw import withdraw
from approvals.machine import LEASE, MAX_HOLD, MAX_LEASE
from approvals.models import Comment
from approvals.organisation import Organisation
from approvals.queries.reverts import orders_of
from approvals.vocab import Finding
from decisions import clock as product_clock
from decisions import ledger, ports, rebuild, served
from decisions.models import Agent, Decision, Person, ServedClock
from decisions.vocab import FreezeMode, FreezeScope, Kind, Level, Outcome, State
from tests import factories
from tests.approvals.asking import GEO, WIKI, again, now, refused, serve
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def approved(agent: Agent, manager: Person) -> Decision:
    row = factories.propose(agent)
    factories.approve(row, manager)
    return again(row)


# -- the claim


def test_a_claim_is_the_right_to_act_at_the_level_of_its_basis(approved: Decision, clock: Clock) -> None:
    row = factories.claim(approved, executor="runner-1")
    assert (row.state, row.basis, row.level_used, row.beyond) == (State.EXECUTING, "quorum", Level.L2, False)
    assert row.lease_until == clock.at + LEASE
    assert row.executor == "runner-1"
    entry = ledger.entry(row.lease_seq or 0)
    assert entry is not None
    assert (entry[0].kind, entry[0].id) == (Kind.CLAIM_GRANTED, row.lease_id), "the fencing number is the claim's seq"


def test_the_same_key_gets_the_same_lease_and_another_none(approved: Decision) -> None:
    first = factories.claim(approved, key="c-1")
    size = ledger.size()
    second = factories.claim(approved, key="c-1")
    assert (second.lease_id, second.lease_seq, ledger.size()) == (first.lease_id, first.lease_seq, size)
    refused("claimed", factories.claim, approved, key="c-2")


def test_a_lease_is_told_again_for_its_own_action_alone(approved: Decision) -> None:
    factories.claim(approved, key="c-1")
    refused("hash-mismatch", factories.claim, approved, key="c-1", action_hash="sha256:" + "0" * 64)


def test_a_lease_is_not_told_again_after_people_said_stop(agent: Agent, responder: Person, approved: Decision) -> None:
    """Its holder may never have heard of it, and would begin now."""
    alone = factories.propose(agent, action=WIKI)
    for row in (alone, approved):
        factories.claim(row)
    factories.veto(again(approved), responder)
    assert refused("vetoed", factories.claim, approved).status == 403
    set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.AUTONOMY, reason="", actor=responder.id)
    assert refused("frozen", factories.claim, alone).status == 423
    assert now(alone) is State.EXECUTING


def test_a_lease_that_is_over_is_not_given_again(approved: Decision, clock: Clock) -> None:
    factories.claim(approved)
    clock.advance(seconds=60)
    refused("not-open", factories.claim, approved)
    assert now(approved) is State.UNKNOWN


def test_what_is_not_permitted_cannot_be_claimed(agent: Agent, clock: Clock) -> None:
    held = factories.propose(agent)
    assert refused("not-open", factories.claim, held).status == 409
    window = factories.propose(agent, action=GEO)
    assert refused("window-open", factories.claim, window).status == 425
    clock.advance(minutes=30)
    assert refused("expired", factories.claim, held).status == 410


def test_a_veto_before_the_claim_makes_it_impossible(approved: Decision, responder: Person) -> None:
    factories.veto(approved, responder)
    assert refused("vetoed", factories.claim, approved).status == 403
    assert now(approved) is State.VETOED


def test_another_action_cannot_be_claimed(approved: Decision) -> None:
    assert refused("hash-mismatch", factories.claim, approved, action_hash="sha256:" + "0" * 64).status == 412


def test_an_agent_sees_its_own_decisions_alone(approved: Decision, organisation: factories.Register) -> None:
    refused("not-found", factories.claim, approved, agent=organisation.agents["autoscaler"].id)
    factories.claim(approved)
    refused("not-found", keep_lease, again(approved).lease_id, fencing=0, agent=organisation.agents["autoscaler"].id)


def test_a_stricter_policy_applies_at_once(agent: Agent, approved: Decision) -> None:
    alone = factories.propose(agent, action=WIKI)
    assert alone.state == State.AUTHORIZED
    rows = [{"tier": "*", "kind": "*", "environment": "*", "level": "L2", "requirement": "two"}]
    activate_policy(factories.policy(matrix=rows))
    assert refused("policy-changed", factories.claim, alone).status == 412
    # One person approved where the policy now asks for two.
    assert refused("policy-changed", factories.claim, approved).status == 412


def test_a_looser_policy_does_not_reach_open_decisions(agent: Agent) -> None:
    held = factories.propose(agent)
    rows = [{"tier": [1, 2, 3], "kind": "*", "environment": "*", "level": "L4"}]
    activate_policy(factories.policy(matrix=rows))
    refused("not-open", factories.claim, held)


def test_an_approver_who_is_none_any_more_does_not_count(approved: Decision, admin: Person) -> None:
    change_register(Organisation(people=[factories.person("marta", "manager", active=False)]), actor=admin.id)
    refused("policy-changed", factories.claim, approved)


@pytest.mark.parametrize("service", ["search", "wiki"])
def test_an_approver_who_lost_the_role_does_not_count(
    agent: Agent, manager: Person, responder: Person, admin: Person, service: str
) -> None:
    """Neither as a member of the group nor, where no group is named, as a manager."""
    set_freeze(scope=FreezeScope.SERVICE, value="wiki", mode=FreezeMode.AUTONOMY, reason="", actor=responder.id)
    row = factories.propose(agent, action=factories.action(service=service))
    factories.approve(row, manager)
    change_register(Organisation(people=[factories.person("marta", "viewer")]), actor=admin.id)
    refused("policy-changed", factories.claim, row)


def test_a_vote_of_somebody_who_lost_the_role_fills_no_place(
    agent: Agent, manager: Person, second_manager: Person, admin: Person
) -> None:
    row = factories.propose(agent, action=factories.action(service="checkout"))
    factories.approve(row, manager)
    change_register(Organisation(people=[factories.person("marta", "viewer")]), actor=admin.id)
    factories.approve(again(row), second_manager)
    assert now(row) is State.PENDING


@pytest.mark.parametrize("ruled", [{"level": "L0"}, {"level": "L2", "requirement": "one"}])
def test_what_cannot_be_ruled_cannot_be_claimed(
    approved: Decision, monkeypatch: pytest.MonkeyPatch, ruled: dict[str, str]
) -> None:
    """An error must not permit what the policy would forbid: a proposal may be held, a claim has nothing to hold."""
    rows = [{"tier": "*", "kind": "*", "environment": "*", **ruled}]
    activate_policy(factories.policy(matrix=rows))
    monkeypatch.setattr(ports.sockets, "gate", None)
    assert refused("not-ruled", factories.claim, approved).status == 503
    assert now(approved) is State.AUTHORIZED


# -- the lease


def test_heartbeats_keep_a_lease_and_silence_ends_it(approved: Decision, clock: Clock) -> None:
    row = factories.claim(approved)
    assert row.lease_id is not None
    assert row.lease_seq is not None
    for _ in range(5):
        clock.advance(seconds=50)
        assert keep_lease(row.lease_id, fencing=row.lease_seq, agent=row.agent_id).stop_reason is None
    assert now(row) is State.EXECUTING
    clock.advance(seconds=60)
    assert now(row) is State.UNKNOWN
    refused("lease-over", keep_lease, row.lease_id, fencing=row.lease_seq, agent=row.agent_id)
    assert expire() == 1
    assert again(row).state == State.UNKNOWN
    assert expire() == 0


def test_no_lease_lives_longer_than_it_may(approved: Decision, clock: Clock) -> None:
    row = factories.claim(approved)
    assert row.lease_id is not None
    assert row.lease_seq is not None
    began = kept_until = clock.at
    while clock.at <= began + MAX_LEASE - timedelta(seconds=55):
        clock.advance(seconds=55)
        kept_until = keep_lease(row.lease_id, fencing=row.lease_seq, agent=row.agent_id).until
    assert kept_until == began + MAX_LEASE
    clock.set(kept_until)
    refused("lease-over", keep_lease, row.lease_id, fencing=row.lease_seq, agent=row.agent_id)


def test_a_stale_fencing_number_is_refused(approved: Decision) -> None:
    row = factories.claim(approved)
    refused("stale-fencing", keep_lease, row.lease_id, fencing=0, agent=row.agent_id)
    refused("stale-fencing", factories.finish, row, fencing=0)


def test_a_veto_during_the_act_stops_the_executor_and_orders_a_revert(approved: Decision, responder: Person) -> None:
    row = factories.claim(approved)
    factories.veto(row, responder)
    assert now(row) is State.EXECUTING
    assert row.lease_id is not None
    assert row.lease_seq is not None
    kept = keep_lease(row.lease_id, fencing=row.lease_seq, agent=row.agent_id)
    assert (kept.stop_reason, kept.until) == ("vetoed", row.lease_until)
    row = factories.finish(row)
    assert (row.state, row.outcome) == (State.REVERT_ORDERED, Outcome.SUCCEEDED)
    assert [order.id for order in orders_of(row.agent_id, product_clock.now())] == [row.id]
    refused("already-decided", factories.veto, row, responder)


def test_a_vetoed_executor_that_is_silent_owes_a_revert(approved: Decision, responder: Person, clock: Clock) -> None:
    row = factories.claim(approved)
    factories.veto(row, responder)
    assert orders_of(row.agent_id, clock.at) == []
    clock.advance(seconds=60)
    assert now(row) is State.REVERT_ORDERED
    assert [order.id for order in orders_of(row.agent_id, clock.at)] == [row.id], "before anybody wrote it down"
    expire()
    assert again(row).state == State.REVERT_ORDERED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Outcome.SUCCEEDED, State.SUCCEEDED),
        (Outcome.NO_CHANGE, State.SUCCEEDED),
        (Outcome.PARTIAL, State.FAILED),
        (Outcome.FAILED, State.FAILED),
        (Outcome.NOT_EXECUTED, State.FAILED),
        (Outcome.UNKNOWN, State.UNKNOWN),
    ],
)
def test_an_outcome_is_what_its_executor_says(approved: Decision, status: Outcome, state: State) -> None:
    row = factories.finish(factories.claim(approved), status)
    assert (row.state, row.outcome, row.outcome_observed) == (state, status, False)


def test_an_outcome_told_twice_is_told_once_and_another_is_refused(approved: Decision) -> None:
    row = factories.finish(factories.claim(approved))
    size = ledger.size()
    assert factories.finish(row).version == row.version
    assert ledger.size() == size
    refused("other-outcome", factories.finish, row, Outcome.FAILED)
    assert again(row).outcome == Outcome.SUCCEEDED


def test_a_late_outcome_is_evidence_for_a_person(approved: Decision, manager: Person, clock: Clock) -> None:
    row = factories.claim(approved)
    clock.advance(minutes=2)
    row = factories.finish(row)
    assert (row.state, row.outcome) == (State.REVIEW, Outcome.SUCCEEDED)
    refused("not-open", factories.claim, row)
    review(row.id, finding=Finding.CLOSED, reason="The graph agrees.", version=row.version, actor=manager.id)
    assert again(row).state == State.CLOSED


# -- windows


def test_a_window_counts_served_time_alone(agent: Agent, clock: Clock) -> None:
    row = factories.propose(agent, action=GEO)
    serve(clock, 100)
    clock.advance(minutes=20)
    assert now(row) is State.WINDOW, "nobody was there"
    serve(clock, 199)
    assert now(row) is State.WINDOW
    serve(clock, 1)
    assert now(row) is State.AUTHORIZED
    claimed = factories.claim(row)
    assert (claimed.state, claimed.basis, claimed.level_used) == (State.EXECUTING, "window", Level.L3)


def test_a_window_that_nobody_could_veto_in_expires(agent: Agent, clock: Clock) -> None:
    row = factories.propose(agent, action=GEO)
    clock.advance(minutes=35)
    assert now(row) is State.EXPIRED


def test_after_nobody_was_there_a_minute_is_left(agent: Agent, clock: Clock) -> None:
    row = factories.propose(agent, action=GEO)
    serve(clock, 299)
    clock.advance(minutes=10)
    serve(clock, 59)
    assert now(row) is State.WINDOW
    serve(clock, 1)
    assert now(row) is State.AUTHORIZED


@pytest.mark.parametrize("jump", [3600, -3600, 86_400])
def test_a_jump_of_the_clock_serves_nothing(clock: Clock, jump: float) -> None:
    serve(clock, 10)
    clock.advance(seconds=jump)
    served.tick()
    assert ServedClock.objects.get().served_ms == 10_000
    assert ServedClock.objects.get().resumed_ms == 10_000


def test_a_veto_in_the_window_stands(agent: Agent, responder: Person, clock: Clock) -> None:
    row = factories.propose(agent, action=GEO)
    serve(clock, 200)
    factories.veto(row, responder)
    serve(clock, 200)
    refused("vetoed", factories.claim, row)


# -- before the act


def test_a_proposal_can_be_taken_back_until_it_is_acted_on(agent: Agent, approved: Decision) -> None:
    assert withdraw(approved.id, reason="Not needed.", agent=agent.id).state == State.WITHDRAWN
    size = ledger.size()
    assert withdraw(approved.id, reason="", agent=agent.id).state == State.WITHDRAWN
    assert ledger.size() == size
    refused("not-open", factories.claim, approved)
    row = factories.propose(agent, action=WIKI)
    factories.claim(row)
    refused("not-open", withdraw, row.id, reason="", agent=agent.id)


def test_the_owner_withdraws_for_the_agent_and_nobody_else(agent: Agent, organisation: Any, manager: Person) -> None:
    row = factories.propose(agent)
    refused("forbidden", withdraw, row.id, reason="", person=manager.id)
    assert withdraw(row.id, reason="", person=organisation.people["tomasz"].id).state == State.WITHDRAWN


def test_people_take_more_time_up_to_a_week(agent: Agent, manager: Person, viewer: Person, clock: Clock) -> None:
    row = factories.propose(agent)
    refused("role", extend_hold, row.id, by=timedelta(minutes=5), actor=viewer.id)
    extend_hold(row.id, by=timedelta(hours=1), actor=manager.id)
    clock.advance(minutes=60)
    assert now(row) is State.PENDING
    extend_hold(row.id, by=MAX_HOLD, actor=manager.id)
    assert again(row).hold_until == row.received_at + MAX_HOLD
    refused("held-long-enough", extend_hold, row.id, by=timedelta(minutes=5), actor=manager.id)
    clock.set(row.received_at + MAX_HOLD)
    refused("not-open", extend_hold, row.id, by=timedelta(minutes=5), actor=manager.id)


def test_more_time_in_a_window_is_time_to_veto_and_not_to_claim(agent: Agent, manager: Person, clock: Clock) -> None:
    row = factories.propose(agent, action=GEO)
    extend_hold(row.id, by=timedelta(minutes=10), actor=manager.id)
    serve(clock, 899)
    assert now(row) is State.WINDOW
    serve(clock, 1)
    assert now(row) is State.AUTHORIZED
    clock.advance(minutes=30)
    assert now(row) is State.EXPIRED


@pytest.mark.parametrize("action", [factories.action(), GEO])
def test_more_time_that_people_took_outlasts_a_stop(
    agent: Agent, responder: Person, manager: Person, second_manager: Person, clock: Clock, action: Any
) -> None:
    row = factories.propose(agent, action=action)
    extend_hold(row.id, by=timedelta(hours=1), actor=manager.id)
    freeze = set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=responder.id)
    clock.advance(hours=2)
    extend_hold(row.id, by=timedelta(hours=1), actor=manager.id)
    for person in (manager, second_manager):
        lift_freeze(freeze.id, actor=person.id)
    clock.advance(minutes=149)
    assert now(row) == row.state
    assert rebuild.rebuild(check=True).differences == ()


def test_a_remark_changes_nothing(approved: Decision, manager: Person, viewer: Person) -> None:
    comment(approved.id, text="  Who is on call?  ", actor=manager.id)
    assert [said.text for said in Comment.objects.all()] == ["Who is on call?"]
    assert now(approved) is State.AUTHORIZED
    refused("role", comment, approved.id, text="Hm.", actor=viewer.id)
    refused("bad-request", comment, approved.id, text=" ", actor=manager.id)
    refused("not-found", comment, uuid.uuid4(), text="Hm.", actor=manager.id)


def test_the_fold_of_all_of_it_equals_the_read_models(approved: Decision, responder: Person, clock: Clock) -> None:
    row = factories.claim(approved)
    factories.veto(row, responder)
    clock.advance(minutes=5)
    factories.finish(row)
    expire()
    assert rebuild.rebuild(check=True).differences == ()
