"""What other systems send, through the hooks: who may, what is kept, what is joined to which decision, what is refused."""

import base64
import gzip
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.actions.change_register import change_register
from approvals.actions.handle_secret import end_secret, make_secret
from approvals.organisation import AgentRow, Organisation, SourceRow
from decisions import clock as product_clock
from decisions import ledger
from decisions.auth import sources
from decisions.intake import tally
from decisions.models import (
    Agent,
    Alarm,
    Decision,
    Evidence,
    EvidenceKey,
    Look,
    SourceMinute,
    SourceRefusal,
    SourceSecret,
)
from decisions.rebuild import rebuild
from decisions.vocab import Outcome, Scope, State
from tests import factories
from tests.api.conftest import Api
from tests.conftest import Clock

FORMATS = Path(__file__).parent.parent / "decisions" / "formats"
ALERTS = (FORMATS / "alertmanager" / "firing-group-of-2.json").read_bytes()
Json = dict[str, Any]
BEFORE = datetime(2026, 11, 20, 12, tzinfo=UTC)


def source(system: str, *, agent: str = "", slug: str = "", active: bool = True) -> str:
    """A source of `system`, and the secret that it shows."""
    row = SourceRow(slug or f"{system}-1", f"Our {system}", system, agent, None, active)
    change_register(Organisation(sources=[row]), actor=None)
    return make_secret(row.slug, actor=None)


def known_as(agent: str, *identities: str) -> Agent:
    """The agent `agent` of the example company, with who it is elsewhere."""
    held = Agent.objects.get(slug=agent)
    row = AgentRow(agent, held.name, held.vendor, held.model, held.version, "tomasz", identities=identities)
    change_register(Organisation(agents=[row]), actor=None)
    return held


def by(api: Api, secret: str) -> Api:
    return replace(api, headers={"Authorization": f"Bearer {secret}"})


def send(api: Api, system: str, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.send("POST", f"/hooks/{system}", content=raw, headers={"Content-Type": "application/json", **headers})


def audit(**over: Any) -> Json:
    """A write of the remediator's service account to the deployment `search`, as the API server tells of it."""
    at = over.pop("at", None) or product_clock.now()
    name = over.pop("name", "search")
    event: Json = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": str(uuid.uuid4()),
        "stage": "ResponseComplete",
        "verb": "patch",
        "user": {"username": "system:serviceaccount:ops:remediator", "groups": ["system:serviceaccounts"]},
        "objectRef": {"resource": "deployments", "namespace": "shop", "name": name, "apiGroup": "apps"},
        "requestObject": {"spec": {"replicas": 3}},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": at.isoformat().replace("+00:00", "Z"),
        "stageTimestamp": at.isoformat().replace("+00:00", "Z"),
        "requestURI": f"/apis/apps/v1/namespaces/shop/deployments/{name}",
    }
    return event | over


REMEDIATOR = "kubernetes-audit:system:serviceaccount:ops:remediator"


def executed(agent: Agent, api: Api, **over: Any) -> Decision:
    """A scaling of the deployment `search` that its agent reports."""
    act = factories.action(resource="deployment/search", **over.pop("action", {}))
    made = {"action": act, "outcome": {"status": "succeeded"}, **over}
    answer = api.as_agent(agent, Scope.REPORT).event(factories.event(**made))
    assert answer.status_code == 200, answer.text
    return Decision.objects.order_by("-seq")[0]


# -- who may send


