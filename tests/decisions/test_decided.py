"""What entries make of a decision: the same in whatever order they come, and never more than was permitted."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decisions import ledger
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision, Person, Timeline
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import Kind, Level, Outcome, SignOff, State
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send

pytestmark = pytest.mark.django_db
SAME = (
    "state",
    "outcome",
    "outcome_detail",
    "outcome_observed",
    "complete",
    "service",
    "kind",
    "tier",
    "level_ruled",
    "level_used",
    "beyond",
    "occurred_at",
    "ended_at",
    "sign_off",
    "sign_off_due",
    "action_hash",
    "account",
    "title",
    "owner_id",
    "hold_until",
)
FROZEN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)


def outcome_of(agent: Agent, orders: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """What the decision called `name` is after these events, each recorded by itself; nothing of it stays."""
    with transaction.atomic():
        for one in orders:
            send(agent, one)
        row = factories.decision(agent, name)
        transaction.set_rollback(True)
    return {field: getattr(row, field) for field in SAME}


def told(kind: str, minute: int | None, name: str = "rb-1", **over: Any) -> dict[str, Any]:
    time = {} if minute is None else {"time": f"2026-11-22T03:{minute:02d}:00Z"}
    return event(kind, decision=name, **time, **over)


def assert_same_in_any_order(agent: Agent, events: list[dict[str, Any]]) -> dict[str, Any]:
    results = [outcome_of(agent, list(order), "rb-1") for order in permutations(events)]
    assert all(result == results[0] for result in results)
    return results[0]


@pytest.mark.parametrize("service", ["search", "wiki", "checkout", "unheard-of"])
def test_an_outcome_may_come_before_its_action(agent: Agent, clock: Clock, service: str) -> None:
    reported = told("executed", 40, action=factories.action(service=service))
    result = assert_same_in_any_order(agent, [reported, told("outcome", 45, outcome={"status": "failed"})])
    assert (result["state"], result["outcome"]) == (State.FAILED, Outcome.FAILED)


def test_an_outcome_of_its_own_prevails_over_the_one_that_came_with_the_action(agent: Agent, clock: Clock) -> None:
    reported = told("executed", 45, outcome={"status": "succeeded"})
    result = assert_same_in_any_order(agent, [reported, told("outcome", 40, outcome={"status": "partial"})])
    assert result["outcome"] == Outcome.PARTIAL


def test_the_later_of_several_outcomes_prevails(agent: Agent, clock: Clock) -> None:
    events = [
        told("executed", 30),
        told("outcome", 40, outcome={"status": "succeeded"}),
        told("outcome", 42, outcome={"status": "unknown"}),
        told("outcome", 41, outcome={"status": "failed"}),
    ]
    assert assert_same_in_any_order(agent, events)["state"] == State.UNKNOWN


def test_of_two_outcomes_for_one_instant_the_worse_prevails(agent: Agent, clock: Clock) -> None:
    events = [told("outcome", 40, outcome={"status": status}) for status in ("succeeded", "failed", "unknown")]
    assert assert_same_in_any_order(agent, events)["outcome"] == Outcome.FAILED


def test_a_revert_may_come_before_everything(agent: Agent, clock: Clock) -> None:
    events = [told("executed", 30), told("outcome", 40), told("reverted", 44)]
    assert assert_same_in_any_order(agent, events)["state"] == State.REVERTED


@pytest.mark.parametrize("service", ["search", "wiki", "geo"])
@pytest.mark.parametrize("after", ["outcome", "reverted"])
def test_an_act_that_is_told_before_its_question_is_judged_alike(
    agent: Agent, clock: Clock, service: str, after: str
) -> None:
    question = told("proposed", None, action=factories.action(service=service))
    result = assert_same_in_any_order(agent, [question, told(after, 40)])
    assert result["beyond"] is (service != "wiki")
    assert result["level_used"] == Level.L4


outcomes = st.builds(
    lambda minute, status: ("outcome", minute, {"outcome": {"status": status}}),
    st.integers(30, 46),
    st.sampled_from([str(outcome) for outcome in Outcome]),
)
actions = st.builds(
    lambda minute, status: ("executed", minute, {"outcome": {"status": status}} if status else {}),
    st.integers(30, 46),
    st.sampled_from(["", *map(str, Outcome)]),
)
reverts: st.SearchStrategy[Any] = st.builds(lambda minute: ("reverted", minute, {}), st.integers(30, 46))


@FROZEN
@given(actions, st.lists(outcomes, max_size=3), st.lists(reverts, max_size=1), st.randoms(use_true_random=False))
def test_any_order_of_any_reports_ends_in_the_same_state(
    agent: Agent, clock: Clock, reported: Any, ended: Any, reverted: Any, random: Any
) -> None:
    events = [told(kind, minute, **over) for kind, minute, over in [reported, *ended, *reverted]]
    first = outcome_of(agent, events, "rb-1")
    random.shuffle(events)
    assert outcome_of(agent, events, "rb-1") == first


def test_one_request_ends_as_many_do(agent: Agent, clock: Clock) -> None:
    events = [told("outcome", 45), told("executed", 40), told("proposed", None)]
    many = outcome_of(agent, events, "rb-1")
    recorded = send(agent, *events)
    row = factories.decision(agent, "rb-1")
    assert {field: getattr(row, field) for field in SAME} == many
    assert (row.version, row.last_seq) == (3, recorded.last_seq)
    assert Timeline.objects.filter(decision_seq=row.seq).count() == 3


def test_an_outcome_whose_action_never_came_says_so(agent: Agent) -> None:
    send(agent, event("outcome", decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    assert (row.complete, row.title) == (False, "An outcome whose action was not reported")


# -- what was permitted


def test_an_act_under_a_claim_is_at_the_level_of_its_basis(agent: Agent, manager: Person, clock: Clock) -> None:
    row = factories.propose(agent, decision="rb-1")
    factories.approve(row, manager)
    factories.finish(factories.claim(row))
    row = factories.decision(agent, "rb-1")
    assert (row.state, row.level_used, row.beyond) == (State.SUCCEEDED, Level.L2, False)
    assert not Alarm.objects.filter(kind__startswith="acted").exists()


def test_a_report_after_the_outcome_of_a_permitted_act_does_not_count_against_it(agent: Agent, manager: Person) -> None:
    row = factories.propose(agent, decision="rb-1")
    factories.approve(row, manager)
    factories.finish(factories.claim(row))
    send(agent, event("executed", decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    # A person looks at it, as where it comes before the outcome.
    assert (row.state, row.level_used, row.beyond) == (State.REVIEW, Level.L2, False)


@pytest.mark.parametrize("how", ["executed", "outcome", "reverted"])
def test_permission_that_was_not_claimed_permits_nothing(agent: Agent, manager: Person, how: str) -> None:
    factories.approve(factories.propose(agent, decision="rb-1"), manager)
    send(agent, event(how, decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    assert (row.level_used, row.beyond, row.sign_off) == (Level.L4, True, SignOff.REQUIRED)
    assert Alarm.objects.get().kind == "acted_without_permission"


@pytest.mark.parametrize("how", ["executed", "outcome", "reverted"])
def test_what_is_told_beside_the_lease_is_evidence_for_a_person(agent: Agent, manager: Person, how: str) -> None:
    row = factories.propose(agent, decision="rb-1")
    factories.approve(row, manager)
    factories.claim(row)
    send(agent, event(how, decision="rb-1"))
    assert factories.decision(agent, "rb-1").state == State.REVIEW


@pytest.mark.parametrize("how", ["executed", "outcome", "reverted"])
def test_an_act_before_the_answer_goes_beyond_what_is_permitted_and_raises_an_alarm(agent: Agent, how: str) -> None:
    factories.propose(agent, decision="rb-1")
    send(agent, event(how, decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    assert (row.level_used, row.beyond, row.sign_off) == (Level.L4, True, SignOff.REQUIRED)
    assert Alarm.objects.get().kind == "acted_without_permission"


def test_an_act_after_permission_has_run_out_goes_beyond_what_is_permitted(
    agent: Agent, manager: Person, clock: Clock
) -> None:
    factories.approve(factories.propose(agent, decision="rb-1"), manager)
    clock.advance(minutes=10)
    send(agent, event("outcome", decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    # Whether the expiry was written down by then makes no difference.
    assert (effective_state(row, clock.at), row.level_used, row.beyond) == (State.EXPIRED, Level.L4, True)
    assert row.outcome == Outcome.SUCCEEDED
    assert Alarm.objects.filter(kind="acted_without_permission").exists()


def test_an_act_after_a_veto_is_told_and_the_decision_stays_vetoed(agent: Agent, responder: Person) -> None:
    row = factories.propose(agent, decision="rb-1")
    factories.veto(row, responder)
    send(agent, event("executed", decision="rb-1", outcome={"status": "succeeded"}))
    row = factories.decision(agent, "rb-1")
    assert (row.state, row.outcome, row.beyond) == (State.VETOED, Outcome.SUCCEEDED, True)
    assert Alarm.objects.filter(kind="acted_without_permission").exists()


def test_what_was_not_executed_is_no_act(agent: Agent) -> None:
    factories.propose(agent, decision="rb-1")
    send(agent, event("outcome", decision="rb-1", outcome={"status": "not_executed"}))
    row = factories.decision(agent, "rb-1")
    assert (row.level_used, row.beyond, row.sign_off) == ("", False, SignOff.NONE)
    assert not Alarm.objects.exists()


def test_another_act_than_the_one_that_was_approved_is_never_permitted(agent: Agent, manager: Person) -> None:
    factories.approve(factories.propose(agent, decision="rb-1"), manager)
    send(agent, event("executed", decision="rb-1", action=factories.action(parameters={"replicas": 300})))
    row = factories.decision(agent, "rb-1")
    assert (row.level_used, row.beyond) == (Level.L4, True)
    assert row.action is not None
    assert row.action["parameters"] == {"replicas": 3}, "what people approved stays on the page"
    assert Alarm.objects.get().kind == "acted_without_permission"


def test_another_act_told_after_a_permitted_one_is_not_covered_by_its_permission(agent: Agent, manager: Person) -> None:
    row = factories.propose(agent, decision="rb-1")
    factories.approve(row, manager)
    factories.finish(factories.claim(row))
    send(agent, event("executed", decision="rb-1", action=factories.action(kind="delete")))
    row = factories.decision(agent, "rb-1")
    assert (row.level_used, row.beyond) == (Level.L4, True)


def test_a_second_action_under_one_name_raises_an_alarm(agent: Agent) -> None:
    send(agent, event("executed", decision="rb-1"))
    send(agent, event("executed", decision="rb-1", action=factories.action(kind="delete")))
    assert Alarm.objects.get().kind == "acted_otherwise"


def test_a_proposal_under_a_name_that_is_taken_is_refused(agent: Agent) -> None:
    row = factories.propose(agent, decision="rb-1")
    with pytest.raises(Problem) as caught:
        factories.propose(agent, decision="rb-1", action=factories.action(service="wiki"))
    assert (caught.value.status, caught.value.slug) == (409, "another-action")
    assert factories.decision(agent, "rb-1").requirement == row.requirement == [{"group": "approvers", "n": 1}]


def test_asking_again_does_not_extend_a_hold(agent: Agent, clock: Clock) -> None:
    row = factories.propose(agent, decision="rb-1")
    clock.advance(minutes=29)
    again = factories.propose(agent, decision="rb-1")
    assert (again.hold_until, again.version) == (row.hold_until, row.version + 1)


@pytest.mark.parametrize("answered", [False, True])
def test_no_later_entry_holds_a_decision_again(agent: Agent, manager: Person, clock: Clock, *, answered: bool) -> None:
    """What people were asked does not change under their hands, even if an entry should say so."""
    row = factories.propose(agent, decision="rb-1")
    if answered:
        factories.approve(row, manager)
    held = factories.decision(agent, "rb-1")
    facts = {
        "kv": 1,
        "decision": str(row.id),
        "ref": row.ref_key,
        "agent": str(agent.id),
        "state": "window",
        "hold_until": "2027-01-01T00:00:00.000000Z",
        "requirement": [],
    }
    again = Draft(Kind.DECISION_HELD, "system", facts)

    def decide(moment: Moment) -> list[Draft]:
        return [again]

    record(decide, principal="system")
    row = factories.decision(agent, "rb-1")
    assert (row.state, row.hold_until, row.requirement) == (held.state, held.hold_until, held.requirement)


def test_asking_after_the_act_holds_nothing(agent: Agent) -> None:
    send(agent, event("executed", decision="rb-1"))
    row = factories.propose(agent, decision="rb-1")
    assert (row.state, row.hold_until) == (State.REPORTED, None)


def test_a_batch_that_asks_and_acts_at_once_raises_the_alarm_too(agent: Agent) -> None:
    send(agent, event("proposed", decision="rb-1"), event("executed", decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    assert row.beyond
    assert Alarm.objects.get().kind == "acted_without_permission"


def test_one_request_gives_a_decision_one_id(agent: Agent) -> None:
    kinds = ("outcome", "executed", "reverted")
    recorded = send(agent, *[event(kind, decision="rb-1") for kind in kinds])
    told_ids = {entry.facts["decision"] for entry in ledger.entries(recorded.first_seq, recorded.last_seq)}
    assert told_ids == {str(Decision.objects.get().id)}


def test_what_was_not_executed_ends_alike_in_either_order(agent: Agent, clock: Clock) -> None:
    events = [told("proposed", None), told("outcome", 40, outcome={"status": "not_executed"})]
    result = assert_same_in_any_order(agent, events)
    assert (result["state"], result["level_used"], result["sign_off"]) == (State.FAILED, "", SignOff.NONE)


def test_what_goes_beyond_its_level_owes_a_sign_off_where_the_policy_asks_for_none(agent: Agent, clock: Clock) -> None:
    send(agent, event("executed", decision="rb-1", action=factories.action(service="geo")))
    row = factories.decision(agent, "rb-1")
    assert (row.level_ruled, row.beyond, row.sign_off) == (Level.L3, True, SignOff.REQUIRED)
    assert row.sign_off_due == clock.at + timedelta(hours=24)


def test_nobody_accountable_is_an_alarm_and_once(agent: Agent) -> None:
    for _ in range(3):
        send(agent, event("executed", action=factories.action(service="orphan")))
    assert [alarm.subject for alarm in Alarm.objects.filter(kind="nobody_accountable")] == ["orphan"]
    assert {row.owner_id for row in Decision.objects.all()} == {None}
