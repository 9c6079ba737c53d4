"""The commands that people are told of exist. A document must not name one that does not."""

import re
import subprocess

from tests.contracts.tree import ROOT, files, text

ASKED = {"demo", "run", "test", "test-services", "test-browser", "test-deep", "lint", "bench", "verify", "lock", "help"}


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))


def named(document: str) -> set[str]:
    """The make targets that a document names as commands: in backquotes or in a block of code."""
    return set(re.findall(r"(?:^|`|\$ )make ([a-z][a-z-]*)", document, re.MULTILINE))


def test_help_lists_every_target() -> None:
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = set(re.findall(r"^  make ([a-z-]+) +\S", said.stdout, re.MULTILINE))
    assert listed == targets(text("Makefile"))


def test_help_is_what_make_alone_does() -> None:
    alone = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "make demo" in alone.stdout


def test_every_promised_target_is_there_and_phony() -> None:
    makefile = text("Makefile")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())  # type: ignore[union-attr]
    assert targets(makefile) >= ASKED
    assert phony == targets(makefile)


def test_documents_name_only_targets_that_exist() -> None:
    known = targets(text("Makefile"))
    wrong = {str(path): named(text(path)) - known for path in files() if path.suffix == ".md"}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_the_continuous_check_runs_what_the_readme_tells() -> None:
    run = text(".ci/run")
    assert {"lint", "test", "test-services", "test-browser"} <= set(re.findall(r"\bmake (?:--[a-z-]+ )?([a-z-]+)", run))


def test_an_unknown_target_in_a_document_is_found() -> None:
    assert named("run `make nonsense` or\nmake demo\nthey make progress") == {"nonsense", "demo"}
