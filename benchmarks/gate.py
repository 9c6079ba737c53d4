"""Claim: the gate answers agents and people quickly however many ask, and a stop is a stop within a moment.

Measures on one installation: rulings; propose, claim, veto and freeze over HTTP at 1, 16 and 64 clients, against one bare
durable transaction of the same database; the time from a freeze's acknowledgement to the last executed action; and
10,000 open long polls (`benchmarks.polls`). Client, server and database share the machine.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.gate [--part latency] [--polls 10000]
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import installed  # isort: skip - it sets the product up
from django.db import connection, transaction

from approvals.gate import PolicyGate
from benchmarks import polls
from benchmarks.http import Answer, Line, cuts, drive
from decisions import canonical, clock, ledger, register
from decisions.intake.ruleable import ruleable
from decisions.intake.screening import screen_stored
from decisions.models import Agent, Decision
from decisions.recording import stop

CALLS = {1: 200, 16: 640, 64: 1280}
"""Clients → calls."""
STOPS = {1: 20, 16: 64, 64: 128}
"""How many freezes: each of a service of its own, and all of them stay in force."""
PARTS = ("rulings", "latency", "stop", "polls")
Headers = dict[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--polls", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=8766)
    chosen = parser.parse_args()
    parts = chosen.part or PARTS
    try:
        agent, headers = installed.prepare()
        print(f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        if "rulings" in parts:
            rulings(agent)
        if "latency" in parts:
            baseline = durable()
            with installed.serving(chosen.port) as server:
                latency(agent, headers, Measured(chosen.port, server.pid, baseline))
        if "stop" in parts:
            with installed.serving(chosen.port):
                asyncio.run(last_action(headers, chosen.port))
        if "polls" in parts:
            # The last: it stops everything.
            with installed.serving(chosen.port) as server:
                polls.measure(agent, headers, chosen.port, server.pid, chosen.polls)
        print(f"load average {os.getloadavg()[1]:.1f}")
    finally:
        stop()
        installed.remove()
    return 0


# -- rulings


def rulings(agent: Agent) -> None:
    """One ruling at a time, against the canonical form and hash of the same action."""
    [row] = installed.proposed(agent, 1)
    known, config, now = register.latest(), ledger.config(), clock.now()
    gate = PolicyGate()
    action = row.action or {}

    def rule() -> None:
        asked = ruleable(action, agent.id, known, screen_stored(action, row.account))
        gate.rule_many([asked], config=config, at=now)

    def encoded() -> None:
        canonical.action_hash(action)

    rule()
    p50, p99 = cuts(list(timed(rule, 20_000)))
    base, _ = cuts(list(timed(encoded, 20_000)))
    print(
        f"rulings: {1000 / p50:,.0f}/s, p50 {p50:.3f} ms, p99 {p99:.3f} ms; {p50 / base:.1f} × canonical form and hash"
    )


def timed(function: Callable[[], None], count: int) -> Iterator[float]:
    for _ in range(count):
        began = time.perf_counter()
        function()
        yield (time.perf_counter() - began) * 1000


# -- commands over HTTP


def durable() -> float:
    """The p50 of one row written and committed, in ms: what no durable command can be quicker than."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_row (id integer PRIMARY KEY, n integer)")
        cursor.execute("INSERT INTO bench_row VALUES (1, 0)")

    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE bench_row SET n = n + 1 WHERE id = 1")

    p50, p99 = cuts(list(timed(write, 500)))
    print(f"one row committed: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    return p50


Call = Callable[[Line], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Measured:
    """The server under measurement, and what it is measured against."""

    port: int
    process: int
    baseline: float

    def cpu(self) -> float:
        """Milliseconds of processor time that the server has used: the same however busy the machine is."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def latency(agent: Agent, headers: Headers, server: Measured) -> None:
    services = iter(range(1, installed.SERVICES))
    for clients, count in CALLS.items():
        said("propose", clients, [propose(headers) for _ in range(count)], server)
        said("claim", clients, [claim(headers, row) for row in installed.proposed(agent, count)], server)
        said("veto", clients, [veto(headers, row) for row in installed.proposed(agent, count // 2)], server)
    # Last: each stays in force, and every claim looks at those that are.
    for clients, count in STOPS.items():
        said("freeze", clients, [freeze(headers, f"s-{next(services)}") for _ in range(count)], server)


def said(name: str, clients: int, calls: list[Call], server: Measured) -> None:
    began, used = time.monotonic(), server.cpu()
    answers = asyncio.run(drive(server.port, clients, calls))
    rate = len(answers) / (time.monotonic() - began)
    used = (server.cpu() - used) / len(answers)
    p50, p99 = cuts([answer.ms for answer in answers])
    print(
        f"{name:<8} {clients:>3} clients: p50 {p50:6.1f} ms, p99 {p99:6.1f} ms, {rate:6.0f}/s;"
        f" {used:.1f} ms of the server's processor each; p50 is {p50 / server.baseline:.1f} × one row"
    )


def propose(headers: Headers, kind: str = "restart") -> Call:
    body = installed.data(kind)
    return lambda line: line.ask("POST", "/api/v1/proposals", headers["agent"], body)


def claim(headers: Headers, row: Decision) -> Call:
    body = {"claim_key": "c", "action_hash": row.action_hash, "executor": "bench"}
    return lambda line: line.ask("POST", f"/api/v1/decisions/{row.id}/claim", headers["agent"], body)


def veto(headers: Headers, row: Decision) -> Call:
    body = {"verdict": "veto", "reason": ""}
    return lambda line: line.ask("POST", f"/api/v1/decisions/{row.id}/verdicts", headers["person"], body)


def freeze(headers: Headers, service: str) -> Call:
    body = {"scope": {"kind": "service", "value": service}}
    return lambda line: line.ask("POST", "/api/v1/freezes", headers["person"], body)


# -- from a stop to the last act


async def last_action(headers: Headers, port: int, executors: int = 16, rounds: int = 5) -> None:
    """Executors propose, claim and act as fast as they can while a person stops everything they do."""
    after: list[float] = []
    answered: list[float] = []
    acts = 0
    for turn in range(rounds):
        service = f"s-{installed.SERVICES - 1 - turn}"
        acted: list[float] = []
        lines = [Line(port) for _ in range(executors)]
        working = [asyncio.create_task(execute(line, headers, service, acted)) for line in lines]
        await asyncio.sleep(2)
        person = Line(port)
        stopped = await freeze(headers, service)(person)
        assert stopped.status == 201, stopped
        await asyncio.gather(*working)
        for line in (*lines, person):
            line.close()
        after.append((max(acted) - stopped.at) * 1000)
        answered.append(stopped.ms)
        acts += len(acted)
    print(
        f"freeze under {executors} executors ({acts} acts in {rounds} rounds): acknowledged after at most"
        f" {max(answered):.0f} ms; last act {max(after):.0f} ms after that (each round: {[round(ms) for ms in after]})"
    )


async def execute(line: Line, headers: Headers, service: str, acted: list[float]) -> None:
    """Propose, claim, and act at once on what was granted, until people say stop."""
    while True:
        proposal = installed.data(service=service)
        asked = await line.ask("POST", "/api/v1/proposals", headers["agent"], proposal)
        if asked.status == 423:
            return
        assert asked.status == 201, asked
        body: dict[str, Any] = {"claim_key": "c", "action_hash": asked.body["action_hash"], "executor": "bench"}
        claimed = await line.ask("POST", f"/api/v1/decisions/{asked.body['id']}/claim", headers["agent"], body)
        if claimed.status != 200:
            assert claimed.status in (410, 423), claimed
            return
        acted.append(time.monotonic())


if __name__ == "__main__":
    sys.exit(main())