def test_a_source_shows_its_secret_in_any_of_four_ways(api: Api) -> None:
    secret = source("alertmanager")
    basic = base64.b64encode(f"prometheus:{secret}".encode()).decode()
    for headers in (
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": f"Basic {basic}"},
        {"X-Api-Key": secret},
    ):
        assert send(api, "alertmanager", ALERTS, **headers).status_code == 200, headers
    raw = (FORMATS / "github" / "deployment.created.0.json").read_bytes()
    secret = source("github")
    signed = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    answer = send(
        api, "github", raw, **{"X-Hub-Signature-256": signed, "X-GitHub-Event": "deployment", "X-GitHub-Delivery": "1"}
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer whsec_AAAAAAAAAAAAAAAAAAAAAAAA"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"Authorization": "Bearer gk_live_aaaaaaaa_" + "a" * 32 + "_00000000"},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
    ],
)
def test_nobody_else_may(api: Api, writes: Callable[[], list[str]], headers: dict[str, str]) -> None:
    source("alertmanager")
    before = ledger.size()
    answer = send(api, "alertmanager", ALERTS, **headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert ledger.size() == before


def test_the_secret_of_another_system_opens_nothing(api: Api) -> None:
    secret = source("github")
    assert send(by(api, secret), "alertmanager", ALERTS).status_code == 401


def test_a_secret_is_valid_beside_the_one_that_takes_its_place_and_no_longer(api: Api, clock: Clock) -> None:
    first = source("alertmanager")
    clock.advance(seconds=1)
    second = make_secret("alertmanager-1", actor=None)
    assert send(by(api, first), "alertmanager", ALERTS).status_code == 200
    clock.advance(seconds=1)
    third = make_secret("alertmanager-1", actor=None)
    assert [send(by(api, one), "alertmanager", ALERTS).status_code for one in (first, second, third)] == [401, 200, 200]
    clock.advance(days=8)
    sources.forget()
    assert [send(by(api, one), "alertmanager", ALERTS).status_code for one in (second, third)] == [401, 200]


def test_a_secret_that_was_ended_or_whose_source_was_switched_off_opens_nothing(api: Api) -> None:
    secret = source("alertmanager")
    end_secret(SourceSecret.objects.get().id, actor=None)
    assert send(by(api, secret), "alertmanager", ALERTS).status_code == 401
    secret = source("alertmanager", slug="another")
    assert send(by(api, secret), "alertmanager", ALERTS).status_code == 200
    row = SourceRow("another", "", "alertmanager", "", None, active=False)
    change_register(Organisation(sources=[row]), actor=None)
    sources.forget()
    assert send(by(api, secret), "alertmanager", ALERTS).status_code == 401


def test_no_secret_stands_in_the_database_or_in_the_ledger(api: Api) -> None:
    secret = source("alertmanager")
    send(by(api, secret), "alertmanager", ALERTS)
    row = SourceSecret.objects.get()
    assert secret.encode() not in bytes(row.sealed) + bytes(row.key)
    for entry in ledger.entries(0, ledger.size() - 1):
        assert secret not in json.dumps([entry.facts, entry.disclosed], default=str)


def test_an_agents_key_needs_the_scope_report(api: Api) -> None:
    agent = Agent.objects.get(slug="remediator")
    assert send(api.as_agent(agent, Scope.READ), "alertmanager", ALERTS).status_code == 403
    assert send(api.as_agent(agent, Scope.REPORT), "alertmanager", ALERTS).status_code == 200


def test_a_system_that_nobody_mapped_is_not_found(api: Api) -> None:
    assert send(by(api, source("alertmanager")), "nagios", b"{}").status_code == 404


# -- what is kept


def test_an_alert_becomes_evidence_that_can_be_found(api: Api, writes: Callable[[], list[str]]) -> None:
    secret = source("alertmanager")
    answer = send(by(api, secret), "alertmanager", ALERTS)
    assert answer.json()["accepted"] == 2, answer.text
    first, second = Evidence.objects.order_by("seq")
    assert (first.says, first.source, first.service) == ("trigger", "alertmanager-1", "geo")
    assert first.told["title"] == "Pod is crash looping."
    assert second.service == "", "the company has no service of that name"
    assert EvidenceKey.objects.filter(evidence_seq=first.seq).count() == 1
    assert writes()[-2:] == ["signal.received", "signal.received"]
    [entry] = ledger.entries(first.seq, first.seq)
    assert entry.actor == "source:alertmanager-1"


def test_what_comes_again_is_a_duplicate_whatever_else_it_says(api: Api) -> None:
    sender = by(api, source("alertmanager"))
    send(sender, "alertmanager", ALERTS)
    size = ledger.size()
    again = json.loads(ALERTS)
    again["alerts"][0]["annotations"]["description"] = "rendered anew"
    answer = send(sender, "alertmanager", again).json()
    assert (answer["accepted"], answer["duplicates"], ledger.size()) == (0, 2, size)


def test_a_bad_record_names_its_index_and_nothing_is_kept(api: Api) -> None:
    sender, body = by(api, source("alertmanager")), json.loads(ALERTS)
    del body["alerts"][1]["fingerprint"]
    size = ledger.size()
    answer = send(sender, "alertmanager", body)
    assert (answer.status_code, answer.json()["index"], ledger.size()) == (400, 1, size)


def test_a_packed_body_is_unpacked_and_a_bomb_is_not(api: Api) -> None:
    sender = by(api, source("alertmanager"))
    packed = {"Content-Encoding": "gzip"}
    assert send(sender, "alertmanager", gzip.compress(ALERTS), **packed).status_code == 200
    assert send(sender, "alertmanager", gzip.compress(b" " * (64 << 20)), **packed).status_code == 413


def test_reads_are_counted_once_for_each_episode_and_kept_as_one_entry(api: Api) -> None:
    known_as("remediator", REMEDIATOR)
    sender = by(api, source("kubernetes-audit"))
    body = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [audit(verb="get") for _ in range(300)]}
    size = ledger.size()
    send(sender, "kubernetes-audit", body)
    answer = send(sender, "kubernetes-audit", body).json()
    assert (answer["looks"], answer["duplicates"]) == (300, 1)
    assert ledger.size() == size + 1
    assert Look.objects.get().calls == 300
    send(sender, "kubernetes-audit", {**body, "items": [audit(verb="list")]})
    assert Look.objects.get().calls == 301
    assert Decision.objects.count() == 0


