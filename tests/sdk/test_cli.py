"""The `guard` command as a process: its exit codes, its signals, what its child gets. It must not print the key."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oversight_sdk import cli, errors
from oversight_sdk.errors import ConfigError
from tests.sdk.fake import KEY, FakeGate, problem

SDK = Path(__file__).parents[2] / "sdk"
BUSY = problem(503, "unavailable")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str
    status: list[str]


class Guard:
    """Starts the command with a status descriptor; whatever it printed is looked through for the key."""

    def __init__(self, fake: FakeGate, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "HOME": str(folder),
            "PYTHONPATH": str(SDK),
            "OVERSIGHT_URL": fake.url,
            "OVERSIGHT_KEY": KEY,
            "OVERSIGHT_EXECUTOR": "point-1",
            "OVERSIGHT_STATE": str(folder / "seen.sqlite3"),
            "SECRET_OF_THE_AGENT": "hidden",
        }
        (folder / "bin").mkdir()

    def tool(self, name: str, body: str) -> Path:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def start(self, *words: str) -> "Running":
        reads, writes = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "oversight_sdk.cli", "--patience", "1", "--status-fd", str(writes), *words],
            env=self.environ,
            cwd=self.folder,
            pass_fds=[writes],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(writes)
        return Running(process, reads)

    def __call__(self, *words: str) -> Ended:
        return self.start(*words).ended()


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    status: int

    def ended(self) -> Ended:
        out, err = self.process.communicate(timeout=20)
        with os.fdopen(self.status) as lines:
            status = lines.read().splitlines()
        assert KEY not in out + err + str(status)
        return Ended(self.process.returncode, out, err, status)

    def ran(self) -> None:
        """Wait until the child runs."""
        assert os.read(self.status, 6) == b"ran=1\n"


@pytest.fixture
def guard(fake: FakeGate, tmp_path: Path) -> Guard:
    return Guard(fake, tmp_path)


def until(condition: Callable[[], Any]) -> None:
    """Wait for it, ten seconds at the most."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_granted_command_runs_and_its_code_passes(fake: FakeGate, guard: Guard):
    guard.tool("kubectl", 'echo "out $*"; echo err >&2; exit 3')
    undo = '{"kind": "rollout", "parameters": {"to_revision": "422"}}'
    ended = guard("--undo", undo, "--reason", "errors", "--", "kubectl", "-n", "pay", "rollout", "undo", "deploy/api")
    assert (ended.code, ended.out, ended.err) == (3, "out -n pay rollout undo deploy/api\n", "err\n")
    assert ended.status == ["ran=1", "child=3"]
    ((_, proposed),) = fake.calls("proposals")
    action = proposed["action"]
    assert (action["kind"], action["undo"]["kind"], proposed["rationale"]) == ("rollback", "rollout", "errors")
    assert action["target"] == {"service": "api", "environment": "prod", "resource": "deploy/api"}
    assert action["parameters"]["binary"]["path"] == str(guard.folder / "bin" / "kubectl")
    assert len(action["parameters"]["binary"]["sha256"]) == 64
    assert fake.calls("outcome")[0][1] == {"fencing": 101, "status": "failed", "detail": "exit code 3"}


def frozen(fake: FakeGate) -> None:
    fake.script("claim", problem(423, "frozen"))


def silent(fake: FakeGate) -> None:
    fake.script("proposals", *[BUSY] * 500)


def tampered(fake: FakeGate) -> None:
    fake.tamper = lambda action: action["parameters"]["argv"].append("--all")


def forgotten(fake: FakeGate) -> None:
    fake.script("proposals", problem(401, "unauthorized"))


