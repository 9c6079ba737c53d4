"""Claim: the report of a month with a million decisions is counted and drawn within 15 s and 400 MB, and the web hardly feels it.

Some thousand decisions that went the product's way in are multiplied into the last month that is over. The report is built by
the worker's own steps in a process of its own; verification of the ledger, which reads every entry, is not among them. Beside
it a loop over the ORM counts a few of the same figures, and pages and events are asked for with and without a build.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.reports [--decisions 1000 100000 1000000]
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import installed  # isort: skip - it sets the product up
from django.core.management import call_command
from django.db import connection

from approvals.periods import MATURITY, Period, first_of, month_number
from benchmarks import company, multiply
from benchmarks.http import cuts, post
from benchmarks.plain import body_of
from decisions import clock, ledger
from decisions.models import Agent
from decisions.recording import stop

TEMPLATE = 1000
ASKED, ROUNDS = 60, 2


def month() -> Period:
    """The last month that is over and mature."""
    return Period.read(f"{first_of(month_number(clock.system() - MATURITY) - 1):%Y-%m}")


def prepare() -> multiply.Piece:
    """A company that began before the month, and the piece of its ledger that is multiplied into it."""
    begun = month().start - timedelta(days=10)
    clock.use(lambda: begun)
    installed.install(company.REGISTER, company.POLICY)
    call_command("collectstatic", interactive=False, verbosity=0)
    first = ledger.size()
    company.work(TEMPLATE)
    clock.use(clock.system)
    stop()
    return multiply.Piece(first, ledger.size(), TEMPLATE)


def in_a_child(step: str, period: Period) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.report_child", step, period.key]
    return subprocess.Popen(command, cwd=installed.ROOT, stdout=subprocess.PIPE, text=True)


def ended(child: "subprocess.Popen[str]") -> Any:
    out, _ = child.communicate()
    assert child.returncode == 0
    return json.loads(out.splitlines()[-1])


def web(
    port: int, headers: dict[str, str], number: int, period: Period, *, building: bool
) -> dict[str, tuple[float, float]]:
    """(p50, p99) in ms of a page and of an event, asked for by turns; while a report is built, or not."""
    bodies = [json.dumps(one).encode() for one in body_of(ASKED * 20, number, "s-0")]
    pages: list[float] = []
    events: list[float] = []
    media = "content-type: application/cloudevents+json\r\n"
    with installed.serving(port):
        child = in_a_child("build", period) if building else None
        while bodies and (len(pages) < ASKED if child is None else child.poll() is None):
            events += asyncio.run(post(port, "/api/v1/events", headers["agent"] + media, [bodies.pop()], 1)).ms
            pages += asyncio.run(post(port, "/", headers["person"], [b""], 1, method="GET")).ms
        if child is not None:
            ended(child)
    return {"page": cuts(pages), "event": cuts(events)}


def stage(piece: multiply.Piece, count: int, port: int, headers: dict[str, str]) -> None:
    period = month()
    multiply.cut_back(piece)
    over = period.end - period.start - timedelta(hours=1)
    until = period.end - timedelta(minutes=30)
    multiply.multiply(multiply.Copies(piece, max(1, count // piece.decisions), until, over=over))
    print(f"  {count:,} decisions, {multiply.size_on_disk()}, load {os.getloadavg()[0]:.1f}", flush=True)
    figures: Any = None
    for _ in range(ROUNDS):
        counted, drawn, mib, figures = ended(in_a_child("build", period))
        print(
            f"    counted {counted:.1f} s, drawn {drawn:.1f} s, {mib:.0f} MiB, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    print(f"    {figures}")
    n, seconds, mib = ended(in_a_child("naive", period))
    print(f"    a loop over {n:,}: {seconds:.1f} s, {seconds / max(1, n) * 1e6:.0f} µs each, {mib:.0f} MiB", flush=True)
    quiet, busy = (
        web(port, headers, count, period, building=False),
        web(port, headers, count * 2, period, building=True),
    )
    for what, (p50, p99) in quiet.items():
        print(
            f"    {what}: {p50:.0f} / {p99:.0f} ms, during a build {busy[what][0]:.0f} / {busy[what][1]:.0f} ms",
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--port", type=int, default=8773)
    chosen = parser.parse_args()
    try:
        piece = prepare()
        print(
            f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}"
        )
        headers = installed.headers(Agent.objects.earliest("slug"), "ines")
        for count in chosen.decisions:
            stage(piece, count, chosen.port, headers)
    finally:
        stop()
        connection.close()
        installed.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
