"""One installation of its own, run as people run it and killed as power cuts kill it. It must not import the product."""

import copy
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
SEVERAL = "import json, sys, django; django.setup(); from django.core.management import call_command as call; \
[call(*words) for words in json.loads(sys.argv[1])]"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def postgresql() -> str:
    """The address of a server, or the test is skipped: it starts none."""
    server = os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
    try:
        psycopg.connect(urlunsplit(urlsplit(server)._replace(path="/postgres")), connect_timeout=2).close()
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL here")
    return server


class Installation:
    """A server on a data folder of its own; on PostgreSQL if `server` is an address of one.

    With `whole` it is `manage.py up`, with worker and beat; else the ASGI server alone, which starts sooner, or another
    `application` in its place.
    """

    def __init__(
        self,
        folder: Path,
        server: str = "",
        *,
        whole: bool,
        application: str = "oversight.asgi:application",
        redis: str = "",
    ) -> None:
        self.folder, self.server, self.is_twin = folder, server, False
        self.port = free_port()
        alone = ["-m", "uvicorn", application, "--port", str(self.port), "--log-level", "warning"]
        self.command = [sys.executable, *(["manage.py", "up"] if whole else alone)]
        self.process: subprocess.Popen[bytes] | None = None
        self.name = f"oversight_test_{secrets.token_hex(4)}"
        self.database = urlunsplit(urlsplit(server)._replace(path=f"/{self.name}")) if server else ""
        own = ("DATABASE_URL", "REDIS_URL", "PYTEST_CURRENT_TEST")
        self.environment = {name: value for name, value in os.environ.items() if name not in own} | {
            "OVERSIGHT_DATA_DIR": str(folder),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "oversight.settings",
            **({"DATABASE_URL": self.database} if server else {}),
            **({"REDIS_URL": redis} if redis else {}),
        }

    def twin(self) -> "Installation":
        """One more web process on the same database, data folder and secrets."""
        made = copy.copy(self)
        made.port, made.process, made.is_twin = free_port(), None, True
        made.command = [str(made.port) if word == str(self.port) else word for word in self.command]
        made.environment = self.environment | {"PORT": str(made.port)}
        return made

    def __enter__(self) -> Self:
        if self.server and not self.is_twin:
            self._administer(f'CREATE DATABASE "{self.name}"')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        if self.server and not self.is_twin:
            self._administer(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with psycopg.connect(
            urlunsplit(urlsplit(self.server)._replace(path="/postgres")), autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def manage(self, *commands: list[str]) -> list[str]:
        """Run management commands in one process, all of which must succeed; the lines they printed."""
        command = [sys.executable, "-c", SEVERAL, json.dumps(commands)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout.splitlines()

    def load(self, organisation: dict[str, Any], policy: dict[str, Any], agent: str, *scopes: str) -> str:
        """Make the tables, load a register and a policy; a key of `agent` with these scopes, or to report."""
        commands = [["migrate", "--verbosity=0"]]
        for verb, document in (("load_organisation", organisation), ("activate_policy", policy)):
            path = self.folder / f"{verb}.yaml"
            path.write_text(yaml.safe_dump(document))
            commands.append([verb, str(path)])
        return self.manage(*commands, ["make_key", agent, *(f"--scope={scope}" for scope in scopes)])[-1]

    def verify(self) -> None:
        """The ledger is clean, and its fold equals the read models."""
        said = self.manage(["verify_ledger"], ["rebuild_read_models", "--check"])
        assert [line for line in said if line == "The ledger is clean." or line.endswith("; 0 differ.")] == said[-2:]

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text()[-3000:])

    def kill(self) -> None:
        """End the server as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database answers to somebody who looks past the product."""
        if self.server:
            with psycopg.connect(self.database) as postgresql:
                return postgresql.execute(statement.encode()).fetchall()
        sqlite = sqlite3.connect(self.folder / "oversight.sqlite3")
        try:
            return sqlite.execute(statement).fetchall()
        finally:
            sqlite.close()
