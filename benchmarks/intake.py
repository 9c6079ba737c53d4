"""Claim: intake is close to what the database itself can take, and far above a plain DRF + ORM view of the same job.

Runs, in one go on one database: (a) raw COPY or executemany of the very rows that intake wrote; (b) the plain view of
`plain.py`; (c) the hot route. Single events come over 64 connections, batches over one. Client, server and
database share the machine. Prints the rates and the ratios.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.intake [--events 4000]
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django
import yaml

ROOT = Path(__file__).resolve().parent.parent
os.environ["OVERSIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="oversight-bench-")
os.environ["REDIS_URL"] = ""
os.environ["OVERSIGHT_LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - the settings come first
from django.db import connection, transaction  # noqa: E402

from approvals import organisation  # noqa: E402
from approvals.actions.activate_policy import activate_policy  # noqa: E402
from approvals.actions.change_register import change_register  # noqa: E402
from approvals.actions.handle_key import make_key  # noqa: E402
from benchmarks.plain import body_of  # noqa: E402
from decisions.models import Agent, Decision, Timeline  # noqa: E402
from decisions.models.bulk import insert_rows  # noqa: E402
from decisions.models.ledger import Disclosure, EntryRow  # noqa: E402
from decisions.vocab import Scope  # noqa: E402

HOT, PLAIN = "/api/v1/events", "/plain"
CONNECTIONS, BATCH = 64, 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4000)
    parser.add_argument("--port", type=int, default=8765)
    chosen = parser.parse_args()
    try:
        results = measure(chosen.events, chosen.port, prepare())
        results["raw"] = raw_rate()
    finally:
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
    report(results, "PostgreSQL" if connection.vendor == "postgresql" else "SQLite", chosen.events)
    return 0


def prepare() -> str:
    """Tables, the example organisation and policy, and a key."""
    call_command("migrate", verbosity=0)
    change_register(organisation.read((ROOT / "examples/organisation.yaml").read_text()), actor=None)
    activate_policy(yaml.safe_load((ROOT / "examples/policy.yaml").read_text()))
    agent = Agent.objects.earliest("slug")
    return make_key(agent.id, scopes=[Scope.REPORT], days=1, actor=None)


def measure(count: int, port: int, key: str) -> dict[str, Any]:
    """Rates in events a second of both routes, singly and in batches."""
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "benchmarks.server:application",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        return asyncio.run(_drive(count, port, key))
    finally:
        server.terminate()
        server.wait(10)


async def _drive(count: int, port: int, key: str) -> dict[str, Any]:
    await _until_up(port)
    results: dict[str, Any] = {}
    start = 0
    for name, path, share in (("plain", PLAIN, 8), ("hot", HOT, 1)):
        singles = [json.dumps(one).encode() for one in body_of(count // share, start)]
        start += len(singles)
        media = "application/json" if path == PLAIN else "application/cloudevents+json"
        results[f"{name}_single"], results[f"{name}_ms"] = await _rate(
            singles, 1, port=port, path=path, key=key, media=media
        )
        batches = [
            json.dumps(body_of(BATCH, start + number * BATCH)).encode()
            for number in range(max(1, count // share // BATCH))
        ]
        start += len(batches) * BATCH
        media = "application/json" if path == PLAIN else "application/cloudevents-batch+json"
        results[f"{name}_batch"], _ = await _rate(
            batches, BATCH, port=port, path=path, key=key, media=media, connections=1
        )
    return results


async def _rate(
    bodies: list[bytes], events: int, *, port: int, path: str, key: str, media: str, connections: int = CONNECTIONS
) -> tuple[float, list[float]]:
    """(events a second, latencies in ms) of posting `bodies`, each with `events` events."""
    waiting = list(reversed(bodies))
    latencies: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        while waiting:
            body = waiting.pop()
            began = time.perf_counter()
            head = (
                f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\ncontent-type: {media}\r\n"
            )
            writer.write(head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next(int(line[15:]) for line in answer.split("\r\n") if line.startswith("content-length:"))
            content = await reader.readexactly(length)
            assert answer.startswith("http/1.1 200"), (answer, content)
            latencies.append((time.perf_counter() - began) * 1000)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return len(bodies) * events / (time.perf_counter() - began), latencies


async def _until_up(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit("the server did not start")


def raw_rate() -> float:
    """Events a second when the rows of the last events are written again, in batches, by COPY or executemany alone."""
    tables = []
    for model in (EntryRow, Disclosure, Decision, Timeline):
        names = [field.column for field in model._meta.concrete_fields]
        with connection.cursor() as cursor:
            table = model._meta.db_table
            order = "id" if model is Disclosure else "seq"
            cursor.execute(f"SELECT {', '.join(map(str, names))} FROM {table} ORDER BY {order} DESC LIMIT 4000")
            rows = [tuple(_plain(value) for value in row) for row in cursor.fetchall()]
            cursor.execute(_copy_of(table, connection.vendor))
        tables.append((f"raw_{table}", names, rows))
    events = len(tables[0][2])
    began = time.perf_counter()
    for first in range(0, events, BATCH):
        with transaction.atomic():
            for table, names, rows in tables:
                share = len(rows) // events or 1
                part = rows[first * share : (first + BATCH) * share]
                insert_rows(type("T", (), {"_meta": type("M", (), {"db_table": table})}), names, part)  # type: ignore[arg-type]
    return events / (time.perf_counter() - began)


def _plain(value: Any) -> Any:
    return (
        json.dumps(value)
        if isinstance(value, list | dict)
        else bytes(value)
        if isinstance(value, memoryview)
        else value
    )


def _copy_of(table: str, vendor: str) -> str:
    """An empty table of the same columns, with the same indexes where the database can copy them."""
    if vendor == "postgresql":
        return f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING INDEXES INCLUDING CONSTRAINTS)"
    return f"CREATE TABLE raw_{table} AS SELECT * FROM {table} WHERE 0"


def report(found: dict[str, Any], database: str, count: int) -> None:
    cuts = statistics.quantiles(found["hot_ms"], n=100)
    print(
        f"{database}, Python {platform.python_version()}, {os.cpu_count()} cores, {count} single events, batches of {BATCH}"
    )
    print(f"  raw rows                 {found['raw']:>9,.0f} events/s")
    for way in ("single", "batch"):
        hot, plain = found[f"hot_{way}"], found[f"plain_{way}"]
        print(f"  plain view, {way:<12} {plain:>9,.0f} events/s")
        print(
            f"  hot route, {way:<13} {hot:>9,.0f} events/s   {hot / plain:5.1f} × plain   {hot / found['raw']:.2f} of raw"
        )
    print(f"  hot route, single: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms at {CONNECTIONS} connections")


if __name__ == "__main__":
    sys.exit(main())
