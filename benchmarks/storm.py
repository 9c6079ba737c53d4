"""Claim: in an incident storm nothing is lost, people see it as it comes, and what they have to answer stays a handful of lines.

For a minute, each second: 100 acts of an agent and 100 times as many read-only calls, as an exporter sends them (OTLP,
protobuf, gzip, 20 requests a second), at their time whether or not the server keeps up; a request that is sent away with
429 is sent again. A person watches over a WebSocket. Then it is counted.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.storm [--seconds 60] [--acts 100] [--looks 10000]
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import installed  # isort: skip - it sets the product up
import websockets
from django.db.models import Sum
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from approvals.queries import crowds
from benchmarks.http import cuts
from decisions import clock, queries
from decisions.models import Agent, Decision, Look
from decisions.recording import stop

REQUESTS = 20
EPISODES = 8
COMMANDS = ("kubectl scale deployment s-{n} --replicas={k}", "kubectl rollout undo deployment s-{n}")


@dataclass
class Storm:
    """What is sent, and what came of it."""

    port: int
    headers: dict[str, str]
    acts: int
    looks: int
    sent: dict[str, float] = field(default_factory=dict)
    """Act → when its request was begun."""
    seen: dict[str, float] = field(default_factory=dict)
    """Act → when the person's page was told."""
    answered: list[float] = field(default_factory=list)
    again: int = 0
    number: int = 0

    def body(self) -> tuple[bytes, list[str]]:
        """One request, and the names of its acts."""
        made = ExportTraceServiceRequest()
        scoped = made.resource_spans.add().scope_spans.add()
        now = time.time_ns()
        names = []
        for at in range(self.acts // REQUESTS + self.looks // REQUESTS):
            self.number += 1
            act = at < self.acts // REQUESTS
            episode = f"inc-{self.number % EPISODES}"
            span = scoped.spans.add(
                trace_id=(self.number % EPISODES + 1).to_bytes(16, "big"),
                span_id=self.number.to_bytes(8, "big"),
                name="execute_tool kubectl",
                start_time_unix_nano=now,
                end_time_unix_nano=now,
            )
            command = COMMANDS[self.number % 2].format(n=self.number % 5, k=self.number % 9 + 1)
            told = {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "kubectl",
                "gen_ai.tool.call.id": f"call-{self.number}",
                "gen_ai.conversation.id": episode,
                "gen_ai.tool.call.arguments": json.dumps({"command": command if act else "kubectl get pods -n shop"}),
                "gen_ai.tool.call.result": "deployment.apps scaled" if act else "web-1 Running",
            }
            for key, value in told.items():
                span.attributes.add(key=key).value.string_value = value
            if act:
                names.append(f"{span.trace_id.hex()}/call-{self.number}")
        return gzip.compress(made.SerializeToString(), 1), names

    async def send(self, body: bytes, names: list[str]) -> None:
        began = time.monotonic()
        self.sent.update(dict.fromkeys(names, began))
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            head = f"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\n{self.headers['agent']}content-type: application/x-protobuf\r\n"
            head += f"content-encoding: gzip\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            answer = await reader.read()
            writer.close()
            status = int(answer[9:12])
            if status == 200:
                self.answered.append((time.monotonic() - began) * 1000)
                return
            assert status in (429, 503), answer[:500]
            self.again += 1
            await asyncio.sleep(1)


async def watch(storm: Storm, ready: asyncio.Event) -> None:
    """A person's page: every row as it is told."""
    cookie = storm.headers["person"].split("\r\n")[0].partition(": ")[2]
    url, origin = f"ws://127.0.0.1:{storm.port}/ws/timeline", websockets.Origin(f"http://127.0.0.1:{storm.port}")
    after = -1
    while True:
        # As a page does: whenever it is cut off, it goes on after what it has.
        with contextlib.suppress(websockets.ConnectionClosed):
            async with websockets.connect(
                f"{url}?after={after}", additional_headers={"cookie": cookie}, origin=origin, max_size=2**24
            ) as socket:
                ready.set()
                async for frame in socket:
                    now, told = time.monotonic(), json.loads(frame)
                    after = max(after, told["seq"])
                    for row in told.get("rows", ()):
                        storm.seen.setdefault(row["id"], now)


async def run(storm: Storm, seconds: int) -> None:
    ready = asyncio.Event()
    watching = asyncio.create_task(watch(storm, ready))
    await asyncio.wait_for(ready.wait(), 10)
    began, sending = time.monotonic(), []
    for at in range(seconds * REQUESTS):
        body, names = storm.body()
        await asyncio.sleep(max(0, began + at / REQUESTS - time.monotonic()))
        sending.append(asyncio.create_task(storm.send(body, names)))
    await asyncio.gather(*sending)
    print(f"sent in {time.monotonic() - began:.0f} s; {storm.again} requests were sent away and sent again")
    await asyncio.sleep(2)
    watching.cancel()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--acts", type=int, default=100, help="a second")
    parser.add_argument("--looks", type=int, default=10_000, help="a second")
    parser.add_argument("--port", type=int, default=8767)
    chosen = parser.parse_args()
    try:
        agent, headers = installed.prepare()
        print(f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        storm = Storm(chosen.port, headers, chosen.acts, chosen.looks)
        with installed.serving(chosen.port) as server:
            asyncio.run(run(storm, chosen.seconds))
            peak = next(
                line.split()[1]
                for line in Path(f"/proc/{server.pid}/status").read_text().splitlines()
                if line.startswith("VmHWM")
            )
        report(storm, agent, chosen.seconds, int(peak) // 1024)
    finally:
        stop()
        installed.remove()
    return 0


def report(storm: Storm, agent: Agent, seconds: int, peak: int) -> None:
    rows = dict(Decision.objects.filter(agent_id=agent.id).values_list("agent_ref", "id"))
    looks = Look.objects.aggregate(calls=Sum("calls"))["calls"]
    lost = [name for name in storm.sent if name not in rows]
    print(
        f"decisions {len(rows):,} of {storm.acts * seconds:,}, lost {len(lost)}; looks {looks:,} of {storm.looks * seconds:,}"
    )
    lags = [(storm.seen[str(id_)] - storm.sent[name]) * 1000 for name, id_ in rows.items() if str(id_) in storm.seen]
    p50, p99 = cuts(lags)
    print(f"on the person's page {len(lags):,} of them, after p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    p50, p99 = cuts(storm.answered)
    print(
        f"a request of {(storm.acts + storm.looks) // REQUESTS} calls is answered after p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )
    print(f"most memory of the server {peak} MiB")
    owed = queries.owed(clock.now())
    alike = crowds.of(owed, "sign_off_due")
    print(f"what owes a sign-off: {owed.count():,} decisions in {len(alike)} lines of the queue")


if __name__ == "__main__":
    sys.exit(main())
