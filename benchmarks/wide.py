"""Claim: with a hundred thousand decisions of one day, a window is painted within 100 ms of its choice, and 24 hours in view stay smooth.

The counts of what is not loaded come from the server; a window counts as painted in the frame after they are drawn.

    [DATABASE_URL=postgres://… of an empty database] [BENCH_REDIS_URL=redis://…] python -m benchmarks.wide
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import installed  # isort: skip - it sets the product up
from django.core.management import call_command
from django.db import connection

from benchmarks.dashboards import Headers, Server, apart, sent, stream
from benchmarks.dashboards_page import DESKTOP, PHONE, Dashboard, chromium
from benchmarks.http import cuts
from benchmarks.plain import body_of
from decisions.recording import stop

STORED, BATCH, ROUNDS = 100_000, 1000, 5
WINDOWS = ("15", "60", "360", "1440", "10080")
"""Minutes."""
CLOCK = """
(() => {
  // What is drawn when: after the choice itself, or after the counts that it asked the server for.
  let asked = null;
  const real = window.fetch;
  window.fetch = async (...given) => {
    if (!String(given[0]).includes('/timeline/lanes')) return real(...given);
    let read;
    asked = new Promise(then => { read = then; });
    const answer = await real(...given);
    const json = answer.json.bind(answer);
    answer.json = () => json().finally(read);
    return answer;
  };
  const frame = () => new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)));
  window.chosen = async minutes => {
    const radio = document.querySelector(`#toolbar input[name=window][value="${minutes}"]`);
    const began = performance.now();
    asked = null;
    radio.checked = true;
    radio.dispatchEvent(new Event('change', { bubbles: true }));
    await frame();
    if (asked) await asked.then(frame);
    return performance.now() - began;
  };
})()
"""


def spread(first: int) -> Iterator[dict[str, Any]]:
    """A batch of the day that ends now, the oldest first."""
    now = datetime.now(UTC)
    for number, event in enumerate(body_of(BATCH, first, f"s-{first // BATCH % 40}"), first):
        at = now - timedelta(days=1) * (1 - number / STORED)
        yield event | {"time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def analyzed() -> None:
    """As the database does by itself, a minute after so much came."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def windows(dashboard: Dashboard, name: str) -> None:
    took: dict[str, list[float]] = {minutes: [] for minutes in WINDOWS}
    for _ in range(ROUNDS):
        for minutes in WINDOWS:
            took[minutes].append(dashboard.ask(f"chosen('{minutes}')"))
            dashboard.page.wait_for_timeout(300)
    each = ", ".join(f"{minutes} min {cuts(found)[0]:.0f} ({max(found):.0f})" for minutes, found in took.items())
    print(f"  {name}: a window is painted after so many ms, p50 (most of {ROUNDS}): {each}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--port", type=int, default=8775)
    chosen = parser.parse_args()
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
        _, headers = installed.prepare()
        print(f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        with installed.serving(chosen.port) as process, chromium() as browser:
            measure(chosen, headers, Server(process.pid), browser)
    finally:
        stop()
        connection.close()
        installed.remove()
    return 0


def measure(chosen: argparse.Namespace, headers: Headers, server: Server, browser: Any) -> None:
    sent(chosen.port, headers, [json.dumps(list(spread(first))).encode() for first in range(0, STORED, BATCH)])
    apart(analyzed)
    print(f"{STORED:,} decisions of a day stored, load {os.getloadavg()[0]:.1f}", flush=True)
    number = STORED
    for profile in (DESKTOP, PHONE):
        dashboard = Dashboard(browser, chosen.port, headers["person"], profile)
        dashboard.ask(CLOCK.strip())
        windows(dashboard, profile.name)
        dashboard.ask("chosen('1440')")
        number += stream(dashboard, chosen.port, headers, server, rate=50, seconds=chosen.seconds, first=number)
        print(f"    heap {dashboard.heap():.1f} MB, faults of the page: {dashboard.faults or 'none'}", flush=True)
        dashboard.close()


if __name__ == "__main__":
    sys.exit(main())
