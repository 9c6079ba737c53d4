"""Turns that nobody means to take: keys used elsewhere, names used again, strangers' leases, votes of nobody."""

from datetime import timedelta

import pytest

from approvals.actions.keep_lease import keep_lease
from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.report_outcome import report_outcome
from approvals.actions.set_freeze import set_freeze
from decisions import served
from decisions.models import Agent, Decision, Person
from decisions.vocab import FreezeMode, FreezeScope, Outcome, State
from tests import factories
from tests.approvals.asking import GEO, WIKI, again, now, refused
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def approved(agent: Agent, manager: Person) -> Decision:
    row = factories.propose(agent)
    factories.approve(row, manager)
    return again(row)


def test_one_key_under_two_decisions_is_two_leases(agent: Agent, approved: Decision) -> None:
    alone = factories.propose(agent, action=WIKI)
    leases = {factories.claim(row, key="c-1").lease_id for row in (alone, approved)}
    assert len(leases) == 2


def test_asking_again_under_the_same_name_opens_nothing(
    agent: Agent, approved: Decision, responder: Person, clock: Clock
) -> None:
    other = factories.propose(agent, decision="rb-1", action=WIKI)
    factories.veto(other, responder)
    clock.advance(minutes=11)
    for row, slug in ((approved, "expired"), (other, "vetoed")):
        action = row.action or {}
        asked = {"kind": action["kind"], "target": action["target"], "parameters": action["parameters"]}
        again_ = factories.propose(agent, decision=row.agent_ref, action=asked | {"undo": action["undo"]})
        assert again_.seq == row.seq
        refused(slug, factories.claim, again(row))


def test_a_veto_of_somebody_without_the_role_stops_nothing(
    approved: Decision, viewer: Person, auditor: Person, executive: Person, admin: Person
) -> None:
    row = factories.claim(approved)
    for person in (viewer, auditor, executive, admin):
        refused("role", factories.veto, row, person)
    assert not again(row).to_revert


def test_no_agent_speaks_for_the_lease_of_another(approved: Decision, organisation: factories.Register) -> None:
    row = factories.claim(approved)
    other = organisation.agents["autoscaler"].id
    assert row.lease_id is not None
    given = {"fencing": row.lease_seq or 0, "agent": other}
    refused("not-found", report_outcome, row.lease_id, status=Outcome.SUCCEEDED, said={}, **given)
    refused("not-found", keep_lease, row.lease_id, **given)


def test_what_was_asked_while_agents_may_do_nothing_alone_waits_for_people_afterwards_too(
    agent: Agent, responder: Person, manager: Person, second_manager: Person
) -> None:
    freeze = set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.AUTONOMY, reason="", actor=responder.id)
    row = factories.propose(agent, action=WIKI)
    for person in (manager, second_manager):
        lift_freeze(freeze.id, actor=person.id)
    refused("not-open", factories.claim, row)
    factories.approve(again(row), manager)
    assert factories.claim(again(row)).state == State.EXECUTING
    assert now(row) is State.EXECUTING


def test_a_window_is_never_shorter_than_it_says(agent: Agent, clock: Clock) -> None:
    """Nor by the part of a tick that had passed when it opened."""
    served.tick()
    clock.advance(seconds=0.9)
    row = factories.propose(agent, action=GEO)
    opened = clock.at
    clock.advance(seconds=0.1)
    served.tick()
    while now(row) is State.WINDOW:
        clock.advance(seconds=1)
        served.tick()
    assert clock.at - opened >= timedelta(minutes=5)
