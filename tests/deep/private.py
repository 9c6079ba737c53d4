"""A PostgreSQL and a Redis of a test's own, to be killed: on loopback, in a folder that is removed. It must not touch another's."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

from tests.deep.installation import free_port

BINARIES = Path("/usr/lib/postgresql/15/bin")
START_SECONDS = 30


class Service:
    """A process in a folder of its own, started and killed at will."""

    name = ""
    owner: str | None = None
    """Who runs it, if not who runs the test."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"oversight-{self.name}-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, user=self.owner, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            assert time.monotonic() < until, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.05)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it at once, and all that it has started: as when the machine stops."""
        if self.process is not None:
            if how is signal.SIGKILL:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
            self.process.wait(20)
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Service):
    """A cluster with `fsync` on; root may not run one, so that the user `postgres` or `nobody` does."""

    name = "postgres"

    def __init__(self) -> None:
        if not (BINARIES / "initdb").exists():
            pytest.skip(f"no PostgreSQL in {BINARIES}")
        super().__init__()
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.owner = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self.folder, self.owner)
        self.data = self.folder / "data"
        made = subprocess.run(
            [BINARIES / "initdb", "--pgdata", self.data, "--username=postgres", "--auth=trust", "--encoding=UTF8"],
            cwd=self.folder,
            user=self.owner,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        return [
            str(BINARIES / "postgres"),
            *("-D", str(self.data), "-p", str(self.port), "-k", str(self.folder)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=100"),
        ]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Service):
    name = "redis"

    def __init__(self) -> None:
        self.binary = shutil.which("redis-server") or ""
        if not self.binary:
            pytest.skip("no redis-server here")
        super().__init__()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [self.binary, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]

    def answers(self) -> bool:
        return self.say(b"PING") == b"+PONG\r\n"

    def say(self, words: bytes) -> bytes:
        """What it answers to one inline command; nothing where it does not."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as spoken:
                spoken.sendall(words + b"\r\n")
                return spoken.recv(100)
        except OSError:
            return b""
