"""What the docs name exists: files, make targets and management commands. A doc must not outlive what it describes."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.contracts.tree import ROOT, files, text

DOCS = [path for path in files() if path.suffix == ".md" and (path.parts[0] == "docs" or path.name == "README.md")]
FILE = re.compile(
    r"`((?:decisions|approvals|oversight|static|templates|tests|docs|examples|benchmarks|deploy)/[\w./-]+)`"
)
COMMAND = re.compile(r"`manage\.py (\w+)")


def missing(content: str) -> list[str]:
    gone = [found for found in FILE.findall(content) if not (ROOT / found).exists()]
    return gone + [found for found in COMMAND.findall(content) if found not in get_commands()]


@pytest.mark.parametrize("path", DOCS, ids=str)
def test_what_a_doc_names_is_there(path: Path):
    assert missing(text(path)) == []


def test_what_is_not_there_is_found():
    assert missing("see `decisions/nowhere.py` and `manage.py fly`") == ["decisions/nowhere.py", "fly"]


def test_the_architecture_follows_one_event_by_files():
    found = FILE.findall(text(Path("docs/architecture.md")))
    assert len(set(found)) > 20
