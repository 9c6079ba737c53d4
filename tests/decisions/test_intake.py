"""What one event could do to the others or to the people who read it, and does not."""

import json
import uuid
from typing import Any

import pytest

from decisions import ledger
from decisions.errors import Problem
from decisions.intake import cloudevents, events, shape
from decisions.models import Agent, Decision
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send

HEADERS = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-source": "/a",
    "ce-type": "oversight.signal.v1",
}


def refused(value: dict[str, Any]) -> str:
    with pytest.raises(Problem) as caught:
        shape.read(value)
    assert caught.value.status == 400
    return caught.value.slug


@pytest.mark.parametrize(
    "mark", ["\n", "\x7f", "\u200b", "\u202e", "\u2066", "\u00ad", "\u2028", "\U000e0041", "\ufeff"]
)
@pytest.mark.parametrize("place", ["decision", "episode", "service", "environment", "resource"])
def test_a_name_that_looks_like_another_is_refused(place: str, mark: str) -> None:
    name = f"geo{mark}"
    over = {place: name} if place in ("decision", "episode") else {"action": factories.action(**{place: name})}
    assert refused(factories.data(**over)) == "control-character"


@pytest.mark.parametrize("kind", ["restart\n", "Restart", "re start", "", "ｒestart", "x" * 65])
def test_a_kind_of_action_is_a_plain_word(kind: str) -> None:
    assert refused(factories.data(action=factories.action(kind=kind))) in ("bad-event", "control-character")
    undo = {"kind": kind, "parameters": {}}
    assert refused(factories.data(action=factories.action(undo=undo))) in ("bad-event", "control-character")


def test_a_name_in_another_normal_form_is_refused() -> None:
    assert refused(factories.data(decision="Mu\u0308nchen")) == "not-normal"
    assert shape.read(factories.data(decision="M\u00fcnchen")).decision == "M\u00fcnchen"


@pytest.mark.parametrize("name", ["id", "source", "type", "subject"])
def test_an_attribute_with_a_control_character_is_refused(name: str) -> None:
    with pytest.raises(Problem, match="control character"):
        cloudevents.read_event(event(**{name: "a\x00b"}), 65536)
    if name == "id":
        with pytest.raises(Problem, match="control character"):
            cloudevents.read_request({**HEADERS, "ce-id": "a%00b"}, b"{}", event_limit=65536)


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
        "2026-02-30T00:00:00Z",
        "2026-11-22T24:00:01Z",
        "2026-11-22T03:47:00",
        "2026-11-22 03:47:00Z",
        "2026-11-22",
        "٢٠٢٦-11-22T03:47:00Z",
        "now",
    ],
)
def test_a_time_that_is_none_is_refused(time: str) -> None:
    with pytest.raises(Problem, match="RFC 3339"):
        cloudevents.read_event(event(time=time), 65536)


@pytest.mark.parametrize("text", ["2026-11-22t03:47:00.123456789z", "2026-11-22T04:47:00.123456+01:00"])
def test_a_time_is_kept_to_the_microsecond_in_utc(text: str) -> None:
    at = cloudevents.read_event(event(time=text), 65536).time
    assert at is not None
    assert at.isoformat() == "2026-11-22T03:47:00.123456+00:00"


@pytest.mark.django_db
def test_an_event_from_the_future_refuses_its_batch_and_names_its_place(agent: Agent, clock: Clock) -> None:
    size = ledger.size()
    with pytest.raises(Problem) as caught:
        send(agent, event(), event(time="2026-11-22T03:52:01Z"))
    assert (caught.value.slug, caught.value.extra) == ("bad-time", {"index": 1})
    send(agent, event(time="2026-11-22T03:52:00Z"))
    assert ledger.size() == size + 1


@pytest.mark.django_db
def test_a_proposal_that_is_refused_in_a_batch_names_its_place(agent: Agent) -> None:
    factories.propose(agent, decision="rb-1")
    with pytest.raises(Problem) as caught:
        send(agent, event(), event("proposed", decision="rb-1", action=factories.action(service="wiki")))
    assert caught.value.extra["index"] == 1
    assert Decision.objects.count() == 1


@pytest.mark.django_db
def test_an_agent_says_nothing_about_itself_that_counts(agent: Agent, organisation: factories.Register) -> None:
    """Who acts is who the key says; how grave it is, who answers and what is allowed is looked up."""
    for member in ("agent", "tier", "level", "risk", "owner", "environment_class"):
        with pytest.raises(Problem):
            shape.read(factories.data(**{member: "x"}))
        with pytest.raises(Problem):
            shape.read(factories.data(action=factories.action(**{member: "x"})))
    send(agent, event(source="/agents/autoscaler", decision="rb-1"))
    row = factories.decision(agent, "rb-1")
    assert (row.agent_id, row.tier, row.risk) == (agent.id, 1, "high")
    assert row.owner_id == organisation.people["marta"].id


@pytest.mark.django_db
def test_what_nobody_registered_counts_as_the_strictest(agent: Agent) -> None:
    action = factories.action(service="new-thing", environment="sandbox", kind="restart")
    send(agent, event(decision="rb-1", action=action))
    row = factories.decision(agent, "rb-1")
    assert (row.tier, row.environment_class, row.risk, row.level_ruled) == (None, "prod", "high", "L2")


@pytest.mark.django_db
def test_the_agents_words_are_kept_as_they_are_and_never_in_the_leaf(agent: Agent) -> None:
    words = "<script>alert('x')</script> \u202e – 是"
    send(agent, event(decision="rb-1", rationale=words, evidence=[{"name": words, "value": 0.072}]))
    row = factories.decision(agent, "rb-1")
    assert row.account["rationale"] == words
    assert row.account["evidence"] == [{"name": words, "value": 0.072}]
    assert "confidence" in row.account
    assert words not in row.title
    found = ledger.entry(row.last_seq)
    assert found is not None
    assert json.loads(found[1])["facts"].keys() & {"rationale", "account", "decision_name"} == set()
    assert b"script" not in found[1]


@pytest.mark.django_db
def test_what_an_agent_leaves_out_is_not_invented(agent: Agent) -> None:
    plain = event(decision="rb-1")
    plain["data"] = {"decision": "rb-1", "action": {"kind": "restart", "target": {"service": "search"}}}
    send(agent, plain)
    row = factories.decision(agent, "rb-1")
    assert (row.account, row.outcome, row.episode, row.environment) == ({}, "", "", "prod")


def test_scopes_follow_from_what_is_sent() -> None:
    made = [cloudevents.read_event(event(kind), 65536) for kind in ("proposed", "executed", "outcome")]
    prepared = events.prepare(uuid.uuid4(), made)
    assert {str(scope) for scope in events.needed_scope(prepared)} == {"propose", "report"}
    assert {str(scope) for scope in events.needed_scope(prepared[1:])} == {"report"}
