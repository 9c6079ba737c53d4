"""A veto after the act, and everything else that only a person can end."""

from typing import Any

import pytest

from approvals.actions.activate_policy import activate_policy
from approvals.actions.answer_revert import acknowledge_revert, finish_revert
from approvals.actions.expire import expire
from approvals.actions.review import review
from approvals.actions.sign_off import sign_off
from approvals.queries.reverts import fencing_of
from approvals.vocab import Finding, Judgement
from decisions import ledger, rebuild
from decisions.models import Agent, Decision, Person
from decisions.queries import to_review
from decisions.vocab import Cause, Effect, Kind, Level, Outcome, SignOff, State
from tests import factories
from tests.approvals.asking import again, now, refused
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def approved(agent: Agent, manager: Person) -> Decision:
    row = factories.propose(agent)
    factories.approve(row, manager)
    return again(row)


def test_a_veto_after_the_act_is_paid_by_a_proven_revert(
    approved: Decision, responder: Person, manager: Person
) -> None:
    row = factories.finish(factories.claim(approved))
    factories.veto(row, responder)
    assert again(row).state == State.REVERT_ORDERED
    given: dict[str, Any] = {"fencing": row.lease_seq, "agent": row.agent_id}
    refused("stale-fencing", acknowledge_revert, row.id, key="r-0", fencing=1, agent=row.agent_id)
    assert acknowledge_revert(row.id, key="r-1", **given).state == State.REVERTING
    size = ledger.size()
    assert acknowledge_revert(row.id, key="r-1", **given).state == State.REVERTING
    assert ledger.size() == size
    refused("not-open", acknowledge_revert, row.id, key="r-9", **given)
    row = finish_revert(row.id, succeeded=True, said={"detail": "two again"}, key="r-2", **given)
    assert row.state == State.REVIEW, "the executor's word is not proof"
    refused("not-open", finish_revert, row.id, succeeded=False, said={}, key="r-3", **given)
    review(row.id, finding=Finding.REVERTED, reason="Seen on the graph.", version=row.version, actor=manager.id)
    assert again(row).state == State.REVERTED


def test_a_revert_that_failed_is_taken_over_by_a_named_person(
    approved: Decision, responder: Person, manager: Person
) -> None:
    row = factories.finish(factories.claim(approved))
    factories.veto(row, responder)
    row = finish_revert(row.id, succeeded=False, said={}, key="r-1", fencing=row.lease_seq or 0, agent=row.agent_id)
    assert row.state == State.REVERT_FAILED
    refused("not-open", review, row.id, finding=Finding.CLOSED, reason="x" * 10, version=row.version, actor=manager.id)
    refused(
        "reason-needed", review, row.id, finding=Finding.TAKEN_OVER, reason="", version=row.version, actor=manager.id
    )
    refused(
        "stale-view", review, row.id, finding=Finding.TAKEN_OVER, reason="INC-4711 has it.", version=0, actor=manager.id
    )
    review(row.id, finding=Finding.TAKEN_OVER, reason="INC-4711 has it.", version=row.version, actor=manager.id)
    assert again(row).state == State.REVERT_FAILED_ACK


def test_a_revert_that_a_person_does_not_see_is_ordered_again(
    approved: Decision, responder: Person, manager: Person
) -> None:
    row = factories.finish(factories.claim(approved))
    factories.veto(row, responder)
    given: dict[str, Any] = {"fencing": row.lease_seq, "agent": row.agent_id}
    row = finish_revert(row.id, succeeded=True, said={}, key="r-1", **given)
    review(row.id, finding=Finding.REVERT, reason="Still three replicas.", version=row.version, actor=manager.id)
    assert again(row).state == State.REVERT_ORDERED
    refused("stale-fencing", acknowledge_revert, row.id, key="r-2", **given)
    refused("stale-fencing", finish_revert, row.id, succeeded=True, said={}, key="r-3", **given)
    given["fencing"] = fencing_of(row)
    assert given["fencing"] > (row.lease_seq or 0)
    assert acknowledge_revert(row.id, key="r-4", **given).state == State.REVERTING


def test_a_veto_is_an_order_in_the_ledger_whoever_tells_of_the_act_first(
    approved: Decision, responder: Person, clock: Clock
) -> None:
    row = factories.claim(approved)
    factories.veto(row, responder)
    clock.advance(minutes=2)
    assert factories.finish(row).state == State.REVERT_ORDERED, "before anybody wrote down that its lease is over"
    kinds = [entry.kind for entry in ledger.entries(row.seq, ledger.size() - 1)]
    assert kinds[-2:] == [Kind.OUTCOME_REPORTED, Kind.REVERT_ORDERED]


def test_an_agents_owner_does_not_review_its_acts(approved: Decision, clock: Clock, organisation: Any) -> None:
    row = factories.claim(approved)
    clock.advance(minutes=2)
    row = factories.finish(row)
    owner = organisation.people["tomasz"].id
    refused(
        "self-approval", review, row.id, finding=Finding.CLOSED, reason="It is fine.", version=row.version, actor=owner
    )