def test_secrets_in_a_record_never_reach_the_ledger(api: Api) -> None:
    body = json.loads(ALERTS)
    body["alerts"][0]["annotations"]["description"] = "token ghp_" + "a" * 36 + " was used"
    send(by(api, source("alertmanager")), "alertmanager", body)
    [entry] = ledger.entries(Evidence.objects.order_by("seq")[0].seq, Evidence.objects.order_by("seq")[0].seq)
    assert "ghp_" not in json.dumps(entry.disclosed)
    assert entry.disclosed["removed"] == ["told.detail"]


# -- what is seen of an action


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


def naming(row: Decision, **over: Any) -> Json:
    said = {"metadata": {"annotations": {"oversight/decision": str(row.id)}}, "spec": {"replicas": 3}}
    return audit(requestObject=said, user={"username": "system:serviceaccount:argo:controller"}, **over)


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


def stackstorm(name: str, *, decision: str = "") -> Json:
    body: Json = json.loads((FORMATS / "stackstorm" / f"written-{name}.json").read_bytes())
    told = json.dumps(body).replace('"rb-20261122-0347"', json.dumps(decision))
    return json.loads(told)  # type: ignore[no-any-return]


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


# -- how a source does


def test_a_source_shows_how_it_does(api: Api) -> None:
    sender = by(api, source("alertmanager"))
    send(sender, "alertmanager", ALERTS)
    send(sender, "alertmanager", ALERTS)
    send(sender, "alertmanager", b'{"version": "4", "password": "x", "k": "ghp_' + b"a" * 36 + b'"}')
    tally.settle()
    minutes = SourceMinute.objects.filter(source="source:alertmanager-1")
    assert sum(one.records for one in minutes) == 2
    assert sum(one.duplicates for one in minutes) == 2
    assert sum(one.refused for one in minutes) == 1
    refusal = SourceRefusal.objects.get()
    assert (refusal.status, refusal.problem) == (400, "unknown-record")
    assert "ghp_" not in refusal.sample
