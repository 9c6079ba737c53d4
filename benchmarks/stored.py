"""Claim: pages, lists and intake hardly feel what is stored: ten million decisions answer as a hundred thousand do, within 50 ms.

Some thousand decisions go the product's way in and are multiplied over a year, first to a hundred thousand, then to all.
At both sizes the same questions are asked through the whole application in this process (p50, p99 on the server; the
first bytes of exports), by turns with a lookup by primary key, and events are sent to the server.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.stored [--decisions 10000000]
"""

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks import installed  # isort: skip - it sets the product up
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from benchmarks import company, multiply
from benchmarks.http import cuts, post
from benchmarks.plain import body_of
from decisions import clock, ledger, queries
from decisions.models import Agent, Decision, Person, Timeline
from decisions.recording import stop

SMALL, TEMPLATE = 100_000, 4000
ASKED, SECONDS = 200, 8.0
"""How often each question is asked, and after how long it is enough."""
RARE = 12
SINGLE, BATCHES, BATCH = 3000, 12, 1000
Question = Callable[[], str]


def prepare() -> multiply.Piece:
    """The company a year ago, and the piece of its ledger that is multiplied."""
    clock.use(lambda: clock.system() - multiply.YEAR)
    installed.install(company.REGISTER, company.POLICY)
    call_command("collectstatic", interactive=False, verbosity=0)
    first = ledger.size()
    company.work(TEMPLATE)
    clock.use(clock.system)
    stop()
    return multiply.Piece(first, ledger.size(), TEMPLATE)


