"""Recorded runs go in as traces and are decisions afterwards: through the spine, with their reasons and honest outcomes."""

from collections import Counter

import pytest

from decisions import ledger, register
from decisions.intake import assembly
from decisions.intake.assembly import OPENTELEMETRY, Sender
from decisions.intake.otlp import read_traces
from decisions.intake.receive import receive_assembled
from decisions.models import Agent, Decision
from decisions.vocab import Kind, State
from tests.recorded.as_otlp import as_otlp, as_protobuf, request_of, spans_of
from tests.recorded.reading import RUNS

pytestmark = pytest.mark.django_db(transaction=True)
JSON, PROTOBUF = "application/json", "application/x-protobuf"


def send(agent: Agent, content_type: str, body: bytes) -> dict[str, int]:
    sender = Sender(f"agent:{agent.id}", OPENTELEMETRY, agent.id)
    made = assembly.prepare(sender, read_traces(content_type, body).readings, register.latest())
    return receive_assembled(made).result(30)


def reasons() -> dict[str, set[str]]:
    """What the ledger discloses as the reasons of each decision, by its agent's name for it."""
    found: dict[str, set[str]] = {}
    for seq in range(ledger.size()):
        stored = ledger.entry(seq)
        assert stored is not None
        entry = stored[0]
        if entry.kind is Kind.ACTION_REPORTED:
            told = entry.disclosed.get("account", {}).get("rationale", "")
            found.setdefault(entry.disclosed["names"]["decision"], set()).update(filter(None, [told]))
    return found


def rows() -> list[tuple[str, ...]]:
    names = ("agent_ref", "episode", "kind", "resource", "service", "state", "outcome", "outcome_detail")
    return sorted(Decision.rows.values_list(*names))


def test_they_are_decisions_in_23_episodes_and_their_outcomes_are_honest(agent: Agent) -> None:
    for run in RUNS:
        send(agent, JSON, as_otlp(run))
    found = list(Decision.rows.exclude(kind="unclassified"))
    assert len(found) == 129
    assert len({row.episode for row in found}) == 23
    states = Counter(State(row.state) for row in found)
    assert states == {State.REPORTED: 96, State.FAILED: 27, State.UNKNOWN: 6}
    assert all(len(told) == 1 for told in reasons().values())
    # A sentence that an agent took for a command, and that its tool refused.
    (other,) = Decision.rows.filter(kind="unclassified")
    assert other.outcome == "not_executed"


@pytest.mark.parametrize("first", ["chat", "tools"])
def test_reasons_may_come_before_the_act_and_after_it(agent: Agent, first: str) -> None:
    spans = spans_of(RUNS[2])
    chats = [span for span in spans if span["name"] == "chat"]
    tools = [span for span in spans if span["name"] != "chat"]
    for part in (chats, tools) if first == "chat" else (tools, chats):
        send(agent, PROTOBUF, as_protobuf(request_of(part)))
    in_pieces = rows()
    told = reasons()
    assert all(len(some) == 1 for some in told.values())
    again = send(agent, JSON, as_otlp(RUNS[2]))
    assert again["accepted"] == 0
    assert rows() == in_pieces
    assert {row[0] for row in in_pieces} == set(told)
    assert not [row for row in in_pieces if row[6] == ""]
