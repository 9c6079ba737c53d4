"""Starts the product's processes with the very commands of docker-compose.yml, and ends them again. It must not import
the product: it is outside. Addresses alone differ: everything here listens on loopback.
"""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import yaml

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def own_queue() -> int:
    """The Redis database of this test process: its workers must not take what belongs to those of another."""
    return 15 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 15


class Company:
    """One installation in service mode: a database of its own, and processes that share it."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        self.folder = folder
        self.server = urlunsplit(urlsplit(database_url)._replace(path="/postgres"))
        self.name = f"oversight_test_{secrets.token_hex(4)}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = os.environ | {
            "DATABASE_URL": urlunsplit(urlsplit(database_url)._replace(path=f"/{self.name}")),
            "REDIS_URL": urlunsplit(urlsplit(redis_url)._replace(path=f"/{own_queue()}")),
            "OVERSIGHT_DATA_DIR": str(folder),
            "OVERSIGHT_SECRET_KEY": secrets.token_urlsafe(32),
            "OVERSIGHT_KEY_PEPPER": secrets.token_urlsafe(32),
            "DJANGO_SETTINGS_MODULE": "oversight.settings",
        }

    def __enter__(self) -> Self:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{self.name}"')
        for command in " ".join(compose_command("migrate")[2:]).split(" && "):
            self.manage(*command.split()[2:])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def web(self) -> str:
        """Start one more web process; its address."""
        port = free_port()
        self._start("web", {"0.0.0.0": "127.0.0.1", "8000": str(port)})
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                if httpx.get(f"{address}/readyz", timeout=2).status_code == 200:
                    return address
            except httpx.TransportError:
                time.sleep(0.1)
        logs = "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("web-*.log")))
        raise AssertionError(f"the web process did not start:\n{logs}")

    def worker(self, number: int) -> None:
        self._start("worker", {}, "--concurrency", "1", "--hostname", f"w{number}@%h")

    def beat(self) -> None:
        self._start("beat", {"/tmp/beat.pid": str(self.folder / "beat.pid")})

    def _start(self, service: str, moved: dict[str, str], *more: str) -> None:
        module, *words = compose_command(service)
        command = [sys.executable, "-m", module, *(moved.get(word, word) for word in words), *more]
        with (self.folder / f"{service}-{len(self.processes)}.log").open("wb") as log:
            self.processes.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log))


def compose_command(service: str) -> list[str]:
    """What docker-compose.yml runs for `service`."""
    found: list[str] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]["command"]
    return found


class Browser:
    """A person at a web process: cookies, CSRF, forms."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, follow_redirects=True, timeout=20)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, page: str, **fields: object) -> httpx.Response:
        """Post a form of `page` to `path`, with the page's CSRF token."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page).text)
        assert found is not None, page
        data = {"csrfmiddlewaretoken": found[1], **fields}
        return self.client.post(path, data=data, headers={"Referer": str(self.client.base_url)})

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies.jar)
