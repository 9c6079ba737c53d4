"""Claim: the offline verifier checks a million entries in seconds, a small multiple of the time that hashing them takes.

Writes an export of ordinary entries (each with two disclosures' digests), then in one run: (a) plain hashing, one process: every leaf and every node of the tree,
nothing parsed; (b) the verifier with one process; (c) with one for each core. Prints times, rates and ratios, and the most memory of a process.

    python -m benchmarks.verify [--entries 1000000] [--folder DIR]
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tests.verify import writer

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="oversight-verify-"))
    try:
        measure(folder, bundles=-(-chosen.entries // 256))
    finally:
        if not chosen.folder:
            shutil.rmtree(folder)
    return 0


def measure(folder: Path, bundles: int) -> None:
    size = 256 * bundles
    if not (folder / "checkpoint").exists():
        write(folder, bundles)
    print(f"{platform.python_version()}, {os.cpu_count()} cores, {size:,} entries of {len(entry(size)):,} bytes")
    # First, while this process is small: what a child needed at most counts from its parent's size on.
    runs = {workers: run(folder, workers) for workers in sorted({1, os.cpu_count() or 1})}
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    began, spent = time.perf_counter(), time.process_time()
    root = plain(folder, bundles)
    base, base_cpu = time.perf_counter() - began, time.process_time() - spent
    print(f"{'plain hashing':24} {base:6.2f} s  {base_cpu:6.2f} s of processor  {size / base:9,.0f}/s")
    for workers, (took, cpu, found) in runs.items():
        assert found == root.hex()
        print(
            f"{f'verifier, processes: {workers}':24} {took:6.2f} s  {cpu:6.2f} s of processor  {size / took:9,.0f}/s  "
            f"{took / base:.2f} × plain hashing, {cpu / base_cpu:.2f} × of its processor time"
        )
    print(f"most memory of a process {memory / 1024:6.0f} MiB")


def entry(seq: int) -> bytes:
    digests = sorted(writer.disclosure(name, seq, "salt")[1] for name in ("action", "names"))
    return writer.canonical(writer.envelope(seq, _sd=digests))


def write(folder: Path, bundles: int) -> None:
    """An export whose size is a multiple of 256, so that the tree over the bundles' roots is the tree."""
    roots = []
    for number in range(bundles):
        bodies = [entry(256 * number + at) for at in range(256)]
        leaves = [writer.leaf_hash(body) for body in bodies]
        writer.put(folder, "entries", number, 256, b"".join(len(body).to_bytes(2, "big") + body for body in bodies))
        writer.put(folder, "0", number, 256, b"".join(leaves))
        roots.append(writer.mth(leaves))
    level, hashes = 1, roots
    while hashes:
        tiles = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        for number, tile in enumerate(tiles):
            writer.put(folder, str(level), number, len(tile), b"".join(tile))
        level, hashes = level + 1, [writer.mth(tile) for tile in tiles if len(tile) == 256]
    (folder / "checkpoint").write_bytes(writer.note(writer.ORIGIN, 256 * bundles, writer.mth(roots), writer.LOG))


def plain(folder: Path, bundles: int) -> bytes:
    """The root by hashing alone: promoting the odd node of a level is what RFC 9162 comes to when levels are built whole."""
    hashes = [leaf for number in range(bundles) for leaf in leaves_of(folder, number)]
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        odd = hashes[len(hashes) & ~1 :]
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return hashes[0]


def leaves_of(folder: Path, number: int) -> Iterator[bytes]:
    raw = (folder / "tile/entries" / writer.number(number)).read_bytes()
    at = 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at : at + 2])
        yield sha256(b"\x00" + raw[at + 2 : end]).digest()
        at = end


def run(folder: Path, workers: int) -> tuple[float, float, str]:
    """(seconds, seconds of processor, root) of one check that must end as proven."""
    command = [
        sys.executable,
        "-m",
        "oversight_verify",
        str(folder),
        "--vkey",
        writer.LOG.vkey,
        "--workers",
        str(workers),
        "--json",
    ]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "sdk")}, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, spent, json.loads(done.stdout)["facts"]["root"]


if __name__ == "__main__":
    sys.exit(main())
