"""Claim: encrypting what entries disclose, and looking for secrets in it, costs intake and reading a small part of their time.

In one run on one database, in turns: batches of 1,000 events are taken in and their entries read back, as the product does
it and with the texts as they are. Counts processor time of this process, so that what else runs on the machine matters little.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.at_rest [--rounds 6]
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import django
import yaml

ROOT = Path(__file__).resolve().parent.parent
os.environ["OVERSIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="oversight-bench-")
os.environ["REDIS_URL"] = ""
os.environ["OVERSIGHT_LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - the settings come first
from django.db import connection  # noqa: E402

from approvals import organisation  # noqa: E402
from approvals.actions.activate_policy import activate_policy  # noqa: E402
from approvals.actions.change_register import change_register  # noqa: E402
from benchmarks.plain import body_of  # noqa: E402
from decisions import ledger, redaction  # noqa: E402
from decisions.intake import cloudevents, events, screening  # noqa: E402
from decisions.models import Agent  # noqa: E402
from decisions.recording import record_all  # noqa: E402

BATCH, PAGE = 1000, 2000


class AsTheyAre:
    """The keyring of a product that stores texts in plain."""

    def seal(self, place: str, text: bytes) -> tuple[bytes, bytes]:
        return b"", text

    def open(self, place: str, key: bytes, sealed: bytes) -> bytes:
        return sealed


@contextmanager
def plainly() -> Iterator[None]:
    with (
        patch.object(ledger, "keyring", AsTheyAre),
        patch.object(screening, "may_hold", return_value=False),
        patch.object(redaction, "may_hold", return_value=False),
    ):
        yield


def timed(act: Callable[[], Any]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def take_in(agent: Agent, number: int) -> None:
    sent = [cloudevents.read_event(one, 64 * 1024) for one in body_of(BATCH, number * BATCH)]
    prepared = events.prepare(agent.id, sent)
    refs = {item.ref for item in prepared}
    record_all(lambda moment: events.decide(prepared, moment), principal="bench", keys=refs, weight=BATCH)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    rounds = parser.parse_args().rounds
    call_command("migrate", verbosity=0)
    change_register(organisation.read((ROOT / "examples/organisation.yaml").read_text()), actor=None)
    activate_policy(yaml.safe_load((ROOT / "examples/policy.yaml").read_text()))
    agent = Agent.objects.earliest("slug")
    take_in(agent, 0)
    spent: dict[str, list[float]] = {"plain in": [], "sealed in": [], "plain out": [], "sealed out": []}
    number = 1
    try:
        for _ in range(rounds):
            for name in ("plain", "sealed"):
                first = ledger.size()
                with plainly() if name == "plain" else nullcontext():
                    for _ in range(PAGE // BATCH):
                        spent[f"{name} in"].append(timed(lambda: take_in(agent, number)) / BATCH)  # noqa: B023
                        number += 1
                    last = ledger.size() - 1
                    page = timed(lambda: list(ledger.entries(last - PAGE + 1, last)))  # noqa: B023
                    spent[f"{name} out"].append(page / PAGE)
                assert last - first >= PAGE - 1
    finally:
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
    middle = {name: statistics.median(times) * 1e6 for name, times in spent.items()}
    database = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    print(f"{database}, {os.cpu_count()} cores, {rounds} rounds, microseconds of processor time an event")
    for way, word in (("in", "taken in, in batches of 1,000"), ("out", "read back, in pages of 2,000")):
        plain, sealed = middle[f"plain {way}"], middle[f"sealed {way}"]
        print(f"  {word:<32} plain {plain:7.1f}   sealed {sealed:7.1f}   {sealed / plain:.2f} ×")
    return 0


if __name__ == "__main__":
    sys.exit(main())
