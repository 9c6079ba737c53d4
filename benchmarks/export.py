"""Claim: a million entries are exported in bounded memory, in little more time than it takes to read and hash them.

Fills a ledger, publishes its head, exports it with disclosures into a temporary folder, and exports again.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.export [--entries 1000000] [--keep DIR]
"""

import argparse
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from benchmarks.ledger import append, sealed  # it sets Django up
from decisions import checkpoints, ledger
from decisions.export import export

BATCH = 4096


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="export into this folder and leave it")
    chosen = parser.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="oversight-bench-"))
    try:
        call_command("migrate", verbosity=0)
        about = f"{connection.vendor}, Python {platform.python_version()}, {os.cpu_count()} cores"
        print(f"{about}, load {os.getloadavg()[0]:.1f}, {chosen.entries:,} entries")
        while (missing := chosen.entries - ledger.size()) > 0:
            append([sealed() for _ in range(min(missing, BATCH))])
        print(f"  publish       {timed(checkpoints.publish):8.1f} s")
        peak = memory()
        print(f"  export        {timed(lambda: export(folder, disclosed=True)):8.1f} s   {memory() - peak:+,} MiB")
        print(f"  export again  {timed(lambda: export(folder)):8.1f} s")
    finally:
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
        if chosen.keep is None:
            shutil.rmtree(folder)
    return 0


def memory() -> int:
    """The most that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
