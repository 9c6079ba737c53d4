"""What a command depends on is read once and looked at again. A change in between must not run."""

import os
from pathlib import Path

import pytest

from oversight_sdk import held
from oversight_sdk.commands import understand
from oversight_sdk.errors import ConfigError, IntegrityError
from oversight_sdk.held import Copies, Held, hold

BASE = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}


def tool(folder: Path, name: str = "tool") -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def closed(made: Held) -> Held:
    made.copies.close()
    return made


def test_a_sealed_copy_cannot_be_changed():
    copies = Copies()
    path = copies.keep(b"kind: Deployment")
    writing = os.open(path, os.O_RDWR)
    with pytest.raises(PermissionError):
        os.pwrite(writing, b"K", 0)
    os.close(writing)
    with pytest.raises(PermissionError):
        Path(path).write_bytes(b"kind: Secret")
    with pytest.raises(PermissionError):
        os.truncate(path, 0)
    assert Path(path).read_bytes() == b"kind: Deployment"
    copies.close()


def test_without_memory_files_it_is_a_private_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "memfd_create")
    copies = Copies()
    path = Path(copies.keep(b"kind: Deployment"))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o400, 0o700)
    copies.close()
    assert not path.parent.exists()


def test_a_file_operand_is_in_the_parameters_and_its_copy_in_the_command(tmp_path: Path):
    manifest = tmp_path / "a.yaml"
    manifest.write_text("one")
    tool(tmp_path, "kubectl")
    made = hold(understand([str(tmp_path / "kubectl"), "apply", "-f", str(manifest)]), BASE)
    manifest.write_text("two")
    granted = made.parameters
    assert granted["operands"] == [
        {
            "index": 3,
            "path": str(manifest),
            "sha256": "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
            "size": 3,
        }
    ]
    assert granted["argv"][3] == str(manifest)
    assert Path(made.argv(granted)[3]).read_text() == "one"
    made.recheck(granted)
    made.copies.close()


def test_a_binary_that_changed_does_not_run(tmp_path: Path):
    binary = tool(tmp_path)
    made = closed(hold(understand([str(binary)]), BASE))
    made.recheck(made.parameters)
    binary.write_text("#!/bin/sh\nrm -rf /\n")
    with pytest.raises(IntegrityError) as refused:
        made.recheck(made.parameters)
    assert refused.value.code == "binary"


@pytest.mark.parametrize("change", [lambda path: path.write_text("b"), lambda path: path.unlink()])
def test_a_file_that_the_command_names_does_not_change(tmp_path: Path, change: object):
    named = tmp_path / "fix.py"
    named.write_text("a")
    made = closed(hold(understand([str(tool(tmp_path)), f"--file={named}"]), BASE))
    assert [pin["path"] for pin in made.parameters["pinned"]] == [str(named)]
    change(named)  # type: ignore[operator]
    with pytest.raises(IntegrityError):
        made.recheck(made.parameters)


@pytest.mark.parametrize("where", ["home", "variable", "flag"])
def test_the_cluster_does_not_change(tmp_path: Path, where: str):
    config = tmp_path / ".kube" / "config"
    config.parent.mkdir()
    config.write_text("cluster: a")
    line = [str(tool(tmp_path, "kubectl")), "delete", "pod", "a"]
    environ = {**BASE, "HOME": str(tmp_path)} if where == "home" else dict(BASE)
    environ |= {"KUBECONFIG": str(config)} if where == "variable" else {}
    line += [f"--kubeconfig={config}"] if where == "flag" else []
    made = closed(hold(understand(line), environ))
    config.write_text("cluster: b")
    with pytest.raises(IntegrityError):
        made.recheck(made.parameters)


def test_the_environment_is_a_list_of_what_is_allowed():
    environ = {**BASE, "LC_ALL": "C", "LD_PRELOAD": "/x.so", "AWS_SECRET": "s", "OVERSIGHT_KEY": "k", "REGION": "eu"}
    made = closed(hold(understand(["true"]), environ, ["REGION"]))
    assert made.environment == {**BASE, "LC_ALL": "C", "REGION": "eu"}
    assert set(made.parameters["environment"]) == {"PATH", "HOME", "REGION"}
    assert "eu" not in made.parameters["environment"].values()


def test_the_key_is_never_passed_on():
    with pytest.raises(ConfigError):
        hold(understand(["true"]), BASE, ["OVERSIGHT_KEY"])


def test_what_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kubectl = str(tool(tmp_path, "kubectl"))
    for line in (["no-such-command"], [kubectl, "apply", "-f", "absent"], [kubectl, "apply", "-f", str(tmp_path)]):
        with pytest.raises(ConfigError):
            hold(understand(line), BASE)
    monkeypatch.setattr(held, "LARGEST_OPERAND", 3)
    (tmp_path / "a").write_text("four")
    with pytest.raises(ConfigError, match="too large"):
        hold(understand([kubectl, "apply", "-f", str(tmp_path / "a")]), BASE)
