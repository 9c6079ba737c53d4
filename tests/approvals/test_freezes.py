"""Stop AI: after it is acknowledged nothing in its scope is claimed, and nothing of before survives it."""

import pytest

from approvals.actions.change_register import change_register
from approvals.actions.keep_lease import keep_lease
from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.set_freeze import set_freeze
from approvals.organisation import Organisation
from approvals.projections.freezes import covered
from decisions import ledger, rebuild
from decisions.errors import Problem
from decisions.models import Agent, Decision, Freeze, Person
from decisions.vocab import FreezeMode, FreezeScope, Level, State
from tests import factories
from tests.approvals.asking import GEO, WIKI, again, now, refused, serve
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def stop(
    by: Person, scope: FreezeScope = FreezeScope.EVERYTHING, value: str = "", mode: FreezeMode = FreezeMode.ALL
) -> Freeze:
    return set_freeze(scope=scope, value=value, mode=mode, reason="Enough.", actor=by.id)


def lift(freeze: Freeze, *people: Person) -> Freeze:
    for person in people:
        freeze = lift_freeze(freeze.id, actor=person.id)
    return freeze


def test_nothing_is_claimed_or_approved_or_proposed_after_a_stop(
    agent: Agent, responder: Person, manager: Person
) -> None:
    alone, held = factories.propose(agent, action=WIKI), factories.propose(agent)
    stop(responder)
    assert refused("expired", factories.claim, alone).status == 410
    assert refused("frozen", factories.approve, held, manager).status == 423
    assert refused("frozen", factories.propose, agent, decision="later").status == 423
    factories.veto(held, manager)
    assert now(held) is State.VETOED, "a veto works at every moment"


def test_reports_are_taken_and_marked_while_everything_is_stopped(agent: Agent, responder: Person) -> None:
    stop(responder)
    factories.send(agent, factories.event("executed", decision="rb-1", action=WIKI))
    row = factories.decision(agent, "rb-1")
    assert (row.state, row.level_ruled, row.beyond) == (State.REPORTED, Level.L0, True)


def test_what_was_authorised_before_is_never_claimable_after(
    agent: Agent, responder: Person, manager: Person, second_manager: Person
) -> None:
    alone, held = factories.propose(agent, action=WIKI), factories.propose(agent)
    factories.approve(held, manager)
    lift(stop(responder), manager, second_manager)
    for row in (alone, held):
        refused("expired", factories.claim, row)
    assert factories.claim(factories.propose(agent, action=WIKI, decision="anew")).state == State.EXECUTING


def test_stopping_autonomy_leaves_people_working(agent: Agent, responder: Person, manager: Person) -> None:
    alone, held, window = (
        factories.propose(agent, action=WIKI),
        factories.propose(agent),
        factories.propose(agent, action=GEO),
    )
    other = factories.propose(agent, action=factories.action(resource="x"))
    factories.approve(other, manager)
    stop(responder, mode=FreezeMode.AUTONOMY)
    refused("expired", factories.claim, alone)
    assert factories.claim(other).state == State.EXECUTING, "people permitted it"
    factories.approve(again(held), manager)
    assert factories.claim(held).state == State.EXECUTING
    assert now(window) is State.WINDOW
    asked = factories.propose(agent, decision="anew", action=factories.action(service="wiki", resource="y"))
    assert (asked.state, asked.level_ruled) == (State.PENDING, Level.L2)


def test_holds_and_windows_stand_still_and_start_again_in_full(
    agent: Agent, responder: Person, manager: Person, second_manager: Person, clock: Clock
) -> None:
    held, window = factories.propose(agent), factories.propose(agent, action=GEO)
    serve(clock, 299)
    freeze = stop(responder)
    clock.advance(hours=9)
    serve(clock, 600)
    assert (now(held), now(window)) == (State.PENDING, State.WINDOW)
    lift(freeze, manager, second_manager)
    assert again(held).hold_until == clock.at + (held.hold_until - held.received_at)  # type: ignore[operator]
    serve(clock, 299)
    assert now(window) is State.WINDOW
    serve(clock, 1)
    assert now(window) is State.AUTHORIZED
    assert rebuild.rebuild(check=True).differences == ()


