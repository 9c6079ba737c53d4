"""Claim: what happens is on the screen within 100 ms of its commit, a stop within 300 ms, and a thousand open pages change little.

A server with ten thousand decisions, Chromium with one dashboard, and so many others over WebSockets. What is measured with
others is put beside what it is without. The budgets are those that the interface was designed for.

    [DATABASE_URL=postgres://… of an empty database] [BENCH_REDIS_URL=redis://…] python -m benchmarks.dashboards
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from benchmarks import installed  # isort: skip - it sets the product up
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from benchmarks.dashboards_page import DESKTOP, PHONE, Dashboard, Profile, chromium
from benchmarks.gate import freeze, propose, veto
from benchmarks.http import Answer, Line, cuts, post
from benchmarks.plain import body_of
from decisions.models import Decision, Freeze, Timeline
from decisions.recording import stop

P = ParamSpec("P")
T = TypeVar("T")
STORED, BATCH = 10_000, 1000
OPENED, HOLDS, STOPS = 5, 12, 8
MISSED = 1000
Headers = dict[str, str]
_apart = ThreadPoolExecutor(1, "apart")


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What uses the database or a loop of its own: the browser's loop runs in this thread."""
    return _apart.submit(function, *args, **kwargs).result()


def sent(port: int, headers: Headers, bodies: list[bytes]) -> None:
    """Batches of events, one after the other."""
    media = "content-type: application/cloudevents-batch+json\r\n"
    apart(asyncio.run, post(port, "/api/v1/events", headers["agent"] + media, bodies, 1))


