"""A secret that an agent or a person sends is in no entry, no disclosure and no hash that could tell it."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.actions.comment import comment
from approvals.actions.report_outcome import report_outcome
from decisions import ledger
from decisions.canonical import action_hash
from decisions.errors import Problem
from decisions.intake import cloudevents
from decisions.models import Agent, Decision, Person
from decisions.redaction import MARK, Remover, beginning, cleaned, may_hold
from decisions.verify import verify_ledger
from decisions.vocab import Outcome
from tests import factories
from tests.factories import event, send

GITHUB = "ghp_" + "a1B2" * 9
AMAZON = "AKIA" + "Z" * 16
WEB_TOKEN = "eyJhbGciOi.eyJzdWIiOj.c2lnbmF0dX" + "x" * 8
WEB_TOKEN = "eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 12
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nqwerty\n-----END RSA PRIVATE KEY-----"
OURS = "gk_live_" + "d" * 40
FORMS = [GITHUB, AMAZON, WEB_TOKEN, PEM, OURS, "github_pat_" + "e" * 30]


def removed(value: Any, *, by_name: bool = True) -> tuple[Any, list[str]]:
    remover = Remover(b"key")
    return remover.clean(value, "p", by_name=by_name), remover.places


@pytest.mark.parametrize("secret", FORMS)
@pytest.mark.parametrize("around", ["{}", "it said {} and went on", "a={};b={}", "\n{}\n"])
def test_a_secret_is_known_by_its_form_wherever_it_stands(secret: str, around: str) -> None:
    text = around.format(secret, secret)
    assert may_hold({"x": text})
    found, places = removed({"note": [text]}, by_name=False)
    assert places == ["p.note[0]"]
    assert secret not in json.dumps(found)
    for part in secret.split():
        if len(part) > 12 and "-----" not in part:
            assert part not in json.dumps(found)
    assert found["note"][0].count(MARK) == text.count(secret)


def test_a_key_that_was_cut_off_is_taken_to_the_end() -> None:
    found, _ = removed("see: " + PEM[:-20] + "\nmore of it", by_name=False)
    assert found.startswith(f"see: {MARK} ")
    assert "qwerty" not in found
    assert "more of it" not in found


@pytest.mark.parametrize("secret", FORMS)
def test_a_secret_that_is_the_name_of_a_field_is_one_too(secret: str) -> None:
    found, places = removed({"note": {secret: {"of": secret}}}, by_name=False)
    assert len(places) == 2
    assert secret not in json.dumps([found, places])
    assert next(iter(found["note"])).startswith(MARK)


@pytest.mark.parametrize("secret", FORMS)
def test_no_cut_leaves_half_a_secret(secret: str) -> None:
    text = f"it said {secret} and went on {secret}"
    for most in range(len(text) + 1):
        kept = beginning(text, most)
        assert text.startswith(kept)
        assert len(kept) <= most
        # What is left of it is all of it, or nothing.
        rest = kept.replace(secret, "")
        assert not any(secret[:n] in rest for n in range(6, len(secret)))
        if not any(start < most < start + len(secret) for start in (8, text.rindex(secret))):
            assert len(kept) == most


@pytest.mark.parametrize(
    "name", ["password", "DB_PASSWORD", "dbPassword", "api-key", "apiKey", "clientSecret", "token"]
)
def test_a_secret_is_known_by_the_name_of_its_field(name: str) -> None:
    assert may_hold({name: "x"})
    found, places = removed({"env": {name: "hunter2"}, "list": [{"name": name, "value": "hunter2"}]})
    assert places == [f"p.env.{name}", "p.list[0].value"]
    assert "hunter2" not in json.dumps(found)
    assert removed({"env": {name: "hunter2"}}, by_name=False) == ({"env": {name: "hunter2"}}, [])


@pytest.mark.parametrize(
    "value",
    [
        {"password": {"$secret": "vault:db#v3"}},
        {"password": "vault:db#v3"},
        {"password": "${DB_PASSWORD}"},
        {"password": "****"},
        {"password": ""},
        {"password_file": "/run/secrets/db"},
        {"tokens": 7, "token": 7, "max_token_count": "8"},
        {"sha": hashlib.sha256(b"x").hexdigest(), "note": "the key of the door"},
    ],
)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert removed(value)[0] == value or value.get("max_token_count")


def test_the_same_secret_shows_as_the_same_and_only_with_the_same_key() -> None:
    one, other = (Remover(key).clean(GITHUB, "", by_name=False) for key in (b"a", b"b"))
    assert one == Remover(b"a").clean(GITHUB, "", by_name=False)
    assert one != other
    again, places = removed(one)
    assert (again, places) == (one, []), "what was removed is not removed again"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_what_holds_nothing_is_the_very_same(value: Any) -> None:
    disclosed = {"comment": value}
    found, once = cleaned(disclosed, "digest", b"k")
    if not may_hold(disclosed):
        assert found is disclosed
        assert Remover(b"k").clean(value, "", by_name=True) == value
    assert once == "digest" or "removed" in found


def everything_of(seq: int) -> str:
    found = ledger.entry(seq)
    assert found is not None
    return found[1].decode() + json.dumps(ledger.texts_of([seq]), ensure_ascii=False)


@pytest.mark.django_db
def test_a_report_is_taken_without_its_secrets(agent: Agent) -> None:
    parameters = {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}], "note": f"with {GITHUB}", "replicas": 3}
    sent = event(
        decision="rb-1",
        action=factories.action(parameters=parameters, undo={"kind": "scale", "parameters": {"token": "hunter3"}}),
        rationale=f"I found {AMAZON} in the log",
        evidence=[{"name": "log", "value": f"bearer {WEB_TOKEN}"}],
        outcome={"status": "succeeded", "detail": PEM},
    )
    body = json.dumps(sent)
    recorded = send(agent, sent)
    assert send(agent, sent).duplicates == 1, "it is known again"
    with pytest.raises(Problem, match="changed-duplicate"):
        send(agent, json.loads(body.replace("hunter2", "hunter4")))
    all_of_it = everything_of(recorded.first_seq)
    row = factories.decision(agent, "rb-1")
    all_of_it += json.dumps([row.action, row.account, row.outcome_detail, row.title])
    for secret in ("hunter2", "hunter3", GITHUB, AMAZON, WEB_TOKEN, "qwerty"):
        assert secret not in all_of_it
    entry = ledger.entry(recorded.first_seq)
    assert entry is not None
    assert sorted(entry[0].disclosed["removed"]) == [
        "action.parameters.env[0].value",
        "action.parameters.note",
        "action.undo.parameters.token",
        "evidence[0].value",
        "outcome.detail",
        "rationale",
    ]
    assert row.action is not None
    assert row.action["parameters"]["replicas"] == 3
    assert row.action_hash == action_hash(row.action), "the hash is that of what is kept"
    plain = cloudevents.read_event(sent, 64 * 1024).sha256
    assert plain not in all_of_it, "a hash of the body would tell a secret that is easy to guess"
    assert verify_ledger().clean


@pytest.mark.django_db
def test_the_same_secret_in_two_reports_shows_as_the_same(agent: Agent) -> None:
    for name in ("a", "b"):
        send(agent, event(decision=name, action=factories.action(parameters={"token": "hunter2"})))
    marks = [(factories.decision(agent, name).action or {})["parameters"]["token"] for name in ("a", "b")]
    assert marks[0] == marks[1]
    assert marks[0].startswith(MARK)


@pytest.mark.django_db
def test_what_people_and_executors_say_is_kept_without_secrets(agent: Agent, manager: Person) -> None:
    row = factories.propose(agent, rationale=f"with {GITHUB}")
    factories.approve(row, manager, reason=f"use {AMAZON}")
    comment(row.id, text=f"and {OURS}", actor=manager.id)
    said = {"detail": f"done with {WEB_TOKEN}", "observed": {"password": "hunter2"}}
    factories.finish(factories.claim(row, executor=f"host {GITHUB}"), said=said)
    again = Decision.objects.get(seq=row.seq)
    assert again.lease_id is not None
    assert again.lease_seq is not None
    size = ledger.size()
    report_outcome(again.lease_id, status=Outcome.SUCCEEDED, fencing=again.lease_seq, said=said, agent=agent.id)
    assert ledger.size() == size, "told again, it is known"
    all_of_it = "".join(everything_of(seq) for seq in range(row.seq, ledger.size()))
    for secret in (GITHUB, AMAZON, OURS, WEB_TOKEN, "hunter2"):
        assert secret not in all_of_it
    assert all_of_it.count(MARK) >= 6
