"""Spans and log records of an OTLP/JSON body. Pure; it must not unpack what nobody asks for.

The encoding differs from proto3's JSON: ids are hexadecimal, enumerations are numbers, and what is not known is passed over.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Raw

from decisions.intake.otlp.records import (
    MAX_DEPTH,
    MAX_RECORD,
    Record,
    Rejected,
    told_in_event,
    too_many,
    unreadable,
    wanted,
)

MAX_OPENED = 4_000_000
"""Objects and lists in one body: each costs memory before anybody can look at it."""
_NOTHING = Raw(b"[]")
_NO_OBJECT = Raw(b"{}")

Number = int | str | float | None
Decoder = msgspec.json.Decoder[Any]
_HEX = frozenset("0123456789abcdef")


def _decoders(rename: Literal["camel"] | None) -> tuple[Decoder, Decoder]:
    """How the two requests are read, with the names of JSON or with those of the protocol's own language."""

    def struct(name: str, *fields: tuple[Any, ...]) -> Any:
        return msgspec.defstruct(name, fields, rename=rename, gc=False)

    resource = struct("Resource", ("attributes", Raw, _NOTHING))
    span = struct(
        "Span",
        ("trace_id", str, ""),
        ("span_id", str, ""),
        ("parent_span_id", str | None, ""),
        ("name", str | None, ""),
        ("start_time_unix_nano", Number, 0),
        ("end_time_unix_nano", Number, 0),
        ("attributes", Raw, _NOTHING),
        ("events", Raw, _NOTHING),
        ("status", Raw, _NO_OBJECT),
    )
    log = struct(
        "LogRecord",
        ("trace_id", str | None, ""),
        ("span_id", str | None, ""),
        ("time_unix_nano", Number, 0),
        ("observed_time_unix_nano", Number, 0),
        ("event_name", str | None, ""),
        ("body", Raw, _NO_OBJECT),
        ("attributes", Raw, _NOTHING),
    )
    empty: list[Any] = []
    scope_spans = struct("ScopeSpans", ("spans", _list(span), empty))
    scope_logs = struct("ScopeLogs", ("log_records", _list(log), empty))
    spans = struct("ResourceSpans", ("resource", resource | None, None), ("scope_spans", _list(scope_spans), empty))
    logs = struct("ResourceLogs", ("resource", resource | None, None), ("scope_logs", _list(scope_logs), empty))
    traces = struct("Traces", ("resource_spans", _list(spans), empty))
    all_logs = struct("Logs", ("resource_logs", _list(logs), empty))
    return msgspec.json.Decoder(traces), msgspec.json.Decoder(all_logs)


def _list(of: Any) -> Any:
    return list[of] | None


_TRACES, _LOGS = _decoders("camel")
_TRACES_PLAIN, _LOGS_PLAIN = _decoders(None)


_ABSENT = Raw(b"")


class _Value(msgspec.Struct, gc=False):
    stringValue: str | None = None  # noqa: N815
    boolValue: bool | None = None  # noqa: N815
    intValue: int | str | float | None = None  # noqa: N815
    doubleValue: float | str | None = None  # noqa: N815
    arrayValue: Raw = _ABSENT  # noqa: N815
    kvlistValue: Raw = _ABSENT  # noqa: N815


class _Many(msgspec.Struct, gc=False):
    values: Raw = _NOTHING


class _Pair(msgspec.Struct, gc=False):
    key: str = ""
    value: Raw = _NO_OBJECT


class _Status(msgspec.Struct, gc=False):
    code: int | str | None = 0
    message: str | None = ""


class _Event(msgspec.Struct, gc=False):
    name: str = ""
    attributes: Raw = _NOTHING


_value = msgspec.json.Decoder(_Value).decode
_values = msgspec.json.Decoder(list[Raw]).decode
_many = msgspec.json.Decoder(_Many | None).decode
_pairs = msgspec.json.Decoder(list[_Pair] | None).decode
_status = msgspec.json.Decoder(_Status | None).decode
_events = msgspec.json.Decoder(list[_Event] | None).decode

_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises; a validation error says where, in the sender's own words, so none of it is passed on."""


def spans(body: bytes, rejected: Rejected) -> Iterator[Record]:
    """Every span that has ids; the others are counted in `rejected`. Raises a problem where the body cannot be read."""
    plain = b'"resource_spans"' in body
    read = _decoded(body, _TRACES_PLAIN if plain else _TRACES)
    for one in read.resource_spans or ():
        resource = _resource(one.resource)
        for scope in one.scope_spans or ():
            for span in scope.spans or ():
                made = _span(span, resource, rejected)
                if made is not None:
                    yield made