def test_a_hold_that_was_over_before_the_stop_stays_over(
    agent: Agent, responder: Person, manager: Person, second_manager: Person, clock: Clock
) -> None:
    held = factories.propose(agent)
    clock.advance(minutes=30)
    freeze = stop(responder)
    assert now(held) is State.EXPIRED
    lift(freeze, manager, second_manager)
    assert now(held) is State.EXPIRED


def test_of_two_stops_the_last_one_lifted_starts_the_clocks(
    agent: Agent, responder: Person, manager: Person, second_manager: Person, clock: Clock
) -> None:
    held = factories.propose(agent)
    whole, part = stop(responder), stop(responder, FreezeScope.SERVICE, "search")
    lift(whole, manager, second_manager)
    clock.advance(days=1)
    assert now(held) is State.PENDING
    refused("frozen", factories.approve, held, manager)
    lift(part, manager, second_manager)
    clock.advance(minutes=30)
    assert now(held) is State.EXPIRED


def test_an_executor_at_work_is_told_to_stop(agent: Agent, responder: Person) -> None:
    row = factories.claim(factories.propose(agent, action=WIKI))
    stop(responder)
    assert row.lease_id is not None
    assert row.lease_seq is not None
    assert keep_lease(row.lease_id, fencing=row.lease_seq, agent=agent.id).stop_reason == "frozen"
    assert factories.finish(row).state == State.SUCCEEDED


@pytest.mark.parametrize(
    ("scope", "value", "inside"),
    [
        (FreezeScope.EVERYTHING, "", {"search", "wiki", "staging", "other"}),
        (FreezeScope.ENVIRONMENT, "prod", {"search", "wiki", "other"}),
        (FreezeScope.ENVIRONMENT, "staging", {"staging"}),
        (FreezeScope.SERVICE, "wiki", {"wiki"}),
        (FreezeScope.AGENT, "remediator", {"search", "wiki", "staging"}),
    ],
)
def test_a_scope_covers_what_it_names_in_python_and_in_sql(
    organisation: factories.Register, responder: Person, scope: FreezeScope, value: str, inside: set[str]
) -> None:
    agent, autoscaler = organisation.agents["remediator"], organisation.agents["autoscaler"]
    rows = {
        "search": factories.propose(agent),
        "wiki": factories.propose(agent, action=WIKI),
        "staging": factories.propose(agent, action=factories.action(service="geo", environment="staging")),
        "other": factories.propose(autoscaler),
    }
    freeze = stop(responder, scope, str(agent.id) if scope is FreezeScope.AGENT else value)
    found = set(Decision.objects.filter(covered(freeze)).values_list("seq", flat=True))
    assert {name for name, row in rows.items() if row.seq in found} == inside
    said = {
        name
        for name, row in rows.items()
        if freeze.covers(service=row.service, environment_class=row.environment_class, agent_id=row.agent_id)
    }
    assert said == inside


def test_one_gesture_of_any_responder_stops_and_the_same_again_is_the_same(
    responder: Person, executive: Person, admin: Person, viewer: Person, auditor: Person
) -> None:
    freeze = stop(responder)
    size = ledger.size()
    assert stop(executive).id == freeze.id == stop(admin).id
    assert ledger.size() == size
    for person in (viewer, auditor):
        refused("role", stop, person, FreezeScope.SERVICE, "geo")


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        (FreezeScope.EVERYTHING, "prod"),
        (FreezeScope.ENVIRONMENT, "production"),
        (FreezeScope.SERVICE, ""),
        (FreezeScope.SERVICE, "nowhere"),
        (FreezeScope.AGENT, "remediator"),
    ],
)
def test_a_stop_that_would_stop_nothing_is_refused(responder: Person, scope: FreezeScope, value: str) -> None:
    refused("unknown-scope", stop, responder, scope, value)


