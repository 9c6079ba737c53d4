"""What recomputes the report must share nothing with the product, or both could be wrong together."""

import ast
import sys
from pathlib import Path

import pytest

from tests.contracts.tree import text

BESIDE = {f"tests.approvals.reports.brute.{name}" for name in ("reading", "asking")}
MODULES = [Path("tests/approvals/reports/brute") / name for name in ("reading.py", "asking.py", "measures.py")]


def imported(source: str) -> set[str]:
    """Every module that `source` names, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or ".")
    return found


def foreign(source: str) -> set[str]:
    return {name for name in imported(source) if name.split(".")[0] not in sys.stdlib_module_names} - BESIDE


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_the_brute_force_rests_on_the_standard_library_alone(path: Path) -> None:
    source = text(path)
    assert foreign(source) == set()
    assert "import_module" not in source
    assert "__import__" not in source


@pytest.mark.parametrize(
    "source",
    [
        "import django",
        "from approvals.reports import tally",
        "def f():\n    from decisions.vocab import Kind",
        "from . import x",
    ],
)
def test_a_bad_sample_is_found(source: str) -> None:
    assert foreign(source)
