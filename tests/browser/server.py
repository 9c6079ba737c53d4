"""Oversight as a child process on a free port of this machine, with a data folder of its own. It must not be imported
by the product, and it ends only what it started.
"""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 90.0


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


@dataclass
class Server:
    """`manage.py` with `command`: started on entry, ended on exit, and killed and started again in between on demand."""

    folder: Path
    command: tuple[str, ...]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        return kept | {
            "PORT": str(self.port),
            "OVERSIGHT_DATA_DIR": str(self.folder),
            "OVERSIGHT_LOG_LEVEL": "WARNING",
            # People are signed in once for a whole run of the tests; what is asked of a sign-in has tests of its own.
            "OVERSIGHT_FRESH_SIGN_IN_SECONDS": "43200",
            "OVERSIGHT_ORGANISATION": "Meridian Hotels",
        }

    def start(self) -> None:
        command = [sys.executable, "manage.py", *self.command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self._environment(), stdout=log, stderr=log)
        self._wait()

    def age(self, username: str) -> None:
        """Let the newest session of `username` be that of somebody who signed in half a day ago."""
        self._with_newest_session(
            username,
            "from decisions.auth.sessions import SIGNED_IN, SessionStore;"
            "held = SessionStore(row.session_key); held[SIGNED_IN] -= 43_300; held.save()",
        )

    def expire(self, username: str) -> None:
        """Let the newest session of `username` be over."""
        self._with_newest_session(
            username, "import datetime; row.expire_date -= datetime.timedelta(hours=13); row.save()"
        )

    def _with_newest_session(self, username: str, do: str) -> None:
        program = (
            "from decisions.models import Person, Session;"
            f"person = Person.objects.get(username={username!r});"
            f"row = Session.objects.filter(person_id=person.id).latest('began_at'); {do}"
        )
        command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", program]
        subprocess.run(command, cwd=ROOT, env=self._environment(), check=True, capture_output=True)

    def _wait(self) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def faults(self) -> list[str]:
        """What the server itself logged as an error, tracebacks included."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if '"level": "error"' in line or line.startswith("Traceback")]


class Demo(Server):
    """The example organisation with its recorded decisions; the live agents stay at home."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ("demo", "--rate", "0"))
        self._access: dict[str, Any] = {}

    @property
    def access(self) -> dict[str, Any]:
        if not self._access:
            self._access = json.loads((self.folder / "demo-access.json").read_text())
        return self._access

    def password(self, username: str) -> str:
        return next(str(one["password"]) for one in self.access["accounts"] if one["username"] == username)

    def key(self, agent: str) -> str:
        return next(str(one["key"]) for one in self.access["agents"] if one["name"] == agent)
