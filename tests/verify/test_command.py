"""The command as an auditor runs it: words, codes, processes, and what it needs to run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oversight_verify.findings import VERDICTS, Exit
from tests.contracts.tree import ROOT, text
from tests.verify import writer


def command(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run in a bare interpreter: no site of tests, no Django settings, only the folder of the package on the path."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "oversight_verify", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONPATH": str(ROOT / "sdk"), "PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **(env or {})},
    )


def test_an_export_by_several_processes_is_proven_and_its_faults_found(tmp_path: Path, trusted: Path):
    entries = [writer.canonical(writer.envelope(seq, facts={"kv": 1})) for seq in range(20_000)]
    leaves = writer.write(tmp_path / "export", entries)
    for size in (8191, 8192, 8193, 19_999):
        (tmp_path / f"old-{size}").write_bytes(writer.checkpoint(leaves[:size]))
    older = [given for size in (8191, 8192, 8193, 19_999) for given in ("--checkpoint", tmp_path / f"old-{size}")]
    done = command(tmp_path / "export", "--policy", trusted, "--workers", "2", *older)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("is of this ledger") == 4
    assert done.stdout.splitlines()[-1] == VERDICTS[Exit.PROVEN]
    path = tmp_path / "export/tile/entries/070"
    path.write_bytes(path.read_bytes().replace(b'"src_seq":17999', b'"src_seq":17998'))
    done = command(tmp_path / "export", "--policy", trusted, "--workers", "2")
    assert (done.returncode, done.stderr) == (1, "")
    assert "x entry 17999: " in done.stdout
    assert "Proven" not in done.stdout


def test_json_says_the_same(export: Path, witnessed: Path):
    done = command(export, "--policy", witnessed, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["exit"], found["verdict"]) == (0, 0, "proven")
    assert (found["facts"]["origin"], found["facts"]["size"]) == (writer.ORIGIN, 300)
    found = json.loads(command(export, "--json").stdout)
    assert (found["exit"], found["verdict"], len(found["missing"])) == (3, "unproven", 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere: No such file"),
        (["{empty}"], "there is no file `checkpoint` in it"),
        (["{note}"], "a receipt begins with"),
        (["{export}", "--vkey", "nonsense"], "a key has the form"),
        (["{export}", "--policy", "{note}"], "line 1 of the policy"),
        (["{export}", "--policy", "nowhere"], "nowhere: No such file"),
        (["{export}", "--checkpoint", "{policy}"], "a checkpoint is text"),
        (["{export}", "{export}"], "is not a plain file"),
        (["a", "b", "c"], "give one folder, one receipt, or two checkpoints"),
    ],
)
def test_what_cannot_be_read_is_said_without_a_traceback(
    arguments: list[str], says: str, tmp_path: Path, export: Path, trusted: Path
):
    (tmp_path / "empty").mkdir()
    shutil.copy(export / "checkpoint", tmp_path / "note")
    places = {"empty": tmp_path / "empty", "note": tmp_path / "note", "export": export, "policy": trusted}
    done = command(*(argument.format(**places) for argument in arguments))
    assert (done.returncode, done.stderr) == (2, "")
    assert says in done.stdout
    assert done.stdout.splitlines()[-1] == VERDICTS[Exit.UNREADABLE]


@pytest.mark.parametrize(
    "arguments",
    [
        ["{export}", "--entry", "x"], ["{export}", "--proof", "x"], ["{export}", "--export", "x"], ["x", "--checkpoint", "y"],
        ["x", "y", "--entry", "z"], ["{export}", "--policy", "x", "--vkey", "y"], [], ["{export}", "--workers", "many"],
    ],
)  # fmt: skip
def test_an_option_that_would_be_ignored_is_refused(arguments: list[str], export: Path):
    done = command(*(argument.format(export=export) for argument in arguments))
    assert done.returncode == 2
    assert "oversight-verify: error: " in done.stderr


def test_a_terminal_of_another_encoding_gets_its_verdict(tmp_path: Path):
    origin = "größe.example/l"
    entries = [writer.canonical(writer.envelope(0, log=origin))]
    writer.write(tmp_path / "export", entries, writer.Signer(origin), origin=origin)
    done = command(tmp_path / "export", "--vkey", writer.Signer(origin).vkey, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "PROVEN" in done.stdout


def test_a_file_of_endless_length_is_not_read_whole(tmp_path: Path, export: Path, trusted: Path):
    """A sparse file of a terabyte where a tile or a checkpoint should be: found by its length, not by memory."""
    for name in ("tile/0/000", "tile/entries/000", "checkpoint"):
        kept = (export / name).read_bytes()
        with (export / name).open("r+b") as file:
            file.truncate(1 << 40)
        done = command(export, "--policy", trusted)
        assert (done.returncode in {1, 2}, done.stderr) == (True, "")
        assert "it is longer than" in done.stdout
        (export / name).write_bytes(kept)


def test_a_checkpoint_that_claims_a_thousand_million_million_entries_is_answered_at_once(tmp_path: Path):
    writer.write(tmp_path / "export", writer.bodies(3))
    (tmp_path / "export" / "checkpoint").write_bytes(writer.note(writer.ORIGIN, 10**15, bytes(32), writer.LOG))
    shutil.rmtree(tmp_path / "export" / "tile")
    done = command(tmp_path / "export", "--vkey", writer.LOG.vkey, "--workers", "2")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("is missing: the export is not whole") == 20


def test_it_runs_where_nothing_but_cryptography_is_installed():
    blocked = (
        "import sys\nfor name in ('httpx', 'django', 'msgspec', 'rfc8785', 'oversight_sdk'): sys.modules[name] = None\n"
    )
    script = blocked + "from oversight_verify.cli import main\nmain(['--help'])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "sdk")},
    )
    assert done.returncode == 0
    assert "older one first" in done.stdout


def test_the_document_is_ten_lines_and_names_every_code_and_option():
    lines = [line for line in text("docs/verify.md").splitlines() if line.strip()]
    assert len(lines) <= 16
    document = "\n".join(lines)
    assert [code.value for code in Exit if f"{code.value} " not in document] == []
    options = [word for word in command("--help").stdout.split() if word.startswith("--")]
    assert [option for option in set(options) if option.strip("[],") not in document and option != "--help"] == []
