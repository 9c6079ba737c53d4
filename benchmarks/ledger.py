"""Claim: appending to the ledger, with leaf hashes, tree, tiles and guards, is at least 0.6 of writing its rows unguarded.

For each size of batch, by turns in one go on one database: (a) COPY or executemany of the same rows into tables of the
same columns and indexes; (b) the ledger's own append; (c) pymerkle's tree in a file, which stores entry and hash and
commits each, where `pip install pymerkle` was run. Each batch is one durable transaction. Entries are about 600 bytes
with one disclosure each; (a) and (b) get them sealed, and the raw one its rows ready, encrypted where ours encrypts.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.ledger [--seconds 6]
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

os.environ["OVERSIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="oversight-bench-")
os.environ["REDIS_URL"] = ""
os.environ["OVERSIGHT_LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - the settings come first
from django.db import connection, transaction  # noqa: E402

from decisions import ledger  # noqa: E402
from decisions.envelope import Draft, Sealed, seal  # noqa: E402
from decisions.merkle import leaf_hash  # noqa: E402
from decisions.models.bulk import insert_rows  # noqa: E402
from decisions.vocab import Kind  # noqa: E402

SIZES = (1, 16, 256, 4096)
ROUNDS = 15
TABLES = {"entry": ("seq", "id", "kind", "at", "body", "leaf"), "disclosure": ("seq", "name", "key", "sealed")}
PYMERKLE = import_module("pymerkle") if find_spec("pymerkle") else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    chosen = parser.parse_args()
    try:
        call_command("migrate", verbosity=0)
        about = f"{connection.vendor}, Python {platform.python_version()}, {os.cpu_count()} cores"
        print(f"{about}, load {os.getloadavg()[0]:.1f}")
        for size in SIZES:
            compare(size, chosen.seconds / ROUNDS / 2)
    finally:
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
    return 0


def compare(size: int, seconds: float) -> None:
    """Both ways take turns, so that what else runs on the machine slows both; medians of the rounds and of their ratios."""
    raw, ways = Raw(), {"ledger": rated(lambda batch: batch, append)}
    ways["raw"] = rated(raw.rows, raw.write)
    if PYMERKLE is not None:
        tree = PYMERKLE.SqliteTree(str(Path(os.environ["OVERSIGHT_DATA_DIR"]) / f"pymerkle-{size}"))
        # As durable as what it is compared with: SQLite's own default forgets nothing either.
        ways["pymerkle"] = rated(lambda batch: [one.body for one in batch], tree.append_entries)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            rates[name].append(way(size, seconds))
    raw.drop()
    told = ", ".join(f"{name} {statistics.median(rates[name]):,.0f}/s" for name in ways)
    ratios = (mine / plain for plain, mine in zip(rates["raw"], rates["ledger"], strict=True))
    print(f"  batch {size:>5}: {told}; ledger is {statistics.median(ratios):.2f} of raw")


def rated(prepare: Callable[[list[Sealed]], Any], write: Callable[[Any], None]) -> Callable[[int, float], float]:
    return lambda size, seconds: rate(prepare, write, size, seconds)


def rate(prepare: Callable[[list[Sealed]], Any], write: Callable[[Any], None], size: int, seconds: float) -> float:
    """Entries a second of `write`; what `prepare` does is not counted."""
    spent, count = 0.0, 0
    while spent < seconds:
        batch = prepare([sealed() for _ in range(size)])
        began = time.perf_counter()
        write(batch)
        spent += time.perf_counter() - began
        count += size
    return count / spent


def sealed() -> Sealed:
    facts = {
        "kv": 1,
        "decision": str(uuid.uuid4()),
        "service": "checkout",
        "environment": "prod",
        "status": "succeeded",
    }
    draft = Draft(Kind.SIGNAL_RECEIVED, f"agent:{uuid.uuid4()}", facts, {"account": {"detail": "revision 421 serving"}})
    return seal(draft, log="bench.local/ledger", at=datetime.now(UTC))


def append(batch: list[Sealed]) -> None:
    with transaction.atomic():
        head = ledger.open_head()
        before = head.size
        ledger.append(head, batch)
        ledger.store_head(head, before=before)


class Raw:
    """The same two tables without a guard, and nothing but inserts."""

    def __init__(self) -> None:
        self.size = 0
        self.keys = ledger.keyring()
        with connection.cursor() as cursor:
            for name in TABLES:
                if connection.vendor == "postgresql":
                    cursor.execute(f"CREATE TABLE raw_{name} (LIKE {name} INCLUDING INDEXES INCLUDING IDENTITY)")
                    continue
                made = "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND type <> 'trigger' AND sql IS NOT NULL"
                cursor.execute(made + " ORDER BY type DESC", [name])
                for (statement,) in cursor.fetchall():
                    cursor.execute(statement.replace(f'"{name}', f'"raw_{name}'))

    def rows(self, batch: list[Sealed]) -> dict[str, list[Any]]:
        made: dict[str, list[Any]] = {name: [] for name in TABLES}
        for seq, one in enumerate(batch, self.size):
            made["entry"].append((seq, one.id, str(one.kind), one.at, one.body, leaf_hash(one.body)))
            made["disclosure"] += [
                (seq, name, *self.keys.seal(ledger.place_of(seq, name), text.encode()))
                for name, text in one.disclosures
            ]
        self.size += len(batch)
        return made

    def write(self, made: dict[str, list[Any]]) -> None:
        with transaction.atomic():
            for name, rows in made.items():
                table: Any = SimpleNamespace(_meta=SimpleNamespace(db_table=f"raw_{name}"))
                insert_rows(table, TABLES[name], rows)

    def drop(self) -> None:
        with connection.cursor() as cursor:
            for name in TABLES:
                cursor.execute(f"DROP TABLE raw_{name}")


if __name__ == "__main__":
    sys.exit(main())