def test_it_takes_two_people_to_go_on(
    responder: Person, manager: Person, second_manager: Person, executive: Person, admin: Person, clock: Clock
) -> None:
    freeze = stop(responder)
    for person in (responder, admin):
        refused("role", lift, freeze, person)
    assert lift(freeze, manager).lifted_at is None
    refused("second-person", lift, freeze, manager)
    clock.advance(minutes=30)
    assert lift(freeze, executive).lifted_at is None, "what the first asked half an hour ago has lapsed"
    assert lift(freeze, second_manager).lifted_by == second_manager.id
    refused("not-open", lift, freeze, manager)
    assert stop(responder).seq > freeze.seq, "a later stop has a larger epoch"


def test_who_asked_must_still_be_somebody(
    responder: Person, manager: Person, second_manager: Person, admin: Person
) -> None:
    freeze = lift(stop(responder), manager)
    change_register(Organisation(people=[factories.person("marta", "viewer")]), actor=admin.id)
    assert lift(freeze, second_manager).lifted_at is None


def test_one_may_lift_alone_where_there_is_no_second(responder: Person, manager: Person, admin: Person) -> None:
    rest = [factories.person("david", "responder"), factories.person("helena", "viewer")]
    change_register(Organisation(people=rest), actor=admin.id)
    freeze = lift(stop(responder), manager)
    assert freeze.lifted_by == manager.id
    [*_, last] = ledger.entries(0, ledger.size() - 1)
    assert last.facts["alone"] is True


def test_a_stop_is_in_force_for_the_first_decision_of_its_scope(agent: Agent, responder: Person) -> None:
    """No decision of the scope exists yet: there is no row that could have been locked."""
    stop(responder, FreezeScope.SERVICE, "wiki")
    with pytest.raises(Problem, match="frozen"):
        factories.propose(agent, action=WIKI)
    assert factories.propose(agent).state == State.PENDING


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("wide", [FreezeMode.ALL, FreezeMode.AUTONOMY])
def test_a_window_stands_still_until_the_last_of_two_stops_is_lifted(
    agent: Agent,
    responder: Person,
    manager: Person,
    second_manager: Person,
    clock: Clock,
    first: int,
    wide: FreezeMode,
) -> None:
    window = factories.propose(agent, action=GEO)
    stops = [stop(responder, FreezeScope.SERVICE, "geo", FreezeMode.AUTONOMY), stop(responder, mode=wide)]
    lift(stops[first], manager, second_manager)
    serve(clock, 400)
    assert now(window) is State.WINDOW
    lift(stops[1 - first], manager, second_manager)
    serve(clock, 299)
    assert now(window) is State.WINDOW, "it starts again in full"
    serve(clock, 1)
    assert now(window) is State.AUTHORIZED
    assert rebuild.rebuild(check=True).differences == ()


def test_what_is_moved_to_another_class_of_environment_escapes_no_stop(
    agent: Agent, responder: Person, manager: Person, second_manager: Person, admin: Person
) -> None:
    """Decisions keep the class that they were asked in, and a stop of the new class would not find them."""
    alone = factories.propose(agent, action=factories.action(service="wiki", environment="staging"))
    environments = [{"name": name, "class": "prod"} for name in ("prod", "staging")]
    change_register(Organisation(services=[factories.service("wiki", 3, environments=environments)]), actor=admin.id)
    freeze = stop(responder, FreezeScope.ENVIRONMENT, "prod")
    refused("policy-changed", factories.claim, alone)
    lift(freeze, manager, second_manager)
    refused("policy-changed", factories.claim, alone)


def test_what_is_open_on_a_service_that_was_retired_can_be_stopped(
    agent: Agent, responder: Person, admin: Person
) -> None:
    alone = factories.propose(agent, action=WIKI)
    change_register(Organisation(services=[factories.service("wiki", 3, retired=True)]), actor=admin.id)
    stop(responder, FreezeScope.SERVICE, "wiki")
    assert now(alone) is State.EXPIRED
