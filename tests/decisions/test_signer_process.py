"""The signer as a process of its own: it knows no database, the web process knows no key, and one may die without the other."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from decisions import ledger, notes, signing
from decisions.checkpoints import AwayError, DisagreementError, check, publish
from decisions.models import Agent, Alarm
from decisions.signer import RefusedError
from decisions.signer_socket import Remote
from decisions.verify import verify_ledger
from tests.factories import event, send
from tests.tampering import rewrite

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


class Process:
    """`manage.py signer` with a folder and a socket of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = str(folder / "socket" / "signer.sock")
        own = ("DATABASE_URL", "REDIS_URL")
        self.environment = {name: value for name, value in os.environ.items() if name not in own} | {
            "OVERSIGHT_DATA_DIR": str(folder / "signer"),
            "OVERSIGHT_SIGNER": self.socket,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "manage.py", "signer"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            Remote(self.socket).state()
        except AwayError:
            return False
        return True

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )


@pytest.fixture
def process(settings: Any) -> Iterator[Process]:
    # Not tmp_path: the name of a socket is a hundred bytes at most.
    with tempfile.TemporaryDirectory(prefix="oversight-signer-") as name:
        made = Process(Path(name))
        settings.SIGNER = made.socket
        made.start()
        yield made
        made.kill()


def test_it_signs_for_whoever_may_open_its_socket(process: Process, agent: Agent, data_dir: Path) -> None:
    send(agent, event())
    note = publish()
    [key] = notes.ring().keys
    assert signing.verify(note, signing.read_verifier(key.vkey).key).size == ledger.size()
    assert not (data_dir / "keys").exists(), "no key here"
    assert Path(process.socket).stat().st_mode & 0o777 == 0o600
    assert verify_ledger().clean


def test_it_never_signs_a_rewritten_history(process: Process, agent: Agent) -> None:
    publish()
    rewrite(2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    with pytest.raises(DisagreementError):
        check()
    assert Alarm.objects.get().kind == "ledger_disagreement"


def test_while_it_is_away_nothing_is_signed_and_everything_written(process: Process, agent: Agent) -> None:
    first = publish()
    process.kill()
    send(agent, event())
    with pytest.raises(AwayError, match="does not answer"):
        publish()
    with pytest.raises(CommandError, match="Nothing was signed"):
        call_command("publish_checkpoint")
    assert not Alarm.objects.exists()
    send(agent, event())
    process.start()
    assert signing.read_note(publish())[0].size > signing.read_note(first)[0].size


def test_it_has_forgotten_nothing_after_a_crash(process: Process, agent: Agent) -> None:
    publish()
    signed = Remote(process.socket).state().signed
    process.kill()
    process.start()
    assert Remote(process.socket).state().signed == signed


def test_keys_are_changed_beside_it_while_it_runs(process: Process, agent: Agent) -> None:
    publish()
    done = process.manage("rotate_ledger_key")
    assert done.returncode == 0, done.stderr
    send(agent, event())
    assert len(signing.read_note(publish())[1]) == 2
    assert ledger.entry(ledger.size() - 1) is not None
    assert [key.last for key in notes.ring().keys] == [None, None]


def test_it_does_not_start_with_a_database(process: Process) -> None:
    process.environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
    done = process.manage("signer")
    assert done.returncode != 0
    assert "without DATABASE_URL" in done.stderr


def test_it_takes_nothing_else(process: Process) -> None:
    for sent, status in (
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nold", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\xff\xff", 400),
        (b"POST /rotate HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404),
        (b"GET /keys HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"DELETE /state HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    ):
        with socket.socket(socket.AF_UNIX) as spoken:
            spoken.settimeout(10)
            spoken.connect(process.socket)
            spoken.sendall(sent)
            assert spoken.recv(100).split(b" ")[1] == str(status).encode(), sent
    with pytest.raises(RefusedError):
        Remote(process.socket).add("rubbish")


def test_somebody_who_says_nothing_keeps_nobody_waiting(process: Process) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(process.socket)
        assert Remote(process.socket).state().signed.size == 0
