"""Spans and log records of an OTLP/protobuf body. Pure; it must not unpack a whole body at once.

The outer messages are walked by hand, so that a body of a million empty records costs no more than its own bytes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from decisions.intake.otlp.records import (
    MAX_DEPTH,
    MAX_RECORD,
    MAX_RECORDS,
    Record,
    Rejected,
    told_in_event,
    too_many,
    unreadable,
    wanted,
)

_FIRST, _SECOND = 1, 2
"""Field numbers: the resources of a request; the resource or scope, and what belongs to it. Both requests have the same."""
_BYTES = 2
_FIXED = {1: 8, 5: 4}


def spans(body: bytes, rejected: Rejected) -> Iterator[Record]:
    """Every span that has ids; the others are counted in `rejected`. Raises a problem where the body cannot be read."""
    for raw, resource in _records(body, rejected):
        try:
            span = Span.FromString(raw)
        except DecodeError:
            raise unreadable("protobuf") from None
        trace, own = span.trace_id.hex(), span.span_id.hex()
        if len(trace) != 32 or len(own) != 16 or not trace.strip("0") or not own.strip("0"):
            rejected.add("a span has no valid trace id and span id")
            continue
        yield Record(
            trace=trace,
            span=own,
            parent=span.parent_span_id.hex() if len(span.parent_span_id) == 8 else "",
            name=span.name,
            start=span.start_time_unix_nano,
            end=span.end_time_unix_nano,
            failed=span.status.code == 2,
            message=span.status.message,
            attributes=attributes(span.attributes),
            events=[(one.name, attributes(one.attributes, told_in_event)) for one in span.events],
            resource=resource,
        )


def logs(body: bytes, rejected: Rejected) -> Iterator[Record]:
    """Every log record."""
    for raw, resource in _records(body, rejected):
        try:
            log = LogRecord.FromString(raw)
        except DecodeError:
            raise unreadable("protobuf") from None
        found = attributes(log.attributes)
        if log.HasField("body"):
            found["body"] = value(log.body, MAX_DEPTH)
        yield Record(
            trace=log.trace_id.hex() if len(log.trace_id) == 16 else "",
            span=log.span_id.hex() if len(log.span_id) == 8 else "",
            name=log.event_name,
            start=log.time_unix_nano or log.observed_time_unix_nano,
            attributes=found,
            resource=resource,
        )


def _records(body: bytes, rejected: Rejected) -> Iterator[tuple[bytes, Mapping[str, Any]]]:
    """The bytes of each record, with the attributes of its resource."""
    count = 0
    for _, of_resource in _fields(memoryview(body), _FIRST):
        resource: Mapping[str, Any] = {}
        for _, raw in _fields(of_resource, _FIRST):
            resource = _resource(raw)
        for _, of_scope in _fields(of_resource, _SECOND):
            for _, raw in _fields(of_scope, _SECOND):
                count += 1
                if count > MAX_RECORDS:
                    raise too_many()
                if len(raw) > MAX_RECORD:
                    rejected.add(f"a record is larger than {MAX_RECORD} bytes")
                else:
                    yield bytes(raw), resource


def _resource(raw: memoryview) -> Mapping[str, Any]:
    if len(raw) > MAX_RECORD:
        raise unreadable("protobuf")
    try:
        return attributes(Resource.FromString(bytes(raw)).attributes)
    except DecodeError:
        raise unreadable("protobuf") from None


def _fields(raw: memoryview, wanted_field: int) -> Iterator[tuple[int, memoryview]]:
    """The values of one field that holds bytes, in the order that they were written in; others are passed over."""
    at, end = 0, len(raw)
    while at < end:
        tag, at = _varint(raw, at)
        field, kind = tag >> 3, tag & 7
        if kind == _BYTES:
            size, at = _varint(raw, at)
            if size > end - at:
                raise unreadable("protobuf")
            if field == wanted_field:
                yield field, raw[at : at + size]
            at += size
        elif kind == 0:
            _, at = _varint(raw, at)
        elif kind in _FIXED and field:
            at += _FIXED[kind]
            if at > end:
                raise unreadable("protobuf")
        else:
            raise unreadable("protobuf")


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    result = shift = 0
    while shift < 64:
        if at >= len(raw):
            raise unreadable("protobuf")
        byte = raw[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7
    raise unreadable("protobuf")


def attributes(pairs: Any, wanted: Callable[[str], bool] = wanted) -> dict[str, Any]:
    """The attributes that we want, as plain values; the last of two with one name counts."""
    return {one.key: value(one.value, MAX_DEPTH) for one in pairs if wanted(one.key)}


def value(one: AnyValue, depth: int) -> Any:
    """An `AnyValue` as a plain value; None for an empty one, for bytes, and for what is nested too deep."""
    kind = one.WhichOneof("value")
    if depth == 0 or kind is None or kind == "bytes_value":
        return None
    if kind == "array_value":
        return [value(item, depth - 1) for item in one.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: value(pair.value, depth - 1) for pair in one.kvlist_value.values}
    return getattr(one, kind)
