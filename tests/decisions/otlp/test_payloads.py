"""Every request becomes exactly the readings written down for it; in pieces, twice or in another order it says the same."""

import json
import os
import re

import pytest

from decisions.canonical import MAX_DEPTH, action_hash, check
from decisions.intake.mapping.fields import PREFIXES
from decisions.intake.otlp import Batch, read_logs, read_traces
from decisions.intake.reading import Says
from decisions.kinds import ACTION_KINDS
from tests.decisions.otlp.payloads import HERE, PAYLOADS, Payload, written
from tests.recorded.as_otlp import request_of, spans_of
from tests.recorded.reading import RUNS

RERECORD = os.environ.get("OVERSIGHT_RERECORD") == "1"
KIND = re.compile(r"^[a-z][a-z0-9_.-]{0,63}$")


def read(payload: Payload, body: bytes | None = None) -> Batch:
    reader = read_logs if payload.logs else read_traces
    return reader(payload.content_type, payload.body if body is None else body)


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
def test_a_request_becomes_what_is_written_down_for_it(payload: Payload):
    found = written(read(payload))
    if RERECORD:
        payload.golden.parent.mkdir(exist_ok=True)
        payload.golden.write_text(found, encoding="utf-8")
    assert found == payload.golden.read_text(encoding="utf-8")


def test_nothing_is_written_down_for_a_request_that_is_gone():
    assert {path.name for path in (HERE / "golden").iterdir()} == {payload.golden.name for payload in PAYLOADS}


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
def test_a_reading_fits_what_is_made_of_it(payload: Payload):
    batch = read(payload)
    assert len({reading.id for reading in batch.readings}) == len(batch.readings)
    for reading in batch.readings:
        assert 0 < len(reading.id) <= 200
        assert 0 < len(reading.decision) <= 200
        assert len(reading.episode) <= 200
        assert all(key.partition(":")[0] in PREFIXES for key in reading.keys)
        if reading.says is Says.ACTION:
            assert reading.kind in ACTION_KINDS
            assert KIND.match(reading.kind)
            check(dict(reading.parameters), depth=MAX_DEPTH - 2)
            assert action_hash({"parameters": dict(reading.parameters)})


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
def test_a_request_sent_again_says_the_same(payload: Payload):
    assert read(payload).readings == read(payload).readings


def test_what_was_captured_in_both_encodings_differs_only_in_what_was_made_up_for_each_run():
    by_name = {payload.name: read(payload).readings for payload in PAYLOADS}
    one, other = by_name["agent-run"], by_name["agent-run.protobuf"]
    for part in ("says", "kind", "targets", "resource", "parameters", "outcome", "rationale", "model", "actor"):
        assert [getattr(reading, part) for reading in one] == [getattr(reading, part) for reading in other]


def test_a_span_that_repeats_the_one_around_it_is_no_second_act():
    run = RUNS[2]
    spans = spans_of(run)
    inner = [
        {**span, "spanId": f"{at:016x}", "parentSpanId": span["spanId"]}
        for at, span in enumerate(spans, 1)
        if span["name"].startswith("execute_tool")
    ]
    once = read_traces("application/json", json.dumps(request_of(spans)).encode())
    twice = read_traces("application/json", json.dumps(request_of([*inner, *spans])).encode())
    assert twice.readings == once.readings
    assert twice.ignored == once.ignored + len(inner)


def test_what_a_tool_was_given_may_stand_in_what_the_model_said_alone():
    spans = spans_of(RUNS[2])
    whole = read_traces("application/json", json.dumps(request_of(spans)).encode()).readings
    for span in spans:
        span["attributes"] = [one for one in span["attributes"] if one["key"] != "gen_ai.tool.call.arguments"]
    assert read_traces("application/json", json.dumps(request_of(spans)).encode()).readings == whole
