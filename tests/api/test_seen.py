"""What other systems saw of an act, and the agent told of it: joined by what rule, in any order, and which word stands."""

from datetime import timedelta

import pytest

from decisions import clock as product_clock
from decisions.models import (
    Agent,
    Alarm,
    Decision,
    Evidence,
)
from decisions.rebuild import rebuild
from decisions.vocab import Outcome, Scope, State
from tests import factories
from tests.api.conftest import Api
from tests.api.sending import (
    ALERTS,
    BEFORE,
    REMEDIATOR,
    Json,
    audit,
    by,
    executed,
    known_as,
    naming,
    send,
    source,
    stackstorm,
)


def test_what_was_seen_is_joined_to_what_was_told(api: Api) -> None:
    agent = known_as("remediator", REMEDIATOR)
    row = executed(agent, api)
    answer = send(by(api, source("kubernetes-audit")), "kubernetes-audit", audit())
    assert answer.status_code == 200, answer.text
    row.refresh_from_db()
    seen = Evidence.objects.get()
    assert (seen.decision_seq, seen.rule, row.outcome_observed) == (row.seq, "target", True)
    assert row.state == State.REPORTED


def test_a_refusal_that_was_seen_prevails_over_the_success_that_was_claimed(api: Api) -> None:
    agent = known_as("remediator", REMEDIATOR)
    row = executed(agent, api)
    refused = audit(responseStatus={"code": 403, "message": "may not patch deployments"})
    send(by(api, source("kubernetes-audit")), "kubernetes-audit", refused)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.outcome_detail) == (State.FAILED, Outcome.FAILED, "may not patch deployments")


def test_what_was_seen_first_is_joined_when_the_agent_tells_of_it(api: Api) -> None:
    agent = known_as("remediator", REMEDIATOR)
    send(by(api, source("kubernetes-audit")), "kubernetes-audit", audit(responseStatus={"code": 409}))
    assert Evidence.objects.get().decision_seq is None
    row = executed(agent, api)
    assert (Evidence.objects.get().decision_seq, row.state) == (row.seq, State.FAILED)


def test_of_two_like_acts_each_is_seen_by_itself(api: Api) -> None:
    agent, now = known_as("remediator", REMEDIATOR), product_clock.now()
    early = executed(agent, api, time=(now - timedelta(minutes=8)).isoformat())
    late = executed(agent, api, time=(now - timedelta(minutes=2)).isoformat(), action={"parameters": {"replicas": 4}})
    sender = by(api, source("kubernetes-audit"))
    for minutes in (1, 7):
        send(sender, "kubernetes-audit", audit(at=now - timedelta(minutes=minutes)))
    assert list(Evidence.objects.order_by("seq").values_list("decision_seq", flat=True)) == [late.seq, early.seq]


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"name": "geo"}, "another service"),
        ({"at": BEFORE}, "another time"),
        ({"user": {"username": "mallory"}}, "another actor"),
        ({"objectRef": {"resource": "services", "namespace": "shop", "name": "search"}}, "another thing"),
    ],
)
def test_what_is_of_nothing_told_stays_unreported(api: Api, over: Json, why: str) -> None:
    row = executed(known_as("remediator", REMEDIATOR), api)
    send(by(api, source("kubernetes-audit")), "kubernetes-audit", audit(**over))
    row.refresh_from_db()
    assert (Evidence.objects.get().decision_seq, row.outcome_observed) == (None, False), why


def test_what_was_seen_to_be_under_way_is_joined_and_is_no_outcome(api: Api) -> None:
    """A record that does not say how it ended proves that something was begun."""
    row = executed(
        known_as("remediator", REMEDIATOR), api, outcome={"status": "failed"}, action={"kind": "exec_in_workload"}
    )
    begun = audit(objectRef={"resource": "deployments", "namespace": "shop", "name": "search", "subresource": "exec"})
    assert send(by(api, source("kubernetes-audit")), "kubernetes-audit", begun).status_code == 200
    row.refresh_from_db()
    assert Evidence.objects.get().outcome == ""
    assert (Evidence.objects.get().decision_seq, row.outcome, row.outcome_observed) == (row.seq, "failed", False)
    assert rebuild(check=True).differences == ()