def ruled(state: str) -> Callable[[FakeGate], None]:
    def rule(fake: FakeGate) -> None:
        fake.rule = state

    return rule


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (silent, 69),
        (frozen, 73),
        (ruled("pending"), 75),
        (tampered, 76),
        (ruled("vetoed"), 77),
        (forgotten, 78),
        (ruled("expired"), 124),
    ],
)
def test_a_command_that_is_not_granted_does_not_run(fake: FakeGate, guard: Guard, scene: Any, code: int):
    scene(fake)
    ended = guard("--wait", "0", "--patience", "0", "--", "touch", "ran")
    assert (ended.code, ended.status) == (code, ["ran=0"])
    assert not (guard.folder / "ran").exists()
    assert ended.err.startswith("guard: ")
    # Whoever reads the message can go to the decision, where there is one.
    assert (f"see {fake.url}/decisions/" in ended.err) == bool(fake.decisions)


def test_an_outcome_that_the_gate_did_not_take_is_unknown(fake: FakeGate, guard: Guard):
    fake.script("outcome", problem(409, "other-outcome"))
    ended = guard("--", "true")
    assert (ended.code, ended.status) == (79, ["ran=1", "child=0"])


def test_a_child_that_a_signal_ended_is_128_and_more(fake: FakeGate, guard: Guard):
    guard.tool("dies", "kill -9 $$")
    assert guard("--", "dies").code == 137
    assert fake.outcomes() == ["unknown"]


def test_the_child_gets_neither_the_key_nor_what_is_not_allowed(fake: FakeGate, guard: Guard):
    guard.tool("show", "env; ls -l /proc/self/fd")
    ended = guard("--", "show")
    assert ended.code == 0
    assert "OVERSIGHT" not in ended.out
    assert "hidden" not in ended.out
    assert "HOME=" in ended.out
    # Its own three, and the folder that ls reads.
    assert ended.out.count(" -> ") == 4
    assert "socket:" not in ended.out


def test_a_signal_while_people_think_ends_the_wait(fake: FakeGate, guard: Guard):
    fake.rule = "pending"
    running = guard.start("--", "touch", "ran")
    until(lambda: fake.calls("GET .*/decisions"))
    running.process.send_signal(signal.SIGTERM)
    ended = running.ended()
    assert (ended.code, ended.status) == (128 + signal.SIGTERM, ["ran=0"])
    assert (fake.one()["state"], fake.calls("claim")) == ("pending", [])


def test_a_signal_while_it_runs_ends_the_child(fake: FakeGate, guard: Guard):
    guard.tool("slow", 'trap "echo told; exit 0" TERM; touch ready; while :; do sleep 0.02; done')
    running = guard.start("--", "slow")
    running.ran()
    until((guard.folder / "ready").exists)
    running.process.send_signal(signal.SIGTERM)
    ended = running.ended()
    assert (ended.code, ended.out, ended.status) == (128 + signal.SIGTERM, "told\n", ["child=0"])
    assert fake.outcomes() == ["unknown"]


@pytest.mark.parametrize(
    "answer", [(200, {"continue": False, "stop_reason": "vetoed", "expires_at": "2099-01-01T00:00:00Z"}), problem(410, "lease-over")]
)  # fmt: skip
def test_a_stop_by_the_gate_ends_a_child_that_does_not_listen(fake: FakeGate, guard: Guard, answer: Any):
    fake.heartbeat_s = 0.05

    def when_it_runs(_status: int, _body: Any) -> Any:
        until((guard.folder / "ready").exists)
        return answer

    fake.script("heartbeat", when_it_runs)
    guard.tool("deaf", 'trap "" TERM; echo $$; touch ready; while :; do sleep 0.02; done')
    ended = guard("--grace", "0", "--", "deaf")
    assert (ended.code, ended.status) == (79, ["ran=1", "child=137"])
    assert fake.outcomes() == ["unknown"]
    assert not Path(f"/proc/{ended.out.strip()}").exists()


def test_a_lease_that_ended_before_the_run_does_not_run(fake: FakeGate, guard: Guard):
    fake.lease_for = -5
    ended = guard("--", "touch", "ran")
    assert (ended.code, ended.status, fake.outcomes()) == (69, ["ran=0"], ["not_executed"])
    assert not (guard.folder / "ran").exists()


