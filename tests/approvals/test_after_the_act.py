"""A veto after the act, and everything else that only a person can end."""

from typing import Any

import pytest

from approvals.actions.answer_revert import acknowledge_revert, finish_revert
from approvals.actions.review import review
from approvals.queries.reverts import fencing_of
from approvals.vocab import Finding
from decisions import ledger
from decisions.models import Agent, Decision, Person
from decisions.vocab import Kind, SignOff, State
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
