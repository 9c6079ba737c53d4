"""Claim: appending to the ledger, with leaf hashes, tree and guards, is at least 0.6 of writing its rows unguarded.

For each size of batch, in one go on one database: (a) COPY or executemany of the same rows into tables of the same
columns and indexes, one transaction a batch; (b) the ledger's own append, one transaction a batch. Entries are about
350 bytes with one disclosure each, sealed beforehand on both sides.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.ledger [--seconds 3]
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
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

from decisions import clock, ledger  # noqa: E402
from decisions.envelope import Draft, Sealed, seal  # noqa: E402
from decisions.merkle import leaf_hash  # noqa: E402
from decisions.models.bulk import insert_rows  # noqa: E402
from decisions.vocab import Kind  # noqa: E402

SIZES = (1, 16, 256, 4096)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    chosen = parser.parse_args()
    try:
        call_command("migrate", verbosity=0)
        print(
            f"{connection.vendor}, Python {platform.python_version()}, {os.cpu_count()} cores, {os.getloadavg()[0]:.1f} load"
        )
        for size in SIZES:
            compare(size, chosen.seconds)
    finally:
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
    return 0


def compare(size: int, seconds: float) -> None:
    """Both ways take turns, so that what else runs on the machine slows both."""
    raw = Raw()
    rates: dict[str, list[float]] = {"raw": [], "ours": []}
    for _ in range(3):
        rates["raw"].append(rate(raw.write, size, seconds / 6))
        rates["ours"].append(rate(append, size, seconds / 6))
    raw.drop()
    best = {name: max(found) for name, found in rates.items()}
    print(
        f"  batch {size:>5}   raw {best['raw']:>9,.0f}/s   ledger {best['ours']:>9,.0f}/s   {best['ours'] / best['raw']:.2f} of raw"
    )


def rate(write: Callable[[list[Sealed]], None], size: int, seconds: float) -> float:
    spent, count = 0.0, 0
    while spent < seconds:
        batch = [sealed() for _ in range(size)]
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
    return seal(draft, log="bench.local/ledger", at=clock.now())


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
        with connection.cursor() as cursor:
            for name in ("entry", "disclosure"):
                if connection.vendor == "postgresql":
                    cursor.execute(f"CREATE TABLE raw_{name} (LIKE {name} INCLUDING INDEXES INCLUDING DEFAULTS)")
                    continue
                made = "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND type <> 'trigger' AND sql IS NOT NULL"
                cursor.execute(made + " ORDER BY type DESC", [name])
                for (statement,) in cursor.fetchall():
                    cursor.execute(statement.replace(f'"{name}', f'"raw_{name}'))

    def write(self, batch: list[Sealed]) -> None:
        entries: list[Any] = []
        texts: list[Any] = []
        for seq, one in enumerate(batch, self.size):
            entries.append((seq, one.id, str(one.kind), one.at, one.body, leaf_hash(one.body)))
            texts += [(self.size * 8 + len(texts) + 1, seq, name, text) for name, text in one.disclosures]
        with transaction.atomic():
            insert_rows(table("raw_entry"), ("seq", "id", "kind", "at", "body", "leaf"), entries)
            insert_rows(table("raw_disclosure"), ("id", "seq", "name", "text"), texts)
        self.size += len(batch)

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE raw_entry")
            cursor.execute("DROP TABLE raw_disclosure")


def table(name: str) -> Any:
    return SimpleNamespace(_meta=SimpleNamespace(db_table=name))


if __name__ == "__main__":
    sys.exit(main())
