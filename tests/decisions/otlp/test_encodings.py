"""What one encoding of the protocol says, the other says too: logs, values of every type, and what is passed over."""

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from decisions.errors import Problem
from decisions.intake.otlp import read_logs, read_traces
from decisions.intake.otlp.json_body import logs as logs_of_json
from decisions.intake.otlp.proto_body import logs as logs_of_protobuf
from decisions.intake.otlp.records import MAX_RECORD, Rejected, when
from tests.decisions.otlp.payloads import JSON, PAYLOADS, PROTOBUF

LOGS = [payload for payload in PAYLOADS if payload.logs]


def value_of(value: dict[str, Any]) -> AnyValue:
    made = AnyValue()
    for kind, inner in value.items():
        if kind == "stringValue":
            made.string_value = inner
        elif kind == "boolValue":
            made.bool_value = inner
        elif kind == "intValue":
            made.int_value = int(inner)
        elif kind == "doubleValue":
            made.double_value = inner
        elif kind == "bytesValue":
            made.bytes_value = b"x"
        elif kind == "arrayValue":
            made.array_value.SetInParent()
            made.array_value.values.extend(value_of(one) for one in inner["values"])
        elif kind == "kvlistValue":
            made.kvlist_value.SetInParent()
            for pair in inner["values"]:
                made.kvlist_value.values.add(key=pair["key"]).value.CopyFrom(value_of(pair["value"]))
    return made


def logs_as_protobuf(document: dict[str, Any]) -> bytes:
    made = ExportLogsServiceRequest()
    for one in document["resourceLogs"]:
        resource = made.resource_logs.add()
        for pair in one["resource"]["attributes"]:
            resource.resource.attributes.add(key=pair["key"]).value.CopyFrom(value_of(pair["value"]))
        for scope in one["scopeLogs"]:
            scoped = resource.scope_logs.add()
            for record in scope["logRecords"]:
                log = scoped.log_records.add(
                    time_unix_nano=int(record.get("timeUnixNano", 0)),
                    event_name=record.get("eventName", ""),
                    trace_id=bytes.fromhex(record.get("traceId", "")),
                    span_id=bytes.fromhex(record.get("spanId", "")),
                )
                if "body" in record:
                    log.body.CopyFrom(value_of(record["body"]))
                for pair in record["attributes"]:
                    log.attributes.add(key=pair["key"]).value.CopyFrom(value_of(pair["value"]))
    return bytes(made.SerializeToString())


@pytest.mark.parametrize("payload", LOGS, ids=str)
def test_logs_say_the_same_in_both_encodings(payload: Any):
    body = logs_as_protobuf(json.loads(payload.body))
    one, other = read_logs(JSON, payload.body), read_logs(PROTOBUF, body)
    assert one.readings == other.readings
    assert one.ignored == other.ignored


VALUES: list[tuple[dict[str, Any], Any]] = [
    ({"stringValue": "x"}, "x"),
    ({"stringValue": ""}, ""),
    ({"boolValue": False}, False),
    ({"intValue": "-5"}, -5),
    ({"intValue": 9007199254740993}, 9007199254740993),
    ({"doubleValue": 0.5}, 0.5),
    ({"bytesValue": "eA=="}, None),
    ({}, None),
    ({"arrayValue": {"values": []}}, []),
    ({"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "a"}]}}, [1, "a"]),
    ({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}}, {"a": True}),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_a_value_of_any_type_is_read_in_both_encodings(value: dict[str, Any], expected: Any):
    record = {"attributes": [{"key": "gen_ai.x", "value": value}, {"key": "other", "value": value}]}
    document = {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [record]}]}]}
    for logs, body in (
        (logs_of_json, json.dumps(document).encode()),
        (logs_of_protobuf, logs_as_protobuf(document)),
    ):
        (found,) = logs(body, Rejected())
        assert found.attributes == {"gen_ai.x": expected}


def test_what_is_nested_too_deep_is_nothing():
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(12):
        value = {"arrayValue": {"values": [value]}}
    record = {"attributes": [{"key": "gen_ai.x", "value": value}]}
    document = {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [record]}]}]}
    (one,) = logs_of_json(json.dumps(document).encode(), Rejected())
    (other,) = logs_of_protobuf(logs_as_protobuf(document), Rejected())
    assert one.attributes == other.attributes
    assert "x" not in json.dumps(one.attributes["gen_ai.x"])


@pytest.mark.parametrize(
    "record",
    [
        {"attributes": [{"key": "gen_ai.x", "value": 7}]},
        {"attributes": [], "body": 7},
        {"attributes": [{"key": "x", "value": {"stringValue": "x" * MAX_RECORD}}]},
    ],
)
def test_a_spoiled_log_record_is_rejected(record: dict[str, Any]):
    document = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {"attributes": []}]}]}]}
    found = read_logs(JSON, json.dumps(document).encode())
    assert found.rejected.count == 1
    assert found.ignored == 1


def test_a_log_record_of_protobuf_that_is_too_large_is_rejected():
    record = {"attributes": [{"key": "x", "value": {"stringValue": "x" * MAX_RECORD}}]}
    document = {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [record]}]}]}
    assert read_logs(PROTOBUF, logs_as_protobuf(document)).rejected.count == 1


def test_a_log_record_of_rubbish_is_refused():
    with pytest.raises(Problem):
        read_logs(PROTOBUF, b"\x0a\x06\x12\x04\x12\x02\xff\xff")


def test_fields_of_a_later_protocol_are_passed_over():
    later = b"\x1a\x03abc" + b"\x20\x05" + b"\x29" + b"12345678" + b"\x35" + b"1234"
    payload = next(one for one in PAYLOADS if one.name == "agent-run.protobuf")
    assert read_traces(PROTOBUF, later + payload.body + later).readings == read_traces(PROTOBUF, payload.body).readings
    with pytest.raises(Problem):
        read_traces(PROTOBUF, payload.body + b"\x35" + b"12")


@pytest.mark.parametrize(
    ("nanoseconds", "year"),
    [(0, None), (-1, None), (1, 1970), (1795383752883943582, 2026), (2**63, 2262), (2**64, 2554)],
)
def test_a_time_that_no_calendar_has_is_none(nanoseconds: int, year: int | None):
    found = when(nanoseconds)
    assert (found.year if found else None) == year
    assert when(10**30) is None