def logs(body: bytes, rejected: Rejected) -> Iterator[Record]:
    """Every log record."""
    plain = b'"resource_logs"' in body
    read = _decoded(body, _LOGS_PLAIN if plain else _LOGS)
    for one in read.resource_logs or ():
        resource = _resource(one.resource)
        for scope in one.scope_logs or ():
            for log in scope.log_records or ():
                made = _log(log, resource, rejected)
                if made is not None:
                    yield made


def _decoded(body: bytes, decoder: Decoder) -> Any:
    if body.count(b"{") + body.count(b"[") > MAX_OPENED:
        raise too_many()
    try:
        if not body.isascii():
            # What nobody reads is not decoded, and the whole must be text all the same.
            body.decode()
        return decoder.decode(body)
    except _ERRORS:
        raise unreadable("JSON") from None


def _resource(resource: Any) -> Mapping[str, Any]:
    try:
        return attributes(resource.attributes) if resource is not None else {}
    except _ERRORS:
        raise unreadable("JSON") from None


def _span(span: Any, resource: Mapping[str, Any], rejected: Rejected) -> Record | None:
    trace, own = hex_id(span.trace_id, 16), hex_id(span.span_id, 8)
    if not trace or not own:
        rejected.add("a span has no valid trace id and span id")
        return None
    if len(span.attributes) + len(span.events) > MAX_RECORD:
        rejected.add(f"a span is larger than {MAX_RECORD} bytes")
        return None
    try:
        status = _status(span.status)
        return Record(
            trace=trace,
            span=own,
            parent=hex_id(span.parent_span_id or "", 8),
            name=span.name or "",
            start=number(span.start_time_unix_nano),
            end=number(span.end_time_unix_nano),
            failed=status is not None and status.code in {2, "2", "STATUS_CODE_ERROR"},
            message=(status.message or "") if status is not None else "",
            attributes=attributes(span.attributes),
            events=[(one.name, attributes(one.attributes, told_in_event)) for one in _events(span.events) or ()],
            resource=resource,
        )
    except _ERRORS:
        rejected.add("a span has attributes that cannot be read")
        return None


def _log(log: Any, resource: Mapping[str, Any], rejected: Rejected) -> Record | None:
    if len(log.attributes) + len(log.body) > MAX_RECORD:
        rejected.add(f"a log record is larger than {MAX_RECORD} bytes")
        return None
    try:
        found = attributes(log.attributes)
        body = value(log.body, MAX_DEPTH)
    except _ERRORS:
        rejected.add("a log record has attributes that cannot be read")
        return None
    if body is not None:
        found["body"] = body
    return Record(
        trace=hex_id(log.trace_id or "", 16),
        span=hex_id(log.span_id or "", 8),
        name=log.event_name or "",
        start=number(log.time_unix_nano) or number(log.observed_time_unix_nano),
        attributes=found,
        resource=resource,
    )


def attributes(raw: Raw, wanted: Callable[[str], bool] = wanted) -> dict[str, Any]:
    """The attributes that we want, as plain values; the last of two with one name counts."""
    return {pair.key: value(pair.value, MAX_DEPTH) for pair in _pairs(raw) or () if wanted(pair.key)}


def value(raw: Raw, depth: int) -> Any:
    """An `AnyValue` as a plain value; None for an empty one and for what is nested too deep."""
    if depth == 0:
        return None
    one = _value(raw)
    if one.stringValue is not None:
        return one.stringValue
    if one.boolValue is not None:
        return one.boolValue
    if one.intValue is not None:
        return number(one.intValue)
    if one.doubleValue is not None:
        return one.doubleValue
    if len(one.arrayValue) and (many := _many(one.arrayValue)):
        return [value(item, depth - 1) for item in _values(many.values)]
    if len(one.kvlistValue) and (many := _many(one.kvlistValue)):
        return {pair.key: value(pair.value, depth - 1) for pair in _pairs(many.values) or ()}
    return None


def number(stated: Any) -> int:
    """A 64-bit integer, sent as a number or as a text; 0 for what is none."""
    if isinstance(stated, str):
        stated = int(stated) if len(stated) <= 20 and stated.isascii() and stated.lstrip("-").isdigit() else 0
    if isinstance(stated, float):
        stated = int(stated) if abs(stated) < 2**63 else 0
    return stated if isinstance(stated, int) and abs(stated) < 2**64 else 0


def hex_id(text: str, size: int) -> str:
    """An id of `size` bytes as small hexadecimal letters; empty for what is none, and for one of zeros alone."""
    lower = text.lower()
    if len(lower) != 2 * size:
        # Encoders that follow proto3's JSON write bytes in base64.
        try:
            raw = base64.b64decode(text, validate=True) if len(text) == 4 * -(-size // 3) else b""
        except (ValueError, binascii.Error):
            return ""
        lower = raw.hex() if len(raw) == size else ""
    return lower if lower.strip("0") and _HEX.issuperset(lower) else ""