def test_a_record_that_names_the_decision_is_joined_to_it_whoever_acted(api: Api) -> None:
    row = executed(known_as("remediator"), api)
    send(by(api, source("kubernetes-audit")), "kubernetes-audit", naming(row))
    assert (Evidence.objects.get().decision_seq, Evidence.objects.get().rule) == (row.seq, "named")


def test_a_name_alone_proves_nothing_of_another_service(api: Api) -> None:
    """Whoever can write an annotation could otherwise make a refusal a success by a harmless change elsewhere."""
    row = executed(known_as("remediator", REMEDIATOR), api)
    sender = by(api, source("kubernetes-audit"))
    send(sender, "kubernetes-audit", audit(responseStatus={"code": 403}))
    send(sender, "kubernetes-audit", naming(row, name="geo"))
    row.refresh_from_db()
    assert (row.outcome, row.outcome_observed) == (Outcome.FAILED, True)
    assert Evidence.objects.filter(decision_seq=row.seq).count() == 1


def test_an_act_that_was_seen_without_the_permission_that_was_asked_for_raises_an_alarm(api: Api) -> None:
    agent = known_as("remediator", REMEDIATOR)
    proposal = {"decision": "p", "action": factories.action(resource="deployment/search")}
    asked = api.as_agent(agent, Scope.PROPOSE).post("/api/v1/proposals", proposal, headers={"Idempotency-Key": "p"})
    assert asked.json()["state"] == "pending", asked.text
    send(by(api, source("kubernetes-audit")), "kubernetes-audit", audit())
    assert Alarm.objects.get().key.startswith("acted_without_permission:")


@pytest.mark.parametrize("order", [("running", "succeeded"), ("succeeded", "running"), ("succeeded", "succeeded")])
def test_the_platforms_word_of_an_agents_act_is_one_decision_in_any_order(api: Api, order: tuple[str, str]) -> None:
    sender = by(api, source("stackstorm", agent="remediator"))
    for name in order:
        assert send(sender, "stackstorm", stackstorm(name)).status_code == 200
    row = Decision.objects.get()
    assert row.agent_id == Agent.objects.get(slug="remediator").id
    assert (row.service, row.kind, row.outcome, row.state) == ("checkout", "run_runbook", "succeeded", State.REPORTED)
    assert not Alarm.objects.exists()


def test_the_platforms_word_that_names_the_agents_decision_is_joined_to_it(api: Api) -> None:
    row = executed(Agent.objects.get(slug="remediator"), api, action={"service": "checkout"})
    sender = by(api, source("stackstorm", agent="remediator"))
    send(sender, "stackstorm", stackstorm("succeeded", decision=row.agent_ref))
    row.refresh_from_db()
    assert (Decision.objects.count(), Evidence.objects.get().rule, row.outcome_observed) == (1, "named", True)


def test_the_platforms_word_of_an_outcome_stands_above_the_agents(api: Api) -> None:
    send(by(api, source("stackstorm", agent="remediator")), "stackstorm", stackstorm("timeout"))
    row = Decision.objects.get()
    told = row.outcome
    assert (told != "succeeded", row.outcome_observed) == (True, True)
    own = api.as_agent(Agent.objects.get(slug="remediator"), Scope.REPORT)
    claimed = factories.event("outcome", decision=row.agent_ref, outcome={"status": "succeeded"})
    assert own.event(claimed).status_code == 200
    row.refresh_from_db()
    assert row.outcome == told


def test_the_read_models_are_what_a_replay_makes(api: Api) -> None:
    agent = known_as("remediator", REMEDIATOR)
    sender = by(api, source("kubernetes-audit"))
    send(by(api, source("alertmanager")), "alertmanager", ALERTS)
    send(sender, "kubernetes-audit", audit(responseStatus={"code": 409}))
    executed(agent, api)
    send(sender, "kubernetes-audit", audit(verb="get"))
    send(sender, "kubernetes-audit", audit(name="elsewhere"))
    assert rebuild(check=True).differences == ()