class Server:
    """The server's process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def memory(self) -> float:
        """MiB that it holds."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024

    def processor(self) -> float:
        """Seconds that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(headers: str, *words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.dashboards_load", *map(str, words)]
    child = subprocess.Popen(command, cwd=installed.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    json.dump({"headers": headers, "event": body_of(1, 0)[0]}, child.stdin)
    child.stdin.close()
    return child


def said(child: "subprocess.Popen[str]") -> dict[str, Any]:
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, "the load ended early"
    found: dict[str, Any] = json.loads(line)
    return found


@contextmanager
def others(port: int, count: int, headers: Headers) -> Iterator[None]:
    """So many other pages are open."""
    if not count:
        yield
        return
    child = load(headers["person"], "pages", port, count)
    print(f"    {count} others were open after {said(child)['open_after']:.1f} s")
    yield
    child.terminate()
    found = said(child)
    child.wait(20)
    lost = f"{found['lost']} were cut off, {found['gaps']} gaps"
    print(f"    they got {found['frames']:,} frames, {lost}, all up to entry {found['seqs'][0]} of {found['seqs'][1]}")


def cold(browser: Any, port: int, headers: Headers, profile: Profile) -> None:
    """What a page takes to open with an empty cache; the median of each number."""
    found = []
    for _ in range(OPENED):
        dashboard = Dashboard(browser, port, headers["person"], profile)
        told = dashboard.ask("({ paint: told.paint, shift: told.shift, long: told.long })")
        size = [dashboard.size()[name] / 1000 for name in ("all", "scripts", "page")]
        times = [told["paint"] / 1000, dashboard.ready, told["shift"], max(told["long"], default=0)]
        found.append((*size, *times, dashboard.heap()))
        dashboard.close()
    every, scripts, page, paint, ready, shift, longest, heap = map(statistics.median, zip(*found, strict=True))
    print(
        f"  {profile.name}: {every:.1f} KB ({scripts:.1f} scripts, {page:.1f} page and rows), first paint {paint:.2f} s, "
        f"ready {ready:.2f} s, shift {shift:.3f}, longest task {longest:.0f} ms, heap {heap:.1f} MB",
        flush=True,
    )


def stream(
    dashboard: Dashboard, port: int, headers: Headers, server: Server, *, rate: int, seconds: float, first: int
) -> int:
    """Events at that rate for so long: what of them was on the screen when; how many were sent."""
    dashboard.ask("(told.rows.length = told.frames.length = 0)")
    began, used = time.monotonic(), server.processor()
    child = load(headers["agent"], "events", port, rate, seconds, first)
    while child.poll() is None:
        dashboard.page.wait_for_timeout(100)
    found = said(child)
    took, used = time.monotonic() - began, server.processor() - used
    dashboard.page.wait_for_timeout(2000)
    rows, frames = dashboard.ask("[told.rows, told.frames]")
    drawn: dict[str, float] = {}
    for id_, at in rows:
        drawn.setdefault(id_, at)
    lags = [drawn[id_] - at for id_, at in apart(recorded, drawn).items()]
    p50, p99 = cuts(lags)
    steps = sorted(frames)
    print(
        f"    {rate}/s: {len(drawn):,} of {found['sent']:,} drawn, p50 {p50:.0f} ms, p99 {p99:.0f} ms after their entry; "
        f"frame p95 {steps[int(len(steps) * 0.95)]:.1f} ms; answers {found['slowest_answer_ms']:.0f} ms at most; "
        f"server {used / took * 100:.0f} % of a core, {server.memory():.0f} MiB",
        flush=True,
    )
    return int(found["sent"])


def recorded(ids: Any) -> dict[str, float]:
    """When the first entry of each of these decisions was made, in ms since 1970."""
    found: dict[str, float] = {}
    listed = list(ids)
    for start in range(0, len(listed), 500):
        rows = dict(Decision.rows.filter(id__in=listed[start : start + 500]).values_list("seq", "id"))
        for seq, at in Timeline.objects.filter(seq__in=list(rows)).values_list("seq", "at"):
            found[str(rows[seq])] = at.timestamp() * 1000
    return found


def holds(dashboard: Dashboard, port: int, headers: Headers) -> None:
    """From the entry of a proposal that waits for people to its card."""
    lags = []
    for _ in range(HOLDS):
        answer = apart(call, port, propose(headers, "failover"))
        row = apart(Decision.rows.get, id=answer["id"])
        dashboard.until(f"told.cards['{row.id}']", 10)
        lags.append(dashboard.ask(f"told.cards['{row.id}']") - apart(recorded, [row.id])[str(row.id)])
        apart(call, port, veto(headers, row))
    print(f"    a hold is a card p50 {cuts(lags)[0]:.0f} ms, at most {max(lags):.0f} ms after its entry")


def stops(dashboard: Dashboard, port: int, headers: Headers, first: int) -> None:
    """From the entry of a stop to the red bar, of a service of its own each time."""
    lags = []
    for number in range(first, first + STOPS):
        before = dashboard.ask("told.bars.length")
        apart(call, port, freeze(headers, f"s-{100 + number}"))
        dashboard.until(f"told.bars.length > {before}", 10)
        at = apart(Freeze.objects.latest, "seq").set_at.timestamp() * 1000
        lags.append(dashboard.ask(f"told.bars[{before}]") - at)
    print(f"    a stop is a red bar p50 {cuts(lags)[0]:.0f} ms, at most {max(lags):.0f} ms after its entry")


def call(port: int, asked: Callable[[Line], Awaitable[Answer]]) -> Any:
    """What one command is answered with."""

    async def ask() -> Any:
        line = Line(port)
        answer = await asked(line)
        assert answer.status in (200, 201), answer
        line.close()
        return answer.body

    return asyncio.run(ask())


def resumed(dashboard: Dashboard, port: int, headers: Headers, first: int) -> None:
    dashboard.cut(off=True)
    bodies = [json.dumps(body_of(MISSED, first, "s-1")).encode()]
    sent(port, headers, bodies)
    before = dashboard.ask("told.live")
    dashboard.cut(off=False)
    dashboard.until(f"told.live > {before} && told.resumed")
    dashboard.page.wait_for_timeout(300)
    print(f"    {MISSED} missed rows were back {dashboard.ask('told.resumed'):.0f} ms after the line was open again")


def keys(dashboard: Dashboard) -> None:
    dashboard.ask("(told.moved.length = 0)")
    dashboard.page.locator("#feed").focus()
    for key in "j" * 30 + "k" * 10:
        dashboard.page.keyboard.press(key)
        dashboard.page.wait_for_timeout(40)
    moved = sorted(dashboard.ask("told.moved"))
    print(f"    J and K move the focus {moved[int(len(moved) * 0.95)]:.0f} ms after the press, p95 of {len(moved)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", type=int, nargs="+", default=[0, 99, 999])
    parser.add_argument("--rates", type=int, nargs="+", default=[2, 50, 500])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--port", type=int, default=8774)
    chosen = parser.parse_args()
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
        _, headers = installed.prepare()
        redis = "Redis" if settings.REDIS_URL else "no Redis"
        print(f"{installed.database()}, {redis}, Python {platform.python_version()}, {os.cpu_count()} cores")
        with installed.serving(chosen.port) as process, chromium() as browser:
            everything(chosen, headers, Server(process.pid), browser)
    finally:
        stop()
        connection.close()
        installed.remove()
    return 0


def everything(chosen: argparse.Namespace, headers: Headers, server: Server, browser: Any) -> None:
    port, number = chosen.port, STORED
    bodies = [json.dumps(body_of(BATCH, start, f"s-{start // BATCH}")).encode() for start in range(0, STORED, BATCH)]
    sent(port, headers, bodies)
    print(f"cold, {STORED:,} decisions stored, load {os.getloadavg()[0]:.1f}")
    for profile in (DESKTOP, PHONE):
        cold(browser, port, headers, profile)
    alone = server.memory()
    dashboard = Dashboard(browser, port, headers["person"], DESKTOP)
    keys(dashboard)
    for turn, count in enumerate(chosen.others):
        print(f"  {1 + count} dashboards, load {os.getloadavg()[0]:.1f}", flush=True)
        with others(port, count, headers):
            if count:
                print(
                    f"    {(server.memory() - alone) * 1024 / count:.0f} KiB of the server's memory for each other page"
                )
            for rate in chosen.rates:
                number += stream(dashboard, port, headers, server, rate=rate, seconds=chosen.seconds, first=number)
            holds(dashboard, port, headers)
            stops(dashboard, port, headers, turn * STOPS)
            resumed(dashboard, port, headers, number)
            number += MISSED
            print(f"    heap {dashboard.heap():.1f} MB, faults of the page: {dashboard.faults or 'none'}")
    dashboard.close()


if __name__ == "__main__":
    sys.exit(main())
