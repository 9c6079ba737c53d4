"""Claim: more callers at once are stored together, and what exporters send is taken in at the rate of what it holds.

In one run on one database, each beside the plain view of `plain.py`, which takes one event at a time: single events over
1, 16, 64 and 256 connections (the plain view over 64 at most: it turns more away); then spans as an exporter sends them (OTLP, gzip, 500 spans a request, 8 connections), in
both encodings: acts, each of which becomes a decision, and looks, which are counted.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.waves [--events 3000] [--spans 20000]
"""

import argparse
import asyncio
import gzip
import json
import os
import platform
import sys
import time

from benchmarks import installed  # isort: skip - it sets the product up
from django.db.models import Sum
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.http import Posted, cuts, post
from benchmarks.plain import body_of
from decisions.models import Decision, Look
from decisions.recording import stop

CONNECTIONS = (1, 16, 64, 256)
SPANS, EXPORTERS = 500, 8
PLAIN_SHARE, PLAIN_MOST = 8, 64
"""The plain view gets so much fewer, and over so many connections at most."""
MEDIA = {"protobuf": "application/x-protobuf", "JSON": "application/json"}


def singles(port: int, key: str, events: int) -> None:
    start = 0
    for connections in CONNECTIONS:
        found: dict[str, Posted] = {}
        for path, media, count, over in (
            ("/plain", "application/json", events // PLAIN_SHARE, min(connections, PLAIN_MOST)),
            ("/api/v1/events", "application/cloudevents+json", events, connections),
        ):
            bodies = [json.dumps(one).encode() for one in body_of(count, start, "s-0")]
            start += count
            headers = f"{key}content-type: {media}\r\n"
            found[path] = asyncio.run(post(port, path, headers, bodies, over))
        plain, hot = (len(one.ms) / one.seconds for one in found.values())
        p50, p99 = cuts(found["/api/v1/events"].ms)
        slow50, slow99 = cuts(found["/plain"].ms)
        print(
            f"  single, {connections:>3} connections   {hot:6,.0f} events/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms;"
            f"   plain view {plain:,.0f}/s, {slow50:.0f} ms, {slow99:.0f} ms   {hot / plain:.1f} × plain",
            flush=True,
        )


def spans(first: int, count: int, *, act: bool) -> ExportTraceServiceRequest:
    """One request of an exporter: calls of a tool, each of another trace than the last request's."""
    made, now = ExportTraceServiceRequest(), time.time_ns()
    scoped = made.resource_spans.add().scope_spans.add()
    for number in range(first, first + count):
        span = scoped.spans.add(
            trace_id=(number // SPANS + 1).to_bytes(16, "big"),
            span_id=(number + 1).to_bytes(8, "big"),
            name="execute_tool kubectl",
            start_time_unix_nano=now,
            end_time_unix_nano=now,
        )
        command = f"kubectl scale deployment s-{number % 5} --replicas={number % 9 + 1}"
        told = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "kubectl",
            "gen_ai.tool.call.id": f"call-{number}",
            "gen_ai.conversation.id": f"inc-{number // SPANS}",
            "gen_ai.tool.call.arguments": json.dumps({"command": command if act else "kubectl get pods -n shop"}),
            "gen_ai.tool.call.result": "deployment.apps scaled" if act else "web-1 Running",
        }
        for name, value in told.items():
            span.attributes.add(key=name).value.string_value = value
    return made


def encoded(request: ExportTraceServiceRequest, encoding: str) -> bytes:
    """As an exporter writes it: ids are in hexadecimal where it is JSON."""
    if encoding == "protobuf":
        return gzip.compress(request.SerializeToString(), 1)
    made = MessageToDict(request)
    listed = zip(
        request.resource_spans[0].scope_spans[0].spans, made["resourceSpans"][0]["scopeSpans"][0]["spans"], strict=True
    )
    for span, written in listed:
        written["traceId"], written["spanId"] = span.trace_id.hex(), span.span_id.hex()
    return gzip.compress(json.dumps(made).encode(), 1)


def exporters(port: int, key: str, count: int) -> None:
    first = 0
    for act in (True, False):
        for encoding, media in MEDIA.items():
            bodies = [encoded(spans(at, SPANS, act=act), encoding) for at in range(first, first + count, SPANS)]
            first += len(bodies) * SPANS
            headers = f"{key}content-type: {media}\r\ncontent-encoding: gzip\r\n"
            posted = asyncio.run(post(port, "/v1/traces", headers, bodies, EXPORTERS))
            p50, p99 = cuts(posted.ms)
            size = sum(map(len, bodies)) // len(bodies) // 1024
            print(
                f"  {'acts' if act else 'looks'}, {encoding:<8} {len(bodies) * SPANS / posted.seconds:9,.0f} spans/s;"
                f"   a request of {SPANS} ({size} KiB packed) p50 {p50:.0f} ms, p99 {p99:.0f} ms",
                flush=True,
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--spans", type=int, default=20_000)
    parser.add_argument("--port", type=int, default=8773)
    chosen = parser.parse_args()
    try:
        _, headers = installed.prepare()
        about = f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores"
        print(f"{about}, load {os.getloadavg()[0]:.1f}", flush=True)
        with installed.serving(chosen.port, "benchmarks.server:application"):
            singles(chosen.port, headers["agent"], chosen.events)
            before = Decision.rows.count()
            exporters(chosen.port, headers["agent"], chosen.spans)
        acts, looks = Decision.rows.count() - before, Look.objects.aggregate(calls=Sum("calls"))["calls"]
        print(f"  decisions of them {acts:,}, looks counted {looks:,}; load {os.getloadavg()[0]:.1f}")
        return 0 if acts == looks == 2 * chosen.spans else 1
    finally:
        stop()
        installed.remove()


if __name__ == "__main__":
    sys.exit(main())