def test_an_act_that_nobody_permitted_can_be_vetoed_too(agent: Agent, responder: Person) -> None:
    factories.send(agent, factories.event("executed", decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    factories.veto(row, responder)
    row = again(row)
    assert row.state == State.REVERT_ORDERED
    factories.send(agent, factories.event("outcome", decision="rb-1"))
    assert again(row).state == State.REVERT_ORDERED, "what people ordered stands"
    factories.send(agent, factories.event("reverted", decision="rb-1"))
    assert again(row).state == State.REVIEW


def test_after_its_protection_an_act_takes_a_manager_to_revert(
    approved: Decision, responder: Person, manager: Person, clock: Clock
) -> None:
    row = factories.finish(factories.claim(approved))
    clock.advance(hours=1)
    refused("role", factories.veto, row, responder)
    factories.veto(row, manager)
    assert again(row).state == State.REVERT_ORDERED


def test_what_is_done_judged_and_past_its_protection_is_closed(approved: Decision, clock: Clock) -> None:
    row = factories.finish(factories.claim(approved))
    Decision.objects.filter(seq=row.seq).update(sign_off=SignOff.ACCEPTED)
    assert now(row) is State.SUCCEEDED
    clock.advance(hours=1)
    assert now(row) is State.CLOSED


def test_what_is_closed_stays_closed_whatever_is_told(agent: Agent, approved: Decision, clock: Clock) -> None:
    row = factories.finish(factories.claim(approved))
    Decision.objects.filter(seq=row.seq).update(sign_off=SignOff.ACCEPTED)
    clock.advance(hours=1)
    for kind in ("reverted", "outcome", "executed"):
        factories.send(agent, factories.event(kind, decision=row.agent_ref))
        assert now(row) is State.CLOSED


def judge(row: Decision, judgement: Judgement, by: Person) -> Decision:
    sign_off(
        row.id,
        judgement=judgement,
        effect=Effect.HARMED if judgement is Judgement.REFUSE else Effect.HELPED,
        cause=Cause.AGENT_ERROR if judgement is Judgement.REFUSE else None,
        reason="Read it twice.",
        version=again(row).version,
        actor=by.id,
    )
    return again(row)


def test_a_refused_sign_off_is_a_veto_after_the_act(approved: Decision, second_manager: Person) -> None:
    row = judge(factories.finish(factories.claim(approved)), Judgement.REFUSE, second_manager)
    assert (row.state, row.to_revert, row.sign_off) == (State.REVERT_ORDERED, True, SignOff.REFUSED)
    [last, _] = reversed(list(ledger.entries(ledger.size() - 2, ledger.size() - 1)))
    assert (last.kind, last.actor) == (Kind.REVERT_ORDERED, f"person:{second_manager.id}")
    size = ledger.size()
    judge(row, Judgement.REFUSE, second_manager)
    assert ledger.size() == size + 1, "it is ordered once"


@pytest.mark.parametrize("outcome", [Outcome.NO_CHANGE, Outcome.NOT_EXECUTED])
def test_what_changed_nothing_is_not_undone(approved: Decision, second_manager: Person, outcome: Outcome) -> None:
    row = judge(factories.finish(factories.claim(approved), outcome), Judgement.REFUSE, second_manager)
    assert not row.to_revert


def test_what_cannot_be_undone_is_judged_alone(agent: Agent, manager: Person) -> None:
    factories.send(agent, factories.event(decision="d-1", action=factories.action(kind="delete", service="wiki")))
    row = factories.decision(agent, "d-1")
    assert row.reversible is False
    assert not judge(row, Judgement.REFUSE, manager).to_revert


def test_a_refusal_opens_nothing_that_was_closed(approved: Decision, second_manager: Person, clock: Clock) -> None:
    row = judge(factories.finish(factories.claim(approved)), Judgement.ACCEPT, second_manager)
    clock.advance(hours=2)
    assert now(row) is State.CLOSED
    row = judge(row, Judgement.REFUSE, second_manager)
    assert (now(row), row.sign_off, row.to_revert) == (State.CLOSED, SignOff.REFUSED, False)
    assert not rebuild.rebuild(check=True).differences


def test_a_revert_that_nobody_answers_is_taken_over(
    approved: Decision, responder: Person, second_manager: Person, clock: Clock
) -> None:
    row = factories.finish(factories.claim(approved))
    factories.veto(row, responder)
    assert not to_review(clock.at).exists(), "its executor has a minute"
    clock.advance(minutes=1)
    assert list(to_review(clock.at)) == [row]
    given: dict[str, Any] = {"reason": "INC-4711 has it.", "version": again(row).version, "actor": second_manager.id}
    review(row.id, finding=Finding.TAKEN_OVER, **given)
    assert again(row).state == State.REVERT_FAILED_ACK


def test_what_is_told_beside_the_lease_of_a_vetoed_act_orders_nothing_by_itself(
    approved: Decision, responder: Person, agent: Agent, clock: Clock
) -> None:
    row = factories.claim(approved)
    factories.veto(row, responder)
    told = factories.event("outcome", decision=row.agent_ref, outcome={"status": "succeeded"})
    factories.send(agent, told)
    assert now(row) is State.EXECUTING
    clock.advance(minutes=2)
    expire()
    assert again(row).state == State.REVERT_ORDERED
    [last] = ledger.entries(ledger.size() - 1, ledger.size() - 1)
    assert last.kind is Kind.REVERT_ORDERED


def test_people_can_make_a_suggestion_their_own(agent: Agent, manager: Person) -> None:
    suggest = [{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}]
    activate_policy(factories.policy(matrix=suggest))
    row = factories.propose(agent)
    assert row.state == State.SUGGESTED
    refused("not-open", factories.claim, row)
    factories.approve(row, manager)
    row = factories.claim(again(row))
    assert (row.state, row.level_used, row.beyond) == (State.EXECUTING, Level.L1, False)


def test_a_suggestion_that_was_forbidden_since_is_not_claimed(agent: Agent, manager: Person) -> None:
    every = {"tier": "*", "kind": "*", "environment": "*"}
    activate_policy(factories.policy(matrix=[{**every, "level": "L1"}]))
    row = factories.propose(agent)
    activate_policy(factories.policy(matrix=[{**every, "level": "L0"}]))
    factories.approve(row, manager)
    refused("policy-changed", factories.claim, again(row))
