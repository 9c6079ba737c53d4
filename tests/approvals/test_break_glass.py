"""One person authorises in an emergency: it works at once, is never quiet, and permits nothing that is forbidden."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.actions.activate_policy import activate_policy
from approvals.actions.break_glass import break_glass
from approvals.actions.change_register import change_register
from approvals.actions.handle_alarm import handle_alarm
from approvals.actions.set_freeze import set_freeze
from approvals.actions.sign_off import sign_off
from approvals.organisation import Organisation
from approvals.vocab import Judgement
from decisions import rebuild
from decisions.models import Agent, Alarm, Decision, Person
from decisions.vocab import Effect, FreezeMode, FreezeScope, SignOff, State
from tests import factories
from tests.approvals.asking import GEO, WIKI, again, refused
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
WHY = "INC-7: checkout is down, nobody else is awake."
TWO = factories.action(service="checkout")


def broken(row: Decision, by: Person, **over: Any) -> Decision:
    given: dict[str, Any] = {"reason": WHY, "shown": factories.shown(row)} | over
    break_glass(row.id, actor=by.id, **given)
    return again(row)


@pytest.mark.parametrize("action", [TWO, GEO], ids=["a quorum of two", "a window"])
def test_one_manager_authorises_at_once(agent: Agent, manager: Person, clock: Clock, action: Any) -> None:
    row = broken(factories.propose(agent, action=action), manager)
    assert (row.state, row.basis, row.decided_by) == (State.AUTHORIZED, "break_glass", manager.id)
    assert row.claim_until == clock.at + timedelta(minutes=10)
    row = factories.claim(row)
    assert (row.state, row.beyond) == (State.EXECUTING, False)
    assert (row.sign_off, row.sign_off_due) == (SignOff.REQUIRED, clock.at + timedelta(hours=24))
    assert not rebuild.rebuild(check=True).differences


def test_it_adds_to_an_approval_of_the_same_person(agent: Agent, manager: Person) -> None:
    row = factories.propose(agent, action=TWO)
    factories.approve(row, manager)
    assert broken(again(row), manager).state == State.AUTHORIZED


def test_executives_and_auditors_are_told_and_the_alarm_is_theirs(
    agent: Agent, manager: Person, executive: Person, auditor: Person
) -> None:
    broken(factories.propose(agent, action=TWO), manager)
    alarm = Alarm.objects.get(kind="glass_broken")
    refused("role", handle_alarm, alarm.seq, verb="acknowledge", actor=manager.id)
    handle_alarm(alarm.seq, verb="acknowledge", actor=executive.id)
    handle_alarm(alarm.seq, verb="clear", actor=auditor.id)


def test_those_who_may_not(agent: Agent, organisation: factories.Register) -> None:
    row = factories.propose(agent, action=TWO)
    for name in ("ines", "helena", "samuel", "yuki", "noor"):
        refused("role", broken, row, organisation.people[name])


def test_the_owner_of_the_agent_may_not(organisation: factories.Register, manager: Person) -> None:
    row = factories.propose(organisation.agents["autoscaler"], action=TWO)
    refused("self-approval", broken, row, manager)


def test_it_needs_a_reason_and_what_was_seen(agent: Agent, manager: Person) -> None:
    row = factories.propose(agent, action=TWO)
    refused("reason-needed", broken, row, manager, reason=" short ")
    refused("bad-request", broken, row, manager, shown=None)
    refused("stale-view", broken, row, manager, shown=factories.shown(row, version=7))
    refused("hash-mismatch", broken, row, manager, shown=factories.shown(row, display_hash="sha256:" + "0" * 64))


def test_only_of_what_waits(agent: Agent, manager: Person, responder: Person, clock: Clock) -> None:
    alone, vetoed, late = (factories.propose(agent, action=action) for action in (WIKI, GEO, TWO))
    factories.veto(vetoed, responder)
    clock.advance(minutes=15)
    for row, slug in ((alone, "not-open"), (vetoed, "already-decided"), (late, "not-open")):
        refused(slug, broken, again(row), manager)


def test_a_suggestion_stays_one(agent: Agent, manager: Person) -> None:
    activate_policy(factories.policy(matrix=[{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}]))
    refused("not-open", broken, factories.propose(agent, action=TWO), manager)


@pytest.mark.parametrize("mode", FreezeMode)
def test_it_breaks_no_stop(agent: Agent, manager: Person, responder: Person, mode: FreezeMode) -> None:
    row = factories.propose(agent, action=TWO)
    set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=mode, reason="", actor=responder.id)
    refused("frozen", broken, row, manager)


def test_a_stop_ends_it(agent: Agent, manager: Person, responder: Person) -> None:
    row = broken(factories.propose(agent, action=TWO), manager)
    set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.AUTONOMY, reason="", actor=responder.id)
    refused("expired", factories.claim, row)


def test_a_veto_ends_it(agent: Agent, manager: Person, responder: Person) -> None:
    row = broken(factories.propose(agent, action=TWO), manager)
    factories.veto(row, responder)
    refused("vetoed", factories.claim, row)


def test_the_policy_in_force_is_asked_again(agent: Agent, manager: Person) -> None:
    row = broken(factories.propose(agent, action=TWO), manager)
    activate_policy(factories.policy(matrix=[{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}]))
    refused("policy-changed", factories.claim, row)


def test_it_ends_with_the_right_of_who_broke_it(agent: Agent, manager: Person) -> None:
    row = broken(factories.propose(agent, action=TWO), manager)
    change_register(Organisation(people=[factories.person("marta", "viewer")]), actor=None)
    refused("policy-changed", factories.claim, row)


def test_it_lasts_an_hour_at_most(agent: Agent, manager: Person, clock: Clock) -> None:
    day = {"two": {"quorum": [{"group": "approvers", "n": 2}], "hold": "15m", "claim": "24h"}}
    requirements = factories.policy()["requirements"] | day
    activate_policy(factories.policy(requirements=requirements))
    row = broken(factories.propose(agent, action=TWO), manager)
    clock.advance(minutes=60)
    refused("expired", factories.claim, row)


def test_the_sign_off_stays_owed_where_nobody_hears_of_it_again(
    agent: Agent, manager: Person, second_manager: Person, clock: Clock
) -> None:
    row = factories.claim(broken(factories.propose(agent, action=TWO), manager))
    given: dict[str, Any] = {
        "judgement": Judgement.ACCEPT,
        "effect": Effect.HELPED,
        "cause": None,
        "reason": "Read it twice.",
        "actor": second_manager.id,
    }
    refused("not-yet", sign_off, row.id, version=row.version, **given)
    clock.advance(minutes=2)
    sign_off(row.id, version=again(row).version, **given)
    assert again(row).sign_off == SignOff.ACCEPTED
