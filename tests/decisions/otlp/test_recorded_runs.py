"""The 27 recorded runs, sent as traces, come out as what agents really did: acts with reasons, parameters and honest outcomes."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from decisions.intake.commands.kubernetes import singular
from decisions.intake.otlp import read_traces
from decisions.intake.reading import Reading, Says
from decisions.kinds import UNCLASSIFIED
from decisions.vocab import Outcome
from tests.recorded.as_otlp import as_otlp, as_protobuf, call_id, request_of, spans_of, trace_of
from tests.recorded.reading import DECISIONS, RUNS, command_of

JSON, PROTOBUF = "application/json", "application/x-protobuf"
OF_RUNS = [line for line in DECISIONS if "tool_call_index" in line["source"]]

SENTENCE = f"{trace_of('llm_learning_network_policy_block_20251202_032432_1764667472292_diagnosis')}/{call_id(14)}"
"""The one act beyond the 129: a sentence of English given to a tool for kubectl, which refused it."""

OTHER_KIND = {
    "pv/pvc-b1ae65bc-0c85-47fb-902e-ce28ea55e0b8": "apply_manifest",  # a volume is no workload
    'kubectl patch deployment frontend -n hotel-reservation --patch \'{"spec": {"replicas": 1}}\'': "scale",
}
OUTCOMES = {
    "applied": {Outcome.SUCCEEDED},
    "no_op": {Outcome.NO_CHANGE},
    "unknown": {Outcome.UNKNOWN},
    "rejected_or_failed": {Outcome.FAILED, Outcome.NOT_EXECUTED},
}


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    return [reading for run in RUNS for reading in read_traces(JSON, as_otlp(run)).readings]


@pytest.fixture(scope="module")
def acts(readings: list[Reading]) -> dict[str, Reading]:
    found = [reading for reading in readings if reading.says is Says.ACTION]
    assert len({reading.decision for reading in found}) == len(found)
    return {reading.decision: reading for reading in found if reading.decision != SENTENCE}


def named(line: dict[str, Any]) -> str:
    return f"{trace_of(line['trace_id'])}/{call_id(line['source']['tool_call_index'])}"


def test_they_are_129_decisions_in_23_episodes(acts: dict[str, Reading]) -> None:
    assert set(acts) == {named(line) for line in OF_RUNS}
    assert len(acts) == 129
    assert len({reading.episode for reading in acts.values()}) == 23


def test_every_other_call_is_a_look(readings: list[Reading]) -> None:
    says = Counter(reading.says for reading in readings)
    assert says == {Says.ACTION: 130, Says.LOOK: 593}
    assert len({reading.id for reading in readings}) == 723
    assert all(reading.kind for reading in readings)


def test_a_sentence_that_no_program_understands_is_an_act_that_was_not_executed(readings: list[Reading]) -> None:
    (found,) = [reading for reading in readings if reading.decision == SENTENCE]
    assert found.kind == UNCLASSIFIED
    assert found.outcome is Outcome.NOT_EXECUTED


@pytest.mark.parametrize("line", OF_RUNS, ids=map(str, range(len(OF_RUNS))))
def test_an_act_is_as_it_was_recorded(line: dict[str, Any], acts: dict[str, Reading]) -> None:
    found = acts[named(line)]
    command = command_of(line["arguments"])
    kind = OTHER_KIND.get(line["target"] or "", OTHER_KIND.get(command, line["action_kind"]))
    assert found.kind == kind
    assert found.outcome in OUTCOMES[line["derived_outcome"]]
    assert found.rationale == line["reasoning"]
    assert found.detail == line["result"]
    assert found.parameters["tool"] == line["tool"]
    assert found.parameters.get("command", "") == command
    # One manifest names its namespace itself.
    assert found.parameters.get("namespace") == (
        line["namespace"] or ("hotel-reservation" if "<<<" in command else None)
    )
    if line["target"]:
        what, _, name = line["target"].partition("/")
        assert found.resource == f"{singular(what)}/{name}"
        assert found.targets[0] == name
    assert found.actor == "stratus"
    assert found.at is not None
    assert abs(found.at.timestamp() - RUN_TIMES[named(line)]) < 0.001


RUN_TIMES = {
    f"{trace_of(run['trace_id'])}/{call_id(at)}": call["timestamp"]
    for run in RUNS
    for at, call in enumerate(run["tool_calls"])
}


def test_their_outcomes_are_honest(acts: dict[str, Reading]) -> None:
    outcomes = Counter(reading.outcome for reading in acts.values())
    assert outcomes[Outcome.FAILED] + outcomes[Outcome.NOT_EXECUTED] == 27
    assert outcomes[Outcome.SUCCEEDED] == 82
    assert outcomes[Outcome.NO_CHANGE] == 14
    assert outcomes[Outcome.UNKNOWN] == 6


def test_both_encodings_say_the_same() -> None:
    for run in RUNS[:6]:
        request = request_of(spans_of(run))
        assert read_traces(JSON, as_otlp(run)).readings == read_traces(PROTOBUF, as_protobuf(request)).readings


def test_the_order_of_spans_does_not_matter() -> None:
    shuffle = random.Random(7).shuffle
    for run in RUNS[:6]:
        spans = spans_of(run)
        expected = {reading.id: reading for reading in read_traces(JSON, as_otlp(run)).readings}
        shuffle(spans)
        again = read_traces(PROTOBUF, as_protobuf(request_of(spans))).readings
        assert {reading.id: reading for reading in again} == expected


def test_reasons_that_come_in_another_request_name_the_same_decision(acts: dict[str, Reading]) -> None:
    for run in RUNS[:6]:
        spans = spans_of(run)
        said = read_traces(PROTOBUF, as_protobuf(request_of([one for one in spans if one["name"] == "chat"]))).readings
        done = read_traces(PROTOBUF, as_protobuf(request_of([one for one in spans if one["name"] != "chat"]))).readings
        reasons = {reading.decision: reading for reading in said}
        assert all(reading.says is Says.ACTION and reading.outcome is None for reading in said)
        for reading in done:
            if reading.says is Says.LOOK:
                continue
            assert not reading.rationale
            if not reading.targets:
                # Its own span might name a target in its attributes, and would then tell of another act.
                assert reading.decision not in reasons
                continue
            reason = reasons.pop(reading.decision)
            if reading.decision != SENTENCE:
                whole = acts[reading.decision]
                assert replace(reading, rationale=reason.rationale) == whole
                # The same action, or what comes second would contradict what came first.
                for part in ("kind", "targets", "resource", "environment", "parameters", "episode", "actor"):
                    assert getattr(reason, part) == getattr(reading, part)
                assert reason.id != reading.id
        assert not reasons
