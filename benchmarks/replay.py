"""Claim: a backtest costs a small multiple of reading the same entries, in memory that does not grow with the period.

Fills a ledger with reported decisions of the ordinary shape, then times (a) reading and opening the entries that a replay rests on and
(b) a replay of a draft against the version in force over all of them. Prints seconds, the ratio, and how much memory each took.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.replay [--decisions 100000]
"""

import argparse
import os
import platform
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
os.environ["OVERSIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="oversight-bench-")
os.environ["REDIS_URL"] = ""
os.environ["OVERSIGHT_LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - the settings come first
from django.db import connection  # noqa: E402

from approvals import organisation, policy  # noqa: E402
from approvals.actions.activate_policy import activate_policy  # noqa: E402
from approvals.actions.change_register import change_register  # noqa: E402
from approvals.documents import read_yaml  # noqa: E402
from approvals.queries.replay import Replayed, actions, replay  # noqa: E402
from benchmarks.plain import body_of  # noqa: E402
from decisions import clock, ledger, recording  # noqa: E402
from decisions.intake import cloudevents, events  # noqa: E402
from decisions.models import Agent  # noqa: E402

BATCH = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000)
    count = parser.parse_args().decisions
    try:
        call_command("migrate", verbosity=0)
        document = fill(count)
        report(count, *measure(document))
    finally:
        recording.stop()
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
    return 0


def fill(count: int) -> dict[str, Any]:
    """The example organisation and its policy, and `count` reported decisions; the document of the policy."""
    change_register(organisation.read((ROOT / "examples/organisation.yaml").read_text()), actor=None)
    document: dict[str, Any] = read_yaml((ROOT / "examples/policy.yaml").read_text())
    activate_policy(document)
    agent = Agent.objects.earliest("slug").id
    for start in range(0, count, BATCH):
        sent = [cloudevents.read_event(one, 64 * 1024) for one in body_of(min(BATCH, count - start), start)]
        prepared = events.prepare(agent, sent)
        recording.record_all(
            lambda moment, prepared=prepared: events.decide(prepared, moment),  # type: ignore[misc]
            principal=f"agent:{agent}",
            keys={item.ref for item in prepared},
            weight=len(prepared),
        )
    return document


def measure(document: dict[str, Any]) -> tuple[float, float, int, Replayed]:
    """Seconds of plain reading and of the replay, how many KiB more the replay took, and what it found."""
    in_force = policy.read(document, version=1)
    draft = policy.read(document | {"matrix": [STRICTER, *document["matrix"]]}, version=2)
    end = clock.now() + timedelta(seconds=1)
    plain, _ = timed(lambda: sum(len(page) for page in actions(0, ledger.size())))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, found = timed(lambda: replay(draft, end - timedelta(days=7), end, against=in_force))
    return plain, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, found


STRICTER = {"tier": 2, "kind": "rollback", "environment": "prod", "level": "L2", "requirement": "two-person"}


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = run()
    return time.perf_counter() - began, answer


def report(count: int, plain: float, seconds: float, more: int, found: Replayed) -> None:
    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    print(f"{name}, Python {platform.python_version()}, {os.cpu_count()} cores, {count:,} decisions")
    print(f"plain reading  {plain:6.1f} s  {1e6 * plain / count:6.0f} µs a decision")
    print(f"replay         {seconds:6.1f} s  {1e6 * seconds / count:6.0f} µs a decision, {seconds / plain:.1f} × plain")
    print(f"memory         {more / 1024:6.1f} MiB more at its peak than plain reading")
    print(f"found          {found.decisions:,} decisions, {found.tightened:,} tighter, {found.loosened:,} looser")


if __name__ == "__main__":
    raise SystemExit(main())
