"""Imports point one way: the contracts of pyproject.toml hold. It must not be weaker than `make lint`."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.contracts.tree import ROOT, text


def contracts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    return found


def lint_imports(config: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [program, "--config", config, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_contract_holds() -> None:
    done = lint_imports(ROOT / "pyproject.toml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_contract_is_found(tmp_path: Path) -> None:
    config = tmp_path / "importlinter.toml"
    config.write_text(
        "[tool.importlinter]\nroot_packages = ['oversight', 'approvals', 'decisions']\n"
        "[[tool.importlinter.contracts]]\nname = 'upside down'\ntype = 'layers'\nlayers = ['decisions', 'approvals']\n"
    )
    assert lint_imports(config).returncode != 0


def test_a_new_module_of_the_apps_must_be_placed() -> None:
    placed = {contract["id"]: contract for contract in contracts()}
    assert placed["decisions"]["exhaustive"] is True
    assert placed["approvals"]["exhaustive"] is True


def test_the_apps_point_one_way() -> None:
    assert {contract["id"]: contract for contract in contracts()}["apps"]["layers"] == [
        "oversight",
        "approvals",
        "decisions",
    ]
