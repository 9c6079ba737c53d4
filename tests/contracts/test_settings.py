"""What settings make of the environment, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SHOW = "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"


def options(url: str, folder: Path) -> dict[str, Any]:
    own = {
        "DATABASE_URL": url,
        "OVERSIGHT_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "oversight.settings",
        "OVERSIGHT_SECRET_KEY": "x" * 60,
        "OVERSIGHT_KEY_PEPPER": "y" * 60,
        "OVERSIGHT_FACTOR_KEY": "00" * 32,
        "OVERSIGHT_DISCLOSURE_KEY": "11" * 32,
    }
    command = [sys.executable, "-c", SHOW]
    done = subprocess.run(command, check=False, cwd=ROOT, env=os.environ | own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_the_address_of_the_database_says_is_kept(tmp_path: Path) -> None:
    found = options("postgres://u:p@db.example:5432/o?sslmode=verify-full&application_name=o-1", tmp_path)
    assert (found["sslmode"], found["application_name"]) == ("verify-full", "o-1")
    assert found["pool"]["max_size"] > 1


def test_nobody_waits_for_a_lock_for_ever(tmp_path: Path) -> None:
    found = options("postgres://u:p@db.example:5432/o", tmp_path)
    assert "lock_timeout=20s" in found["options"]
    assert "idle_in_transaction_session_timeout=60s" in found["options"]
