"""A body broken in any of many ways gives a problem, or rejects the record it spoils. No body makes the reader stumble."""

import json
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.errors import Problem
from decisions.intake.otlp import Batch, encoding_of, read_logs, read_traces, refused, taken
from decisions.intake.otlp.records import MAX_RECORD, Rejected
from tests.decisions.otlp.payloads import JSON, PAYLOADS, PROTOBUF, Payload
from tests.recorded.as_otlp import as_protobuf, request_of, spans_of
from tests.recorded.reading import RUNS

Break = Callable[[bytes], bytes]
OF_JSON = [payload for payload in PAYLOADS if payload.content_type == JSON and payload.name != "replayed-episode"]
OF_PROTOBUF = [payload for payload in PAYLOADS if payload.content_type == PROTOBUF]
TOP = {False: "resourceSpans", True: "resourceLogs"}
INNER = {False: ("scopeSpans", "spans"), True: ("scopeLogs", "logRecords")}


def read(payload: Payload, body: bytes) -> Batch | Problem:
    try:
        return (read_logs if payload.logs else read_traces)(payload.content_type, body)
    except Problem as problem:
        return problem


REFUSED: dict[str, Break] = {
    "nothing": lambda _: b"",
    "half of it": lambda body: body[: len(body) // 2],
    "all but the last byte": lambda body: body.rstrip()[:-1],
    "a byte before it": lambda body: b"x" + body,
    "a byte after it": lambda body: body + b"x",
    "twice": lambda body: body + body,
    "null": lambda _: b"null",
    "a number": lambda _: b"7",
    "a text": lambda _: b'"x"',
    "a list around it": lambda body: b"[" + body + b"]",
    "not UTF-8": lambda body: body.replace(b'"key"', b'"k\xff"', 1).replace(b'"traceId": "', b'"traceId": "\xff', 1),
    "NaN": lambda body: b'{"x": NaN, ' + body.lstrip()[1:],
    "a comment": lambda body: b"/* */" + body,
    "single quotes": lambda body: body.replace(b'"', b"'"),
    "no colons": lambda body: body.replace(b":", b" "),
    "deep lists": lambda body: b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"," + body.lstrip()[1:],
    "deep objects": lambda body: b'{"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"," + body.lstrip()[1:],
    "too many objects": lambda body: b'{"x":[' + b"{}," * 4_000_001 + b"{}]," + body.lstrip()[1:],
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "gzip": lambda body: b"\x1f\x8b\x08\x00" + body,
}


@pytest.mark.parametrize("payload", OF_JSON, ids=str)
@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_body_is_refused(payload: Payload, name: str):
    found = read(payload, REFUSED[name](payload.body))
    assert isinstance(found, Problem), found
    assert 400 <= found.status < 500
    assert found.slug
    # What the sender wrote is not sent back.
    assert "traceId" not in found.detail


def changed(payload: Payload, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The body with its first record changed."""
    document = json.loads(payload.body)
    scopes, records = INNER[payload.logs]
    change(document[TOP[payload.logs]][0][scopes][0][records][0])
    return json.dumps(document).encode()


WRONG_SHAPE: dict[str, Any] = {
    "a list for the request": [],
    "a text for the resources": {"resourceSpans": "x", "resourceLogs": "x"},
    "an object for the resources": {"resourceSpans": {}, "resourceLogs": {}},
    "a number for a resource": {"resourceSpans": [7], "resourceLogs": [7]},
    "a list for a resource": {"resourceSpans": [[]], "resourceLogs": [[]]},
    "a text for the scopes": {
        "resourceSpans": [{"scopeSpans": "x"}],
        "resourceLogs": [{"scopeLogs": "x"}],
    },
    "a number for a span": {
        "resourceSpans": [{"scopeSpans": [{"spans": [7]}]}],
        "resourceLogs": [{"scopeLogs": [{"logRecords": [7]}]}],
    },
    "an id that is a number": {
        "resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 7}]}]}],
        "resourceLogs": [{"scopeLogs": [{"logRecords": [{"traceId": 7}]}]}],
    },
    "a time that is a list": {
        "resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": []}]}]}],
        "resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": []}]}]}],
    },
    "attributes of a resource that are a text": {
        "resourceSpans": [{"resource": {"attributes": "x"}}],
        "resourceLogs": [{"resource": {"attributes": "x"}}],
    },
}


@pytest.mark.parametrize("name", WRONG_SHAPE)
@pytest.mark.parametrize("reader", [read_traces, read_logs])
def test_a_body_of_another_shape_is_refused(name: str, reader: Callable[[str, bytes], Batch]):
    with pytest.raises(Problem) as caught:
        reader(JSON, json.dumps(WRONG_SHAPE[name]).encode())
    assert caught.value.status == 400


SPOILED: dict[str, dict[str, Any]] = {
    "no id of the trace": {"traceId": ""},
    "an id of zeros": {"traceId": "0" * 32},
    "an id that is too short": {"spanId": "abc"},
    "an id of other letters": {"spanId": "g" * 16},
    "attributes that are a text": {"attributes": "x"},
    "attributes that are numbers": {"attributes": [1]},
    "an attribute without an object": {"attributes": [{"key": "gen_ai.tool.name", "value": 7}]},
    "an attribute of another type": {"attributes": [{"key": "gen_ai.tool.name", "value": {"stringValue": 7}}]},
    "a list of values that is none": {"attributes": [{"key": "gen_ai.tool.name", "value": {"arrayValue": []}}]},
    "events that are a text": {"events": "x"},
    "a status that is a number": {"status": 7},
    "more than any span holds": {"attributes": [{"key": "x", "value": {"stringValue": "x" * MAX_RECORD}}]},
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_span_is_rejected_and_the_others_are_taken(name: str):
    payload = next(one for one in PAYLOADS if one.name == "openinference.traces")
    whole = read_traces(JSON, payload.body)
    found = read_traces(JSON, changed(payload, lambda span: span.update(SPOILED[name])))
    assert found.rejected.count == 1
    assert found.rejected.why
    assert len(found.readings) == len(whole.readings)


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": {"a": [1, {}]}},
        {"startTimeUnixNano": 1795383753000000000},
        {"startTimeUnixNano": "-5"},
        {"startTimeUnixNano": "99999999999999999999"},
        {"startTimeUnixNano": 1e30},
        {"startTimeUnixNano": None, "endTimeUnixNano": None},
        {"kind": "SPAN_KIND_CLIENT", "status": {"code": "STATUS_CODE_OK"}},
        {"status": None, "events": None, "parentSpanId": None, "name": None},
        {"attributes": None},
    ],
)
def test_what_exporters_write_in_other_ways_is_taken(change: dict[str, Any]):
    payload = next(one for one in PAYLOADS if one.name == "openinference.traces")
    found = read_traces(JSON, changed(payload, lambda span: span.update(change)))
    assert found.rejected.count == 0


def test_ids_in_capitals_and_in_base64_are_the_same_ids():
    payload = next(one for one in PAYLOADS if one.name == "openinference.traces")
    whole = read_traces(JSON, payload.body).readings
    document = json.loads(payload.body)
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        span["traceId"], span["spanId"] = span["traceId"].upper(), span["spanId"].upper()
    assert read_traces(JSON, json.dumps(document).encode()).readings == whole


def test_names_of_the_protocols_own_language_are_read_too():
    payload = next(one for one in PAYLOADS if one.name == "openinference.traces")
    body = payload.body
    for camel, plain in (
        *((b"resourceSpans", b"resource_spans"), (b"scopeSpans", b"scope_spans"), (b"traceId", b"trace_id")),
        *((b"parentSpanId", b"parent_span_id"), (b"spanId", b"span_id")),
        *((b"startTimeUnixNano", b"start_time_unix_nano"), (b"endTimeUnixNano", b"end_time_unix_nano")),
    ):
        body = body.replace(b'"' + camel + b'"', b'"' + plain + b'"')
    assert read_traces(JSON, body).readings == read_traces(JSON, payload.body).readings


@pytest.mark.parametrize("payload", OF_PROTOBUF, ids=str)
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("half of it", lambda body: body[: len(body) // 2]),
        ("all but the last byte", lambda body: body[:-1]),
        ("a byte before it", lambda body: b"x" + body),
        ("a byte after it", lambda body: body + b"\x0a"),
        ("field 0", lambda body: b"\x00" + body),
        ("a group", lambda body: b"\x0b" + body),
        ("a number without an end", lambda _: b"\xff" * 20),
        ("a length beyond the body", lambda body: b"\x0a\xff\xff\xff\xff\x0f" + body),
        ("a span of rubbish", lambda body: body + b"\x0a\x06\x12\x04\x12\x02\xff\xff"),
        ("a resource of rubbish", lambda body: body + b"\x0a\x04\x0a\x02\xff\xff"),
        ("JSON", lambda _: b'{"resourceSpans":[]}'),
    ],
)
def test_a_broken_protobuf_is_refused(payload: Payload, name: str, broken: Break):
    found = read(payload, broken(payload.body))
    assert isinstance(found, Problem), name
    assert found.status == 400


def test_a_protobuf_span_without_ids_is_rejected():
    found = read_traces(PROTOBUF, b"\x0a\x06\x12\x04\x12\x02\x2a\x00")
    assert found.rejected.count == 1


@given(st.integers(0, 2**32), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_changed_bytes_never_make_it_stumble(seed: int, count: int):
    chance = random.Random(seed)
    payload = chance.choice([one for one in PAYLOADS if len(one.body) < 30_000])
    body = bytearray(payload.body)
    for _ in range(count):
        at = chance.randrange(len(body))
        body[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    found = read(payload, bytes(body))
    assert not isinstance(found, Problem) or found.status < 500


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        *("gen_ai.operation.name", "gen_ai.tool.name", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
        *("gen_ai.output.messages", "openinference.span.kind", "events", "all_messages_events", "error.type"),
        *("gen_ai.completion.0.content", "llm.output_messages.0.message.tool_calls.0.tool_call.function.name"),
        *("gen_ai.conversation.id", "oversight.alert", "k8s.pod.name", "traceloop.span.kind", "gen_ai.tool.call.id"),
    ]
)
SOME = st.sampled_from(["execute_tool", "chat", "tool", "TOOL", "LLM", "assistant", "kubectl get pods", "[{}]"])
ATTRIBUTE = st.tuples(KEYS, SOME | VALUES | VALUES.map(lambda value: json.dumps(value, default=str)))


def any_value(value: Any) -> Any:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": value}
    if isinstance(value, float):
        return {"doubleValue": value if abs(value) < 1e300 else 0.5}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": any_value(one)} for key, one in value.items()]}}
    return {"stringValue": value} if isinstance(value, str) else {}


def reads_any_attributes(spans: list[list[tuple[str, Any]]], *, logs: bool) -> None:
    records = [
        {
            "traceId": "ab" * 16,
            "spanId": f"{at + 1:016x}",
            "startTimeUnixNano": at,
            "timeUnixNano": at,
            "attributes": [{"key": key, "value": any_value(value)} for key, value in attributes],
            "events": [
                {
                    "name": "gen_ai.choice",
                    "attributes": [{"key": key, "value": any_value(value)} for key, value in attributes],
                }
            ],
        }
        for at, attributes in enumerate(spans)
    ]
    scopes, name = INNER[logs]
    body = json.dumps({TOP[logs]: [{scopes: [{name: records}]}]}).encode()
    batch = (read_logs if logs else read_traces)(JSON, body)
    for reading in batch.readings:
        assert reading.id
        assert reading.kind


@given(st.lists(st.lists(ATTRIBUTE, max_size=6), max_size=4), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_attributes_make_it_stumble(spans: list[list[tuple[str, Any]]], logs: bool):
    reads_any_attributes(spans, logs=logs)


@pytest.mark.deep
@given(st.lists(st.lists(ATTRIBUTE, max_size=8), max_size=5), st.booleans())
@settings(max_examples=20_000, deadline=None)
def test_no_attributes_make_it_stumble_many_times(spans: list[list[tuple[str, Any]]], logs: bool):
    reads_any_attributes(spans, logs=logs)


EMPTY_PROTOBUF = b"\x12\x00" * 66_000


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 100_000 + b"{}]}]}]}"),
        (JSON, b'{"resourceSpans":[' + b"{}," * 100_000 + b"{}]}"),
        (JSON, b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[' + b"0," * 1_000_000 + b"0]}]}]}]}"),
        (PROTOBUF, EMPTY_PROTOBUF),
    ],
)
def test_many_empty_records_cost_little_memory(content_type: str, body: bytes):
    if content_type == PROTOBUF:
        scope = b"\x12" + _size(body)
        body = b"\x0a" + _size(scope + body) + scope + body
    tracemalloc.start()
    try:
        read_traces(content_type, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 26_000_000


def _size(body: bytes) -> bytes:
    made, number = bytearray(), len(body)
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def test_many_calls_without_ids_are_read_in_reasonable_time():
    spans = [span for at in range(40) for span in _without_ids(at)]
    batch = read_traces(PROTOBUF, as_protobuf(request_of(spans)))
    assert len(batch.readings) > 1000


def _without_ids(at: int) -> list[dict[str, Any]]:
    spans = spans_of(RUNS[2])
    for span in spans:
        span["spanId"] = f"{at:04x}{span['spanId'][4:]}"
        span["attributes"] = [one for one in span["attributes"] if one["key"] != "gen_ai.tool.call.id"]
    return spans


def test_the_answers_are_those_of_the_protocol():
    assert taken(JSON, Rejected()) == b"{}"
    assert taken(PROTOBUF, Rejected()) == b""
    assert json.loads(taken(JSON, Rejected(3, "why"))) == {
        "partialSuccess": {"rejectedSpans": "3", "errorMessage": "why"}
    }
    assert json.loads(taken(JSON, Rejected(3, "why"), logs=True)) == {
        "partialSuccess": {"rejectedLogRecords": "3", "errorMessage": "why"}
    }
    assert taken(PROTOBUF, Rejected(3, "why")) == b"\x0a\x07\x08\x03\x12\x03why"
    assert taken(PROTOBUF, Rejected(3, "why"), logs=True) == b"\x0a\x07\x08\x03\x12\x03why"
    problem = Problem(400, "x", "No", "Why")
    assert json.loads(refused(JSON, problem)) == {"code": 3, "message": "No. Why"}
    assert refused(PROTOBUF, problem) == b"\x08\x03\x12\x07No. Why"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/xml", "application/json-seq"])
def test_another_type_of_body_is_refused(content_type: str):
    with pytest.raises(Problem) as caught:
        encoding_of(content_type)
    assert caught.value.status == 415


def test_parameters_of_the_type_do_not_matter():
    assert encoding_of("Application/JSON; charset=utf-8") == JSON
    assert encoding_of("application/x-protobuf") == PROTOBUF
