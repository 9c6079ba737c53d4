"""A backup of an installation, put back: it starts frozen and nothing of the old is claimable, whatever was put back."""

import json
import shutil
import sqlite3
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.deep.installation import Installation

ORGANISATION = {
    "people": [{"username": "marta", "name": "Marta", "roles": ["manager"]}],
    "services": [{"slug": "wiki", "tier": 3, "environments": [{"name": "prod", "class": "prod"}], "owner": "marta"}],
    "agents": [{"slug": "remediator", "owner": "marta"}],
}
POLICY = {"matrix": [{"tier": 3, "kind": "*", "environment": "*", "level": "L4"}]}
Json = dict[str, Any]


class Agent:
    """The one agent of an installation."""

    def __init__(self, installation: Installation) -> None:
        self.key = installation.load(ORGANISATION, POLICY, "remediator", "propose", "claim")
        self.at = f"http://127.0.0.1:{installation.port}/api/v1"

    def call(self, path: str, body: Json | None = None) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            self.at + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={**headers, "Idempotency-Key": uuid.uuid4().hex},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def ask(self) -> Json:
        action = factories.action(service="wiki", parameters={"to": uuid.uuid4().hex})
        status, asked = self.call("/proposals", factories.data(decision=uuid.uuid4().hex, action=action))
        assert status == 201, asked
        assert asked["state"] == "authorized"
        return asked

    def claim(self, asked: Json, key: str) -> tuple[int, Json]:
        body = {"claim_key": key, "action_hash": asked["action_hash"], "executor": "runner"}
        return self.call(f"/decisions/{asked['id']}/claim", body)

    def withdraw(self, asked: Json) -> int:
        return self.call(f"/decisions/{asked['id']}/withdraw", {})[0]


def back_up(folder: Path, to: Path, *, whole: bool) -> None:
    """As `sqlite3 .backup` makes it, or the folder as it lies there."""
    if whole:
        shutil.copytree(folder, to)
        return
    to.mkdir()
    with sqlite3.connect(folder / "oversight.sqlite3") as source, sqlite3.connect(to / "oversight.sqlite3") as copy:
        source.backup(copy)


def put_back(folder: Path, backup: Path, *, whole: bool) -> None:
    if whole:
        shutil.rmtree(folder)
        backup.rename(folder)
        return
    for old in folder.glob("oversight.sqlite3*"):
        old.unlink()
    (backup / "oversight.sqlite3").rename(folder / "oversight.sqlite3")


@pytest.mark.deep
@pytest.mark.parametrize("whole", [False, True], ids=["database", "folder"])
def test_a_restored_backup_starts_frozen_and_nothing_old_is_claimable(tmp_path: Path, whole: bool) -> None:
    folder, backup = tmp_path / "var", tmp_path / "backup"
    folder.mkdir()
    with Installation(folder, whole=False) as installation:
        agent = Agent(installation)
        installation.start()
        permitted, at_work, withdrawn = agent.ask(), agent.ask(), agent.ask()
        status, lease = agent.claim(at_work, "before")
        assert status == 200
        installation.kill()
        back_up(folder, backup, whole=whole)

        installation.start()
        assert agent.withdraw(withdrawn) == 200, "what was said since the backup, the backup does not know"
        installation.kill()
        put_back(folder, backup, whole=whole)

        installation.start()
        assert [agent.call(f"/decisions/{asked['id']}")[1]["state"] for asked in (permitted, at_work, withdrawn)] == [
            "expired",
            "unknown",
            "expired",
        ], "before anybody wrote"
        assert agent.claim(permitted, "after")[0] == agent.claim(withdrawn, "after")[0] == 410
        assert agent.claim(at_work, "before")[0] == 409, "nor is the old lease told once more"
        _, beat = agent.call(f"/leases/{lease['lease_id']}/heartbeat", {"fencing": lease["fencing"]})
        assert not beat.get("continue", False)
        assert agent.call("/proposals", factories.data(action=factories.action(service="wiki")))[0] == 423
        installation.kill()
        assert installation.rows("SELECT scope, mode, lifted_at FROM agent_freeze") == [("everything", "all", None)]
        said = installation.manage(["rebuild_read_models", "--check"])
        assert said[-1].endswith("; 0 differ.")
        # It is the installation from then on: nothing is found a second time.
        size = installation.rows("SELECT size FROM head")
        installation.start()
        installation.kill()
        assert installation.rows("SELECT size FROM head") == size


@pytest.mark.deep
def test_an_installation_that_was_not_restored_goes_on(tmp_path: Path) -> None:
    with Installation(tmp_path, whole=False) as installation:
        agent = Agent(installation)
        for _ in range(2):
            installation.start()
            asked = agent.ask()
            assert agent.claim(asked, "once")[0] == 200
            installation.kill()
        assert installation.rows("SELECT count(*) FROM agent_freeze") == [(0,)]
