"""Who is on call, and the next who is called: the order, who may say it, what it leaves behind, when it ends."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from approvals.actions import end_calls as ending
from approvals.actions.call_next import call_next
from approvals.actions.change_register import change_register
from approvals.actions.end_calls import end_calls
from approvals.actions.give_verdict import give_verdict
from approvals.actions.hand_over import hand_over
from approvals.actions.handle_alarm import handle_alarm
from approvals.actions.leave import Handover, leave
from approvals.organisation import BadOrganisationError, GroupRow, Organisation, read
from approvals.vocab import VerdictWord
from decisions import ledger, queries, rebuild, register
from decisions.errors import Problem
from decisions.intake import cloudevents, events
from decisions.models import Agent, Alarm, Decision, Person, Service, Timeline
from decisions.recording import record_all
from decisions.vocab import Kind, State
from tests import factories
from tests.approvals.asking import again, refused
from tests.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
MEMBERS = ("david", "ines", "marta", "tomasz")


def on_call(*usernames: str, services: tuple[str, ...] = ("search",)) -> None:
    """They are on call in the group of the approvers, in that order, for those services."""
    rows = [factories.service(slug, Service.objects.get(slug=slug).tier, on_call="approvers") for slug in services]
    change_register(
        Organisation(groups=[GroupRow("approvers", "Approvers", MEMBERS, usernames)], services=rows), actor=None
    )


def who(organisation: factories.Register, id_: UUID) -> str:
    return next(name for name, person in organisation.people.items() if person.id == id_)


def held(agent: Agent, **over: Any) -> Decision:
    return factories.propose(agent, **over)


# The register


def test_a_file_says_who_is_on_call_and_a_group_without_it_keeps_them(organisation: factories.Register) -> None:
    on_call("ines", "tomasz")
    known = register.latest()
    assert [who(organisation, one) for one in known.on_call("search")] == ["ines", "tomasz"]
    assert known.on_call("wiki") == known.on_call("nothing") == ()
    change_register(Organisation(groups=[GroupRow("approvers", "Approvers", ("david", "marta", "tomasz"))]), actor=None)
    assert [who(organisation, one) for one in register.latest().on_call("search")] == ["tomasz"]
    assert not rebuild.rebuild(check=True).differences


def test_the_same_file_twice_changes_nothing() -> None:
    on_call("ines", "tomasz")
    size = ledger.size()
    on_call("ines", "tomasz")
    assert ledger.size() == size


@pytest.mark.parametrize(
    ("group", "fault"),
    [
        ("{slug: g, members: [a], on_call: [a, a]}", "a is on call twice"),
        ("{slug: g, members: [a], on_call: [b]}", "b is on call and not a member"),
        ("{slug: g, members: [a], on_call: [A]}", "is not a slug"),
        ("{slug: g, members: [a], on_call: a}", "on_call must be a list"),
        ("{slug: g, members: [a], on_call: {a: 1}}", "on_call must be a list"),
        ("{slug: g, members: [a], on_call: ''}", "on_call must be a list"),
        ("{slug: g, members: [a], on_call: [[a]]}", "is not a slug"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(group: str, fault: str) -> None:
    text = f"people: [{{username: a, name: A}}, {{username: b, name: B}}]\ngroups: [{group}]"
    with pytest.raises(BadOrganisationError, match=fault):
        read(text)


def test_a_service_names_a_group_that_there_is() -> None:
    size = ledger.size()
    with pytest.raises(Problem) as caught:
        change_register(Organisation(services=[factories.service("search", 1, on_call="nobody")]), actor=None)
    assert caught.value.slug == "unknown-group"
    assert ledger.size() == size


def test_who_may_not_act_is_not_on_call(organisation: factories.Register, admin: Person) -> None:
    on_call("ines", "tomasz")
    leave(organisation.people["ines"].id, Handover("david"), actor=admin.id)
    assert [who(organisation, one) for one in register.latest().on_call("search")] == ["tomasz"]


def test_who_hands_a_service_over_takes_nothing_of_it_along(manager: Person, admin: Person) -> None:
    on_call("ines")
    change_register(
        Organisation(services=[factories.service("search", 1, on_call="approvers", known_as=("shop/search",))]),
        actor=None,
    )
    leave(manager.id, Handover("david"), actor=admin.id)
    row = Service.objects.get(slug="search")
    assert (row.known_as, row.on_call) == (["shop/search"], "approvers")


# Handing over


def test_a_member_hands_over_and_so_does_an_administrator(
    organisation: factories.Register, responder: Person, admin: Person
) -> None:
    on_call("ines", "tomasz")
    tomasz = organisation.people["tomasz"].id
    assert hand_over("approvers", [tomasz, responder.id], actor=responder.id)
    assert register.latest().rota("approvers") == (tomasz, responder.id)
    assert hand_over("approvers", [], actor=admin.id)
    assert register.latest().rota("approvers") == ()
    assert not rebuild.rebuild(check=True).differences


def test_what_stands_already_is_not_recorded(responder: Person) -> None:
    hand_over("approvers", [responder.id], actor=responder.id)
    size = ledger.size()
    assert hand_over("approvers", [responder.id], actor=responder.id) is None
    assert ledger.size() == size


def test_nobody_else_hands_over(executive: Person, responder: Person) -> None:
    refused("role", hand_over, "approvers", [responder.id], actor=executive.id)
    refused("not-found", hand_over, "nobody", [], actor=responder.id)


def test_only_members_and_each_once(responder: Person, executive: Person) -> None:
    refused("bad-request", hand_over, "approvers", [executive.id], actor=responder.id)
    refused("bad-request", hand_over, "approvers", [responder.id, responder.id], actor=responder.id)


# What a decision keeps


def test_a_decision_keeps_who_was_on_call(agent: Agent, responder: Person, manager: Person) -> None:
    on_call("ines")
    row = held(agent)
    hand_over("approvers", [manager.id], actor=manager.id)
    found = ledger.entry(row.seq)
    assert found
    assert found[0].facts["on_call"] == str(responder.id)
    nobody = ledger.entry(held(agent, action=factories.action(service="wiki")).seq)
    assert nobody
    assert nobody[0].facts["on_call"] is None


# Calling


def test_the_chain_is_called_in_its_order(
    organisation: factories.Register, agent: Agent, clock: Clock, responder: Person
) -> None:
    on_call("ines", "tomasz")
    row = held(agent)
    # Ines is on call herself and calls for help: then Tomasz, who comes after her, then the owner, then the deputy.
    called = [who(organisation, call_next(row.id, actor=responder.id)) for _ in range(3)]
    assert called == ["tomasz", "marta", "david"]
    refused("chain-ended", call_next, row.id, actor=responder.id)
    assert [alarm.raised_by for alarm in Alarm.objects.all()] == [f"person:{responder.id}"] * 3
    assert again(row).version == row.version + 3
    assert again(row).state == State.PENDING
    assert not rebuild.rebuild(check=True).differences


def test_another_caller_reaches_who_is_on_call_first(organisation: factories.Register, agent: Agent) -> None:
    on_call("ines", "tomasz")
    row = held(agent)
    assert who(organisation, call_next(row.id, actor=organisation.people["david"].id)) == "ines"


def test_without_a_rota_those_who_answer_are_called(
    organisation: factories.Register, agent: Agent, responder: Person
) -> None:
    row = held(agent)
    assert [who(organisation, call_next(row.id, actor=responder.id)) for _ in range(2)] == ["marta", "david"]


def test_nobody_can_be_called_where_nobody_answers(agent: Agent, responder: Person) -> None:
    row = held(agent, action=factories.action(service="orphan"))
    refused("chain-ended", call_next, row.id, actor=responder.id)


def test_a_call_gives_nobody_a_right(
    organisation: factories.Register, agent: Agent, responder: Person, manager: Person
) -> None:
    change_register(
        Organisation(
            groups=[GroupRow("readers", "Readers", ("noor",), ("noor",))],
            services=[factories.service("search", 1, on_call="readers")],
        ),
        actor=None,
    )
    row = held(agent)
    assert who(organisation, call_next(row.id, actor=responder.id)) == "noor"
    noor = organisation.people["noor"]
    refused("role", give_verdict, row.id, verdict=VerdictWord.VETO, reason="", shown=None, actor=noor.id)


@pytest.mark.parametrize("who_", ["executive", "auditor", "viewer", "admin"])
def test_only_who_answers_calls(request: pytest.FixtureRequest, agent: Agent, who_: str) -> None:
    row = held(agent)
    refused("role", call_next, row.id, actor=request.getfixturevalue(who_).id)


def test_nobody_is_called_to_what_is_over(agent: Agent, responder: Person, clock: Clock) -> None:
    row = held(agent)
    factories.approve(row, *[Person.objects.get(username="marta")])
    refused("not-open", call_next, row.id, actor=responder.id)
    late = held(agent, action=factories.action(resource="deploy/late"))
    clock.advance(hours=2)
    refused("not-open", call_next, late.id, actor=responder.id)


# The alarm of it


def test_only_who_was_called_says_that_they_have_seen_it(
    organisation: factories.Register, agent: Agent, responder: Person, clock: Clock
) -> None:
    row = held(agent)
    called = call_next(row.id, actor=responder.id)
    alarm = Alarm.objects.get(kind="called")
    assert (alarm.person, alarm.decision, alarm.subject) == (called, row.id, row.title)
    refused("role", handle_alarm, alarm.seq, verb="acknowledge", actor=responder.id)
    refused("role", handle_alarm, alarm.seq, verb="clear", actor=organisation.people["david"].id)
    clock.advance(seconds=40)
    handle_alarm(alarm.seq, verb="acknowledge", actor=called)
    history = Timeline.objects.filter(decision_seq=row.seq).order_by("seq")
    assert [(one.kind, one.actor) for one in history][-2:] == [
        (Kind.ALARM_RAISED, f"person:{responder.id}"),
        (Kind.ALARM_ACKNOWLEDGED, f"person:{called}"),
    ]
    assert not rebuild.rebuild(check=True).differences


def test_who_was_called_and_has_seen_it_is_not_called_again(
    organisation: factories.Register, agent: Agent, responder: Person
) -> None:
    row = held(agent)
    called = call_next(row.id, actor=responder.id)
    handle_alarm(Alarm.objects.get(kind="called").seq, verb="acknowledge", actor=called)
    handle_alarm(Alarm.objects.get(kind="called").seq, verb="clear", actor=called)
    assert call_next(row.id, actor=responder.id) != called


def test_a_call_ends_with_what_it_was_for_and_not_before(agent: Agent, responder: Person, manager: Person) -> None:
    row, other = held(agent), held(agent, action=factories.action(resource="deploy/other"))
    for one in (row, other):
        call_next(one.id, actor=responder.id)
    assert end_calls() == 0
    factories.approve(again(row), manager)
    assert end_calls() == 1
    assert [alarm.state for alarm in Alarm.objects.order_by("seq")] == ["cleared", "open"]
    assert end_calls() == 0
    assert not rebuild.rebuild(check=True).differences


def test_a_call_ends_with_the_time_of_its_hold(agent: Agent, responder: Person, clock: Clock) -> None:
    row = held(agent)
    call_next(row.id, actor=responder.id)
    clock.at += timedelta(hours=1)
    assert end_calls() == 1


# What the chain is called to


def test_who_came_to_the_hold_can_be_called_to_the_revert(agent: Agent, responder: Person, manager: Person) -> None:
    row = factories.propose(agent)
    for _ in range(2):
        call_next(row.id, actor=responder.id)
    refused("chain-ended", call_next, row.id, actor=responder.id)
    factories.approve(again(row), manager)
    row = factories.finish(factories.claim(again(row)))
    factories.veto(again(row), responder)
    assert again(row).state == State.REVERT_ORDERED
    assert call_next(row.id, actor=responder.id) == manager.id
    assert Alarm.objects.filter(kind="called", state="open").count() == 3
    assert not rebuild.rebuild(check=True).differences


def test_a_call_takes_no_order_off_what_needs_people(
    agent: Agent, responder: Person, manager: Person, clock: Clock
) -> None:
    row = factories.propose(agent)
    factories.approve(row, manager)
    row = factories.finish(factories.claim(again(row)))
    factories.veto(again(row), responder)
    clock.advance(minutes=5)
    before = queries.count_needing_people(clock.now())
    assert before == 1
    call_next(row.id, actor=responder.id)
    assert queries.count_needing_people(clock.now()) == before


def test_what_an_agent_says_it_does_not_know_is_nothing_to_call_for(agent: Agent, responder: Person) -> None:
    factories.send(agent, factories.event(decision="u", outcome={"status": "unknown"}))
    row = factories.decision(agent, "u")
    assert row.state == State.UNKNOWN
    refused("not-open", call_next, row.id, actor=responder.id)


def test_nobody_is_called_whose_pages_would_show_them_nothing(
    organisation: factories.Register, agent: Agent, responder: Person
) -> None:
    change_register(
        Organisation(
            people=[factories.person("nora")],
            groups=[GroupRow("new", "New", ("nora",), ("nora",))],
            services=[factories.service("search", 1, on_call="new")],
        ),
        actor=None,
    )
    assert who(organisation, call_next(held(agent).id, actor=responder.id)) == "marta"


def test_two_who_press_the_same_button_wake_one(
    organisation: factories.Register, agent: Agent, responder: Person, manager: Person
) -> None:
    on_call("tomasz", "david")
    row, tomasz = held(agent), organisation.people["tomasz"].id
    assert call_next(row.id, actor=responder.id, expected=tomasz) == tomasz
    refused("not-next", call_next, row.id, actor=manager.id, expected=tomasz)
    assert Alarm.objects.filter(kind="called").count() == 1


def test_calls_that_last_keep_none_from_ending(
    agent: Agent, responder: Person, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "CHUNK", 2)
    rows = [held(agent, action=factories.action(resource=f"deploy/{n}")) for n in range(5)]
    for row in rows:
        call_next(row.id, actor=responder.id)
    factories.approve(again(rows[-1]), manager)
    assert end_calls() == 1


def test_what_is_seen_too_late_is_no_version_of_the_decision(agent: Agent, responder: Person, clock: Clock) -> None:
    row = held(agent)
    called = call_next(row.id, actor=responder.id)
    clock.advance(hours=2)
    version = again(row).version
    handle_alarm(Alarm.objects.get(kind="called").seq, verb="acknowledge", actor=called)
    assert again(row).version == version


def test_of_a_recording_nobody_knows_who_was_on_call(agent: Agent) -> None:
    on_call("ines")
    factories.send(agent, factories.event(decision="now"))
    told = ledger.entry(factories.decision(agent, "now").seq)
    assert told
    assert told[0].facts["on_call"] is not None
    prepared = events.prepare(agent.id, [cloudevents.read_event(factories.event(decision="then"), 64 * 1024)])
    record_all(lambda moment: events.decide(prepared, moment, replayed=True), principal="system", keys=None, weight=1)
    recorded = ledger.entry(factories.decision(agent, "then").seq)
    assert recorded
    assert recorded[0].facts["on_call"] is None
