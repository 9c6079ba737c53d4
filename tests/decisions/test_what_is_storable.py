"""Whatever a record holds, what is kept of it can be stored on both databases, and one record does not lose its neighbours."""

import json
import math
from typing import Any

import pytest

from decisions import ledger, register
from decisions.canonical import check
from decisions.intake import assembly, otlp
from decisions.intake.assembly import Sender
from decisions.intake.reading import Reading, Says
from decisions.models import Agent, Decision, Evidence
from decisions.vocab import Outcome
from tests.factories import hand_in

pytestmark = pytest.mark.django_db
HOSTILE = "a\0b\ud800\u202e"
DEEP: dict[str, Any] = {"e\u0301": [HOSTILE, {"\0": 2**63, "\u00e9": math.inf}], "n": -(2**63)}


def hostile(says: Says) -> Reading:
    return Reading(
        says=says,
        id=f"{says}{HOSTILE}",
        title=HOSTILE,
        actor=HOSTILE,
        decision=HOSTILE,
        episode=HOSTILE,
        kind=HOSTILE,
        targets=(HOSTILE,),
        environment=HOSTILE,
        resource=HOSTILE,
        parameters=DEEP,
        undo={"kind": "undo", "parameters": DEEP},
        outcome=Outcome.FAILED,
        detail=HOSTILE,
        rationale=HOSTILE,
        evidence=({"name": HOSTILE, "value": 2**70},),
        model={"name": HOSTILE},
        trigger={"id": HOSTILE},
        keys=frozenset({f"alert:{HOSTILE}"}),
    )


@pytest.mark.parametrize("by_agent", [True, False])
@pytest.mark.parametrize("says", list(Says))
def test_nothing_that_a_record_holds_keeps_it_from_being_stored(agent: Agent, says: Says, by_agent: bool) -> None:
    sender = Sender(f"agent:{agent.id}" if by_agent else "source:s", "runs", agent.id)
    size = ledger.size()
    hand_in(hostile(says), sender=sender)
    for entry in ledger.entries(size, ledger.size() - 1):
        check(json.loads(json.dumps(entry.disclosed)))
    for row in Evidence.objects.all():
        check(row.told)
    for decision in Decision.objects.all():
        check(decision.account)


def span(arguments: Any, **attributes: str) -> bytes:
    said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "scale", **attributes}
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]
    pairs.append({"key": "gen_ai.tool.call.arguments", "value": arguments})
    one = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "scale", "attributes": pairs}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}).encode()


@pytest.mark.parametrize(
    "body",
    [
        span({"kvlistValue": {"values": [{"key": "since", "value": {"intValue": "1764330000000000000"}}]}}),
        span({"kvlistValue": {"values": [{"key": "e\u0301", "value": {"stringValue": "x"}}]}}),
        span({"stringValue": "{}"}, **{"gen_ai.response.model": "m\0", "oversight.alert": "f\0"}),
    ],
    ids=["a time in nanoseconds", "a key in another form", "what no store keeps"],
)
def test_no_span_keeps_the_others_of_its_request_from_being_taken(agent: Agent, body: bytes) -> None:
    batch = otlp.read_traces("application/json", body)
    sender = Sender(f"agent:{agent.id}", "opentelemetry", agent.id)
    assert len(assembly.prepare(sender, batch.readings, register.latest()).actions) == 1
    hand_in(*batch.readings, sender=sender)
    assert Decision.objects.count() == 1
