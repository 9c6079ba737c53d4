"""kill -9 of the process that builds a report, at every step: it is recorded whole, or it failed and nothing of it is left."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deep.installation import ROOT, Installation, postgresql
from tests.deep.killed_building import LABELS


def work(installation: Installation, label: str) -> None:
    command = [sys.executable, "-m", "tests.deep.killed_building", label]
    done = subprocess.run(
        command, cwd=ROOT, env=installation.environment, check=False, timeout=120, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.deep
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_report_is_recorded_whole_or_nothing_of_it_is_left(database: str, tmp_path: Path) -> None:
    server = postgresql() if database == "postgresql" else ""
    with Installation(tmp_path, server, whole=True) as installation:
        installation.manage(["migrate", "--verbosity=0"])
        for label in LABELS:
            before = installation.rows("SELECT id FROM report")
            work(installation, label)
            [(state, error)] = installation.rows(
                "SELECT state, error FROM report_build ORDER BY requested_at DESC LIMIT 1"
            )
            after = installation.rows("SELECT id FROM report")
            recorded = label in ("recorded", "")
            assert len(after) == len(before) + recorded, label
            assert (state, bool(error)) == (("draft", False) if recorded else ("failed", True)), (label, state, error)
            left = {path.name.replace("-", "") for path in (tmp_path / "reports").glob("*")}
            assert left == {str(one).replace("-", "") for (one,) in after}, label
        installation.verify()
