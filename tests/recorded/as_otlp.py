"""A recorded run as the request that an exporter would have sent of it: a maker for tests, which must not add a fact."""

import hashlib
import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Json = dict[str, Any]


def as_otlp(record: Json) -> bytes:
    """The request in JSON: for each call a span of its tool, and one of the chat that it came from."""
    return json.dumps(request_of(spans_of(record))).encode()


def call_id(at: int) -> str:
    return f"call_{at}"


def trace_of(run: str) -> str:
    return _id(run, 32)


def spans_of(record: Json) -> list[Json]:
    """The spans of one run, children before their parent, as they end."""
    run = record["trace_id"]
    trace, root = trace_of(run), _id(f"{run} root", 16)
    common = {"gen_ai.agent.name": "stratus", "gen_ai.conversation.id": run}
    spans: list[Json] = []
    for at, call in enumerate(record["tool_calls"]):
        start = int(call["timestamp"] * 1e6) * 1000
        thoughts = [one for one in record["thinking_steps"] if one["timestamp"] <= call["timestamp"]]
        spoken = max(thoughts, key=lambda one: one["timestamp"]) if thoughts else None
        asked = {"type": "tool_call", "id": call_id(at), "name": call["tool_name"], "arguments": call["arguments"]}
        words = [{"type": "text", "content": spoken["reasoning"]}] if spoken else []
        spoke = int(spoken["timestamp"] * 1e6) * 1000 if spoken else start
        chat = {
            "gen_ai.operation.name": "chat",
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [*words, asked]}]),
            **common,
        }
        tool = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call["tool_name"],
            "gen_ai.tool.call.id": call_id(at),
            "gen_ai.tool.call.arguments": json.dumps(call["arguments"]),
            "gen_ai.tool.call.result": call["response"],
            **common,
        }
        spans.append(_span("chat", trace, _id(f"{run} chat {at}", 16), root, spoke, spoke, chat))
        end = start + int(call["duration"] * 1e9)
        name = f"execute_tool {call['tool_name']}"
        spans.append(_span(name, trace, _id(f"{run} tool {at}", 16), root, start, end, tool))
    first, last = int(record["start_time"] * 1e9), int(record["end_time"] * 1e9)
    attributes = {"gen_ai.operation.name": "invoke_agent", **common}
    return [*spans, _span("invoke_agent stratus", trace, root, "", first, last, attributes)]


def request_of(spans: list[Json], **resource: str) -> Json:
    attributes = _attributes({"service.name": "stratus-runner", **resource})
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": spans}]}]}


def as_protobuf(request: Json) -> bytes:
    """The same request in the protocol's other encoding."""
    made = ExportTraceServiceRequest()
    for one in request["resourceSpans"]:
        spans = made.resource_spans.add()
        for pair in one["resource"]["attributes"]:
            spans.resource.attributes.add(key=pair["key"]).value.string_value = pair["value"]["stringValue"]
        for scope in one["scopeSpans"]:
            scoped = spans.scope_spans.add()
            for span in scope["spans"]:
                to = scoped.spans.add(
                    trace_id=bytes.fromhex(span["traceId"]),
                    span_id=bytes.fromhex(span["spanId"]),
                    parent_span_id=bytes.fromhex(span["parentSpanId"]),
                    name=span["name"],
                    start_time_unix_nano=int(span["startTimeUnixNano"]),
                    end_time_unix_nano=int(span["endTimeUnixNano"]),
                )
                for pair in span["attributes"]:
                    to.attributes.add(key=pair["key"]).value.string_value = pair["value"]["stringValue"]
    return bytes(made.SerializeToString())


def _span(name: str, trace: str, own: str, parent: str, start: int, end: int, attributes: Json) -> Json:
    return {
        "traceId": trace,
        "spanId": own,
        "parentSpanId": parent,
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(max(start, end)),
        "attributes": _attributes(attributes),
        "status": {},
    }


def _attributes(values: Json) -> list[Json]:
    return [{"key": key, "value": {"stringValue": str(value)}} for key, value in values.items()]


def _id(name: str, letters: int) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:letters]
