"""kill -9 at every step between commit, tile, signature and publication: no fork, no gap, nothing signed that is lost."""

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.auditor import read_note
from tests.deep.installation import ROOT, Installation, postgresql
from tests.deep.killed_publishing import ENTRIES, LABELS

ROUNDS = 3
"""So that each step is met by what every other one left behind."""


def run(installation: Installation, label: str) -> int:
    command = [sys.executable, "-m", "tests.deep.killed_publishing", label]
    return subprocess.run(command, cwd=ROOT, env=installation.environment, check=False, timeout=60).returncode


def size(installation: Installation) -> int:
    entries = [seq for (seq,) in installation.rows("SELECT seq FROM entry ORDER BY seq")]
    assert entries == list(range(len(entries))), "seq without a gap"
    return len(entries)


def published(installation: Installation) -> dict[int, bytes]:
    """size → root of every note that somebody may have seen; one root a size, or it is a fork."""
    found = [path.read_text() for path in (installation.folder / "checkpoints").glob("*.txt")]
    found += [note for (note,) in installation.rows("SELECT note FROM checkpoint")]
    roots: dict[int, bytes] = {}
    for note in found:
        _, at, root, _ = read_note(note)
        assert roots.setdefault(at, root) == root
    return roots


@pytest.mark.deep
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_publishing_is_done_or_not_wherever_it_dies(database: str, tmp_path: Path) -> None:
    server = postgresql() if database == "postgresql" else ""
    with Installation(tmp_path, server, whole=True) as installation:
        installation.manage(["migrate", "--verbosity=0"])
        seen: dict[int, bytes] = {}
        for label in LABELS * ROUNDS:
            before = size(installation)
            assert run(installation, label) == (-9 if label else 0), label
            there = size(installation)
            assert there == before + (0 if label == "tile" else ENTRIES), label
            now = published(installation)
            assert seen.items() <= now.items(), "what was published stays"
            assert max(now, default=0) <= there, "nothing signed that is lost"
            seen = now
        installation.manage(["publish_checkpoint"])
        assert max(published(installation)) == size(installation)
        installation.verify()
        run(installation, "state")
        installation.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{installation.port}/readyz", timeout=5) as answer:
            assert b'"status": "ready"' in answer.read(), "it comes back by itself"
        installation.kill()
        installation.verify()
