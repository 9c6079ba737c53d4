"""Claim: a proof takes at most a millisecond from tiles in memory and ten from the database, at any size of ledger.

Makes a tree of the given number of random leaves; stores its tiles and the entries right of the last full tile, which
are all that a proof reads, in the database; and times inclusion and consistency proofs at random places. Each is
verified, outside the time. In memory nothing is kept between two proofs but the tiles themselves. The time of the
processor is told too: it does not count what else runs on the machine.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.proofs [--entries 1000000]
"""

import argparse
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import django

os.environ["OVERSIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="oversight-bench-")
os.environ["REDIS_URL"] = ""
os.environ["OVERSIGHT_LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - the settings come first
from django.db import connection, transaction  # noqa: E402

from benchmarks.unguarded import unguarded  # noqa: E402
from decisions import clock, ledger  # noqa: E402
from decisions.envelope import uuid7  # noqa: E402
from decisions.merkle import leaf_hash, verify_consistency, verify_inclusion  # noqa: E402
from decisions.models.bulk import insert_rows  # noqa: E402
from decisions.models.ledger import EntryRow, TileRow  # noqa: E402
from decisions.tiles import HASH, HEIGHT, WIDTH, Read, Tree, full_tiles, subtree  # noqa: E402

PROOFS = 400


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    size = parser.parse_args().entries
    try:
        call_command("migrate", verbosity=0)
        about = f"{connection.vendor}, Python {platform.python_version()}, {os.cpu_count()} cores"
        print(f"{about}, load {os.getloadavg()[0]:.1f}, {size:,} entries, {PROOFS} proofs each")
        began = time.perf_counter()
        levels, bodies = build(size)
        print(f"  build: {size / (time.perf_counter() - began):,.0f} leaves/s")
        store(levels, bodies, size)
        measure("memory", size, lambda level, n, width: levels[level][n * WIDTH * HASH : (n * WIDTH + width) * HASH])
        measure("database", size, ledger.tile)
    finally:
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
    return 0


def build(size: int) -> tuple[list[bytes], list[bytes]]:
    """(the hashes of each level, joined; the bodies of the entries right of the last full tile)."""
    bodies = [os.urandom(16) for _ in range(size % WIDTH)]
    whole = size - len(bodies)
    levels = [os.urandom(whole * HASH) + b"".join(map(leaf_hash, bodies))]
    step = WIDTH * HASH
    while len(levels[-1]) >= step:
        below = levels[-1]
        levels.append(b"".join(subtree(below[at : at + step]) for at in range(0, len(below) // step * step, step)))
    return levels, bodies


def store(levels: list[bytes], bodies: list[bytes], size: int) -> None:
    """What proofs read. The guards are off: the entries below the full tiles are not there."""
    at, first = clock.now(), size - len(bodies)
    with unguarded("entry", "tile"), transaction.atomic():
        insert_rows(
            EntryRow,
            ("seq", "id", "kind", "at", "body", "leaf"),
            [(seq, uuid7(), "signal.received", at, body, leaf_hash(body)) for seq, body in enumerate(bodies, first)],
        )
        for level, hashes in enumerate(levels):
            for n in range(full_tiles(size, level)):
                tile = hashes[n * WIDTH * HASH : (n + 1) * WIDTH * HASH]
                insert_rows(TileRow, ("level", "n", "hashes", "root"), [(level, n, tile, subtree(tile))])


def measure(where: str, size: int, read: Read) -> None:
    chosen = random.Random(1)
    root = Tree(size, read).root()

    def inclusion() -> None:
        index = chosen.randrange(size)
        spent(times["inclusion"], lambda: Tree(size, read).inclusion(index), verify=lambda path: check(index, path))

    def check(index: int, path: Any) -> bool:
        n, at = divmod(index, WIDTH)
        width = min(WIDTH, size - n * WIDTH)
        return verify_inclusion(read(0, n, width)[at * HASH : (at + 1) * HASH], index, size, path, root)

    def consistency() -> None:
        old = chosen.randrange(1, size)
        before = Tree(old, prefix(read, size)).root()
        spent(
            times["consistency"],
            lambda: Tree(size, read).consistency(old),
            verify=lambda path: verify_consistency(old, size, before, root, path),
        )

    times: dict[str, list[tuple[float, float]]] = {"inclusion": [], "consistency": []}
    for _ in range(PROOFS):
        inclusion()
        consistency()
    for name, found in times.items():
        wall, cpu = (statistics.quantiles(one, n=100) for one in zip(*found, strict=True))
        print(
            f"  {where:<9} {name:<12} p50 {wall[49]:6.2f} ms   p99 {wall[98]:6.2f} ms"
            f"   processor p50 {cpu[49]:6.2f} ms   p99 {cpu[98]:6.2f} ms"
        )


def prefix(read: Read, size: int) -> Read:
    """Reads tiles of an older tree out of those of the tree of `size`: what was partial then may be full now."""

    def part(level: int, n: int, width: int) -> bytes:
        now = min(WIDTH, (size >> HEIGHT * level) - n * WIDTH)
        return read(level, n, now)[: width * HASH]

    return part


def spent(times: list[tuple[float, float]], prove: Callable[[], Any], *, verify: Callable[[Any], bool]) -> None:
    began, used = time.perf_counter(), time.thread_time()
    path = prove()
    times.append(((time.perf_counter() - began) * 1000, (time.thread_time() - used) * 1000))
    assert verify(path)


if __name__ == "__main__":
    sys.exit(main())
