"""What other systems saw of an act beside what people were asked and agents told of it: it answers nothing, and a cut link leaves nothing."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from approvals.actions.veto_all import veto_all
from decisions import clock as product_clock
from decisions.models import Agent, Alarm, Decision, Evidence, Person
from decisions.rebuild import rebuild
from decisions.vocab import Level, SignOff, State
from tests import factories
from tests.api.conftest import Api, problem
from tests.api.sending import REMEDIATOR, Json, audit, by, executed, known_as, send, source
from tests.conftest import Clock


@pytest.fixture
def watched(api: Api) -> Agent:
    return known_as("remediator", REMEDIATOR)


@pytest.fixture
def watcher(api: Api) -> Api:
    return by(api, source("kubernetes-audit"))


def proposed(api: Api, agent: Agent, **over: Any) -> Json:
    body = {"decision": "p", "action": factories.action(resource="deployment/search", **over)}
    answer = api.as_agent(agent).post("/api/v1/proposals", body, headers={"Idempotency-Key": "p"})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def saw(watcher: Api, **over: Any) -> Evidence:
    assert send(watcher, "kubernetes-audit", audit(**over)).status_code == 200
    return Evidence.objects.order_by("-seq")[0]


def approve(api: Api, person: Person) -> None:
    row = Decision.objects.get()
    shown = factories.shown(row)
    body = {
        "verdict": "approve",
        "action_hash": shown.action_hash,
        "display_hash": shown.display_hash,
        "ref": {"seq": shown.ref_seq, "leaf": shown.ref_leaf},
        "version": shown.version,
    }
    path = f"/api/v1/decisions/{row.id}/verdicts"
    answer = api.as_person(person).command(path, body, version=row.version)
    assert answer.status_code == 200, answer.text


def claim(api: Api, agent: Agent) -> Any:
    row = Decision.objects.get()
    body = {"claim_key": "c", "action_hash": row.action_hash, "executor": "runner"}
    return api.as_agent(agent).command(f"/api/v1/decisions/{row.id}/claim", body)


def cut(api: Api, person: Person, evidence: Evidence) -> None:
    path = f"/decisions/{Decision.objects.get().id}/links/{evidence.seq}/cut"
    answer = api.as_person(person).send("POST", path, data={"reason": "Another cluster."})
    assert answer.status_code in (200, 302), answer.text


def shown(api: Api, agent: Agent) -> Json:
    """What the agent reads of its decision, but for its version and its history."""
    body: Json = api.as_agent(agent).get(f"/api/v1/decisions/{Decision.objects.get().id}").json()
    return {name: value for name, value in body.items() if name not in ("version", "history", "seq")}


# -- a hold


def test_what_was_seen_ends_no_hold_and_is_shown_beside_it(api: Api, watched: Agent, watcher: Api) -> None:
    before = proposed(api, watched)
    saw(watcher)
    row = Decision.objects.get()
    assert (row.state, row.hold_until is None, row.outcome_observed) == (State.PENDING, False, True)
    assert shown(api, watched)["hold_until"] == before["hold_until"]
    assert (row.level_used, row.beyond, row.sign_off) == (Level.L4, True, SignOff.REQUIRED)
    assert Alarm.objects.get().kind == "acted_without_permission"
    assert rebuild(check=True).differences == ()


def test_a_cut_link_leaves_a_hold_as_if_it_had_never_been_joined(
    api: Api, watched: Agent, watcher: Api, responder: Person
) -> None:
    proposed(api, watched)
    before = shown(api, watched)
    cut(api, responder, saw(watcher))
    assert shown(api, watched) == before
    assert rebuild(check=True).differences == ()


def test_a_hold_whose_time_is_over_stays_over_when_a_link_is_cut(
    api: Api, watched: Agent, watcher: Api, responder: Person, clock: Clock
) -> None:
    proposed(api, watched)
    evidence = saw(watcher)
    clock.advance(minutes=31)
    cut(api, responder, evidence)
    row = shown(api, watched)
    assert (row["state"], row["beyond"]) == (State.EXPIRED, False)
    assert claim(api, watched).status_code == 410


def test_people_answer_a_hold_whatever_was_seen_and_a_permission_is_for_no_second_act(
    api: Api, watched: Agent, watcher: Api, manager: Person, responder: Person
) -> None:
    proposed(api, watched)
    evidence = saw(watcher)
    approve(api, manager)
    problem(claim(api, watched), 409, "not-open")
    cut(api, responder, evidence)
    assert claim(api, watched).status_code == 200


@pytest.mark.parametrize("all_of_it", [False, True])
def test_a_veto_of_an_act_that_was_seen_orders_it_to_be_undone(
    api: Api, watched: Agent, watcher: Api, responder: Person, *, all_of_it: bool
) -> None:
    """Otherwise an agent that acts before it is answered would have its act left as it is."""
    proposed(api, watched)
    evidence, row = saw(watcher), Decision.objects.get()
    if all_of_it:
        veto_all("agent", watched.id, until=row.last_seq, reason="No.", actor=responder.id)
    else:
        path = f"/api/v1/decisions/{row.id}/verdicts"
        assert api.as_person(responder).command(path, {"verdict": "veto"}).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.to_revert, row.hold_until) == (State.REVERT_ORDERED, True, None)
    orders = api.as_agent(watched).get("/api/v1/revert-orders")
    assert str(row.id) in orders.text
    problem(claim(api, watched), 409, "not-open")
    cut(api, responder, evidence)
    assert Decision.objects.get().state == State.REVERT_ORDERED, "what people said stands"
    assert rebuild(check=True).differences == ()


def test_a_veto_stands_whatever_is_seen_and_cut_after_it(
    api: Api, watched: Agent, watcher: Api, responder: Person
) -> None:
    proposed(api, watched)
    path = f"/api/v1/decisions/{Decision.objects.get().id}/verdicts"
    assert api.as_person(responder).command(path, {"verdict": "veto"}).status_code == 200
    before = shown(api, watched)
    evidence = saw(watcher)
    assert (shown(api, watched)["state"], shown(api, watched)["beyond"]) == (State.VETOED, True)
    cut(api, responder, evidence)
    assert shown(api, watched) == before


def test_what_was_seen_before_the_question_is_joined_to_it_and_alarms(
    api: Api, watched: Agent, watcher: Api, responder: Person
) -> None:
    evidence = saw(watcher)
    assert Evidence.objects.filter(decision_seq=None).exists()
    proposed(api, watched)
    row = Decision.objects.get()
    evidence.refresh_from_db()
    assert (evidence.decision_seq, evidence.rule) == (row.seq, "target")
    assert (row.state, row.outcome_observed, row.beyond) == (State.PENDING, True, True)
    assert Alarm.objects.get().kind == "acted_without_permission"
    cut(api, responder, evidence)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.beyond, row.sign_off) == (State.PENDING, "", False, SignOff.NONE)
    assert rebuild(check=True).differences == ()


def test_what_was_seen_long_before_the_question_is_not_of_it(api: Api, watched: Agent, watcher: Api) -> None:
    evidence = saw(watcher, at=product_clock.now() - timedelta(minutes=2))
    proposed(api, watched)
    evidence.refresh_from_db()
    assert (evidence.decision_seq, Alarm.objects.count()) == (None, 0)


# -- a lease


def under_a_lease(api: Api, agent: Agent, manager: Person) -> tuple[str, Json]:
    proposed(api, agent)
    approve(api, manager)
    lease = claim(api, agent).json()
    return f"/api/v1/leases/{lease['lease_id']}/outcome", {"fencing": lease["fencing"], "status": "succeeded"}


@pytest.mark.parametrize("order", list(permutations(["outcome", "refused", "effect"])))
@pytest.mark.parametrize("late", [False, True])
def test_outcome_and_effects_of_a_claimed_act_end_alike_in_any_order(
    api: Api, watched: Agent, watcher: Api, manager: Person, clock: Clock, order: tuple[str, ...], *, late: bool
) -> None:
    """Two effects are seen, far apart where the lease was over long before anybody told anything."""
    path, said = under_a_lease(api, watched, manager)
    at = {"refused": clock.at, "effect": clock.at + timedelta(minutes=20 if late else 4)}
    clock.advance(minutes=20 if late else 0)
    for part in order:
        if part == "outcome":
            assert api.as_agent(watched).command(path, said).status_code == (202 if late else 200)
        else:
            saw(watcher, at=at[part], responseStatus={"code": 403 if part == "refused" else 200, "message": part})
    row = Decision.objects.get()
    assert row.state == (State.REVIEW if late else State.SUCCEEDED)
    assert (row.outcome, row.outcome_observed, row.ended_at) == ("succeeded", True, at["effect"])
    assert Evidence.objects.filter(decision_seq=row.seq).count() == 2
    assert rebuild(check=True).differences == ()


def test_an_act_that_is_seen_while_it_is_at_work_goes_on(
    api: Api, watched: Agent, watcher: Api, manager: Person
) -> None:
    path, said = under_a_lease(api, watched, manager)
    saw(watcher)
    row = Decision.objects.get()
    assert (row.state, row.outcome_observed) == (State.EXECUTING, True)
    assert api.as_agent(watched).command(path, said).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.outcome_observed, row.beyond) == (State.SUCCEEDED, True, False)
    assert not Alarm.objects.exists()


# -- a report


@pytest.mark.parametrize("order", list(permutations(["first", "second", "effect"])))
def test_when_an_act_was_done_is_the_first_time_that_its_agent_says(
    api: Api, watched: Agent, watcher: Api, order: tuple[str, ...]
) -> None:
    now = product_clock.now()
    at = {"first": now - timedelta(minutes=9), "second": now - timedelta(minutes=2)}
    for part in order:
        if part == "effect":
            saw(watcher, at=at["first"] + timedelta(minutes=1), responseStatus={"code": 403})
        else:
            executed(watched, api, decision="d", time=at[part].isoformat())
    row = Decision.objects.get()
    assert (row.occurred_at, row.state) == (at["first"], State.FAILED)
    assert Evidence.objects.get().decision_seq == row.seq
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize("order", list(permutations(["first", "second", "effect"])))
def test_what_was_seen_of_a_time_that_the_agent_corrects_is_not_of_its_act(
    api: Api, watched: Agent, watcher: Api, order: tuple[str, ...]
) -> None:
    now = product_clock.now()
    at = {"first": now - timedelta(minutes=30), "second": now - timedelta(minutes=2)}
    for part in order:
        if part == "effect":
            saw(watcher, at=now)
        else:
            executed(watched, api, decision="d", time=at[part].isoformat())
    assert (Evidence.objects.get().decision_seq, Decision.objects.get().outcome_observed) == (None, False)
    assert rebuild(check=True).differences == ()
