"""What other systems send, through the hooks: who may, what is kept, what is refused, how a source does."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from approvals.actions.change_register import change_register
from approvals.actions.handle_secret import end_secret, make_secret
from approvals.organisation import Organisation, SourceRow
from decisions import ledger
from decisions.auth import sources
from decisions.intake import tally
from decisions.keyring import new_key
from decisions.models import (
    Agent,
    Decision,
    Evidence,
    EvidenceKey,
    Look,
    SourceMinute,
    SourceRefusal,
    SourceSecret,
)
from decisions.vocab import Scope
from tests.api.conftest import Api
from tests.api.sending import (
    ALERTS,
    FORMATS,
    REMEDIATOR,
    audit,
    by,
    known_as,
    send,
    source,
)
from tests.conftest import Clock

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


def test_a_secret_outlives_the_key_of_the_installation_that_it_was_made_under(api: Api, settings: Any) -> None:
    secret, fresh = source("alertmanager"), new_key()
    settings.DISCLOSURE_KEY = f"{fresh},{settings.DISCLOSURE_KEY}"
    call_command("rewrap_disclosures", stdout=StringIO(), stderr=StringIO())
    settings.DISCLOSURE_KEY = fresh
    sources.forget()
    assert send(by(api, secret), "alertmanager", ALERTS).status_code == 200


def test_a_secret_under_a_key_that_is_lost_shuts_nobody_else_out(api: Api, settings: Any) -> None:
    lost = source("alertmanager", slug="one")
    settings.DISCLOSURE_KEY = new_key()
    kept = source("alertmanager", slug="two")
    assert [send(by(api, one), "alertmanager", ALERTS).status_code for one in (lost, kept)] == [401, 200]


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