def rarities(seed: int) -> None:
    """A dozen decisions, far apart, of a service, kind, environment and agent that nothing else is of."""
    newest, chosen = ledger.size(), random.Random(seed)
    agent = Agent.objects.get(slug=f"agent-{company.AGENTS - 1}")
    for change in ({"service": "rare"}, {"kind": "rare"}, {"environment": "rare"}, {"agent_id": agent.id}):
        near = (chosen.randrange(newest // 2, newest) for _ in range(RARE))
        found = [Decision.rows.filter(seq__lte=seq).order_by("-seq").values_list("seq", flat=True)[0] for seq in near]
        Decision.rows.filter(seq__in=found).update(**change)


class Questions:
    """What is asked, of decisions at random places."""

    def __init__(self, until: datetime, piece: multiply.Piece) -> None:
        self.until, self.chosen = until, random.Random(3)
        newest = ledger.size()
        near = [self.chosen.randrange(piece.first, newest) for _ in range(ASKED)]
        rows = [Decision.rows.filter(seq__gte=seq).order_by("seq").first() for seq in near]
        self.rows = [row for row in rows if row is not None]
        # The queue shows one of its first beside it.
        owed = queries.owed(until)
        shown = [*self.rows, *owed[:100], *owed.filter(service="s-0")[:100]]
        told = Timeline.objects.filter(decision_seq__in=[row.seq for row in shown], seq__gte=piece.end)
        multiply.open_again(told.order_by("seq").values_list("seq", flat=True), piece)

    def row(self) -> Decision:
        return self.chosen.choice(self.rows)

    def seq(self) -> int:
        return self.row().last_seq

    def list(self, **filters: Any) -> Question:
        """The list with those filters; a value may be made anew for each time."""
        return lambda: _query(
            "/api/v1/decisions", {name: one() if callable(one) else one for name, one in filters.items()}
        )

    def window(self, days: float, back: Callable[[], float]) -> dict[str, str]:
        end = self.until - timedelta(days=back())
        return {"from": _rfc(end - timedelta(days=days)), "to": _rfc(end)}

    def timelines(self) -> Iterator[tuple[str, Question]]:
        yield "timeline page", lambda: "/"
        yield "timeline, newest", lambda: "/api/v1/timeline"
        yield "timeline, after=", lambda: f"/api/v1/timeline?after={self.seq()}"
        yield "timeline, before=", lambda: f"/api/v1/timeline?before={self.seq()}"
        for days, words in ((0.04, "an hour"), (1, "a day"), (30, "a month"), (364, "a year")):
            yield (
                f"bins of {words}",
                lambda days=days: _query(  # type: ignore[misc]  # bound now, not at the end of the loop
                    "/api/v1/timeline/bins", self.window(days, lambda: self.chosen.uniform(0, 364 - days))
                ),
            )

    def lists(self) -> Iterator[tuple[str, Question]]:
        yield "list", self.list()
        yield "list, deep page", self.list(cursor=self.seq)
        single: dict[str, tuple[str, ...]] = {
            "service": ("s-0", "s-20", "rare", "none"),
            "environment": ("prod", "rare"),
            "kind": ("restart", "traffic_routing", "rare"),
            "agent": ("agent-0", "agent-7"),
            "tier": ("2", "0"),
            "state": ("reported", "vetoed", "pending", "closed", "expired", "revert_ordered", "review"),
            "level": ("L4", "L2", "L0"),
            "ruled": ("L4", "L3", "L0"),
            "risk": ("medium", "high"),
            "sign_off": ("none", "required", "refused"),
            "beyond": ("true", "false"),
            "replayed": ("true", "false"),
        }
        for name, values in single.items():
            for value in values:
                yield f"list, {name}={value}", self.list(**{name: value})
        yield "list, episode=", self.list(episode=lambda: self.row().episode)
        for days, words in ((0.1, "two hours"), (7, "a week"), (120, "four months")):
            window = self.window(days, lambda: 200)
            yield f"list, {words} far back", self.list(**window)
        yield "list, to= far back", self.list(to=_rfc(self.until - timedelta(days=300)))
        yield "list, from= yesterday", self.list(**{"from": _rfc(self.until - timedelta(days=1))})
        yield "list, rare × rare", self.list(service="rare", kind="rare")
        yield "list, rare × common", self.list(service="rare", state="reported", environment="prod")
        yield "list, common × common, none", self.list(service="s-0", tier="0")
        yield "list, common × rare kind", self.list(service="s-0", kind="traffic_routing", state="failed")
        yield "list, q= common", self.list(q="restart")
        yield "list, q= no hit", self.list(q="xylophone")
        yield "list, q= no hit, rare", self.list(q="xylophone", service="rare")
        yield "list, q= a name", self.list(q=lambda: self.row().agent_ref)

    def exports(self) -> Iterator[tuple[str, Question]]:
        for suffix in ("csv", "jsonl"):
            yield f"first bytes of .{suffix}", lambda suffix=suffix: f"/api/v1/decisions.{suffix}"  # type: ignore[misc]
            yield (
                f"first bytes of .{suffix}, a week far back",
                lambda suffix=suffix: _query(f"/api/v1/decisions.{suffix}", self.window(7, lambda: 200)),  # type: ignore[misc]
            )

    def pages(self) -> Iterator[tuple[str, Question]]:
        yield "decision page", lambda: f"/decisions/{self.row().id}/"
        yield "decision, API", lambda: f"/api/v1/decisions/{self.row().id}"
        yield "needs you", lambda: "/needs-you/"
        yield "sign-off", lambda: "/sign-off/"
        yield "sign-off, a service", lambda: "/sign-off/?service=s-0"
        yield "agents", lambda: "/agents/"
        yield "services", lambda: "/services/"
        for slug, words in (("agent-0", "busiest"), ("agent-7", "rare")):
            yield f"agent, {words}", lambda slug=slug: f"/agents/{slug}/"  # type: ignore[misc]
        for days in (7, 90):
            yield f"agent, busiest, {days} days", lambda days=days: f"/agents/agent-0/?days={days}"  # type: ignore[misc]
        yield "service", lambda: "/services/s-0/"


def _rfc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _query(path: str, values: dict[str, Any]) -> str:
    return f"{path}?{urlencode(values)}" if values else path


def measure(piece: multiply.Piece, until: datetime, only: str = "") -> dict[str, tuple[float, float]]:
    """(p50, p99) in ms of each question, and of the lookup that is made by turns with them."""
    asked, client = Questions(until, piece), Client(headers={"host": "127.0.0.1"})
    client.cookies[settings.SESSION_COOKIE_NAME] = installed.signed_in(Person.objects.get(username="ines"))
    found, lookups = {}, []
    for questions in (asked.timelines(), asked.lists(), asked.exports(), asked.pages()):
        for name, question in questions:
            if only and only not in name:
                continue
            took: list[float] = []
            ask(client, question())
            began = time.monotonic()
            while len(took) < ASKED and (time.monotonic() - began < SECONDS or len(took) < 3):
                took.append(ask(client, question()))
                seq = asked.row().seq
                before = time.perf_counter()
                Decision.rows.filter(seq=seq).values_list("state").first()
                lookups.append((time.perf_counter() - before) * 1000)
            found[name] = cuts(took)
            print(f"    {name:<42} {found[name][0]:8.1f} {found[name][1]:8.1f} ms", flush=True)
    found["lookup by primary key"] = cuts(lookups)
    return found


def ask(client: Client, path: str) -> float:
    """How long the application takes for its answer, in ms; of one that is streamed, for its first bytes."""
    began = time.perf_counter()
    answer: Any = client.get(path)
    if answer.streaming:
        next(iter(answer.streaming_content))
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, (path, answer.status_code, answer.content[:500])
    answer.close()
    return took


def taking_in(port: int, start: int) -> dict[str, float]:
    """Microseconds that an event takes, singly over 16 connections and in batches over one."""
    key = installed.headers(Agent.objects.earliest("slug"), "ines")["agent"]
    bodies = [json.dumps(one).encode() for one in body_of(SINGLE, start, "s-0")]
    batches = [json.dumps(body_of(BATCH, start + SINGLE + BATCH * number, "s-0")).encode() for number in range(BATCHES)]
    media = "content-type: application/cloudevents{}+json\r\n"
    with installed.serving(port):
        asyncio.run(post(port, "/api/v1/events", key + media.format("-batch"), batches[:2], 1))
        batch = asyncio.run(post(port, "/api/v1/events", key + media.format("-batch"), batches[2:], 1))
        single = asyncio.run(post(port, "/api/v1/events", key + media.format(""), bodies, 16))
    found = {"in batches": batch.seconds / (BATCHES - 2) / BATCH, "singly": single.seconds / SINGLE}
    return {name: seconds * 1e6 for name, seconds in found.items()}


def stage(piece: multiply.Piece, count: int, port: int) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    until = clock.now()
    multiply.multiply(multiply.Copies(piece, count // piece.decisions - 1, until))
    rarities(1)
    print(f"  {count:,} decisions, {ledger.size():,} entries, {multiply.size_on_disk()}, load {os.getloadavg()[0]:.1f}")
    found = measure(piece, until)
    return found, taking_in(port, count)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=10_000_000)
    parser.add_argument("--port", type=int, default=8771)
    chosen = parser.parse_args()
    try:
        piece = prepare()
        print(f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        small, small_in = stage(piece, SMALL, chosen.port)
        multiply.cut_back(piece)
        large, large_in = stage(piece, chosen.decisions, chosen.port)
        report(small, large)
        for way, took in large_in.items():
            before = small_in[way]
            print(f"  an event taken in {way:<12} {before:7.0f} µs {took:7.0f} µs   {took / before:.2f} ×")
    finally:
        stop()
        connection.close()
        installed.remove()
    return 0


def report(small: dict[str, tuple[float, float]], large: dict[str, tuple[float, float]]) -> None:
    print(
        f"load {os.getloadavg()[0]:.1f}; p50 and p99 in ms at {SMALL:,}, and at all; × of p99; those over 50 ms are marked"
    )
    for name, (p50, p99) in large.items():
        before = small[name]
        mark = " <<" if p99 > 50 else ""
        print(
            f"  {name:<42} {before[0]:7.1f} {before[1]:7.1f}   {p50:7.1f} {p99:7.1f}   {p99 / before[1]:6.2f} ×{mark}"
        )


if __name__ == "__main__":
    sys.exit(main())