def changed_while_waiting(fake: FakeGate, guard: Guard, change: Callable[[], object], *words: str) -> Ended:
    fake.rule = "pending"
    running = guard.start("--", *words)
    until(lambda: fake.calls("GET .*/decisions"))
    change()
    fake.decide("authorized")
    return running.ended()


def test_a_manifest_that_changed_runs_as_it_was_granted(fake: FakeGate, guard: Guard):
    guard.tool("kubectl", 'cat "$3"')
    manifest = guard.folder / "a.yaml"
    manifest.write_text("replicas: 2")
    ended = changed_while_waiting(
        fake, guard, lambda: manifest.write_text("replicas: 500"), "kubectl", "apply", "-f", "a.yaml"
    )
    assert (ended.code, ended.out) == (0, "replicas: 2")


def test_a_binary_that_changed_does_not_run(fake: FakeGate, guard: Guard):
    tool = guard.tool("fix", "true")
    ended = changed_while_waiting(fake, guard, lambda: tool.write_text("#!/bin/sh\ntouch ran"), "fix")
    assert (ended.code, ended.status, fake.outcomes()) == (76, ["ran=0"], ["not_executed"])
    assert not (guard.folder / "ran").exists()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--"],
        ["--wait", "soon", "--", "true"],
        ["--unknown", "--", "true"],
        ["--undo", "not json", "--", "true"],
        ["--undo", "[]", "--", "true"],
        ["--undo", '{"kind": "x"}', "--", "true"],
        ["--kind", "Not A Kind", "--", "true"],
        ["--status-fd", "999", "--", "true"],
        ["--env", "OVERSIGHT_KEY", "--", "true"],
        ["--", "no-such-command"],
    ],
    ids=" ".join,
)
def test_settings_that_cannot_be_used_are_78(
    fake: FakeGate, guard: Guard, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
):
    for name in ("OVERSIGHT_URL", "OVERSIGHT_KEY", "OVERSIGHT_STATE"):
        monkeypatch.setenv(name, guard.environ[name])
    assert cli.main(words) == 78
    assert fake.seen == []
    assert KEY not in "".join(capsys.readouterr())


def test_without_settings_it_is_78(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OVERSIGHT_URL", raising=False)
    assert cli.main(["--", "true"]) == 78


def test_signals_are_as_before_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    cli.main(["--", "true"])
    assert signal.getsignal(signal.SIGTERM) is before
    assert threading.current_thread() is threading.main_thread()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.GateUnavailable("x"), 69),
        (errors.BadAnswer("x"), 69),
        (errors.Frozen("x"), 73),
        (errors.StillPending("x"), 75),
        (errors.IntegrityError("x", code="x"), 76),
        (errors.TokenRefused("x", code="x"), 76),
        (errors.Vetoed("x"), 77),
        (errors.Denied("x"), 77),
        (errors.Withdrawn("x"), 77),
        (errors.PolicyChanged("x"), 77),
        (errors.AlreadyClaimed("x"), 77),
        (errors.BadKey("x"), 78),
        (errors.ConfigError("x"), 78),
        (errors.Refused("x"), 78),
        (errors.OutcomeUnknown("x"), 79),
        (errors.Expired("x"), 124),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_refusal_has_its_code(error: errors.GateError, code: int):
    assert cli.code_of(error) == code


def test_times_are_read():
    assert [cli.span(text) for text in ("90", "90s", "15m", "2h")] == [90, 90, 900, 7200]
    with pytest.raises(ConfigError):
        cli.parser().parse_args(["--wait", "1d"])


def test_what_the_gate_says_cannot_drive_the_terminal(fake: FakeGate, guard: Guard):
    fake.script("proposals", (403, {"type": "/problems/scope", "detail": "no\x1b[2J\r\nguard: granted"}))
    ended = guard("--", "true")
    assert ended.code == 77
    assert "\x1b" not in ended.err
    assert len(ended.err.splitlines()) == 1
