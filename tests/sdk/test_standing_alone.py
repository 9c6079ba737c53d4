"""The sdk is a package of its own. It must not import the server, nor promise dependencies that it does not have."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.contracts.tree import ROOT, python_files, text

PROJECT = tomllib.loads(text("sdk/pyproject.toml"))
OWN = [path for path in python_files("sdk") if path.parts[0] == "sdk"]


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def needed(paths: list[Path], *own: str) -> set[str]:
    return {name for path in paths for name in imported(text(path))} - sys.stdlib_module_names - set(own)


def test_its_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--config", "sdk/pyproject.toml", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "sdk"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contracts: 5 kept, 0 broken" in done.stdout


def test_it_needs_what_it_says_and_nothing_else():
    outside = needed(OWN, "oversight_sdk", "oversight_verify")
    assert outside == {"httpx", "cryptography"}
    assert [name.partition(">")[0] for name in PROJECT["project"]["dependencies"]] == sorted(outside, reverse=True)


def test_the_verifier_needs_cryptography_alone():
    assert needed([path for path in OWN if path.parts[1] == "oversight_verify"], "oversight_verify") == {"cryptography"}


def test_both_packages_and_both_commands_are_in_the_distribution():
    packages = {path.parts[1] for path in OWN}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages
    assert {target.partition(".")[0] for target in PROJECT["project"]["scripts"].values()} == packages


def test_the_licence_and_the_python_are_those_of_the_product():
    product = tomllib.loads(text("pyproject.toml"))["project"]
    for name in ("license", "requires-python"):
        assert PROJECT["project"][name] == product[name]


def test_the_documents_name_every_exit_code():
    for document in ("docs/sdk.md", "sdk/README.md"):
        assert [code for code in (69, 73, 75, 76, 77, 78, 79, 124) if f"| {code} |" not in text(document)] == []
