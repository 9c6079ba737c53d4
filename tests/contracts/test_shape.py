"""Files and functions stay small enough to read, and say what they are for. The rules must not be kept by good will."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.tree import files, python_files, text

FILE_LIMIT = 400
FUNCTION_LIMIT = 60
TEMPLATE_LIMIT = 160
DRAWERS = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "manager", "stuff", "tools"})
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def long_functions(tree: ast.Module) -> list[str]:
    sizes = ((node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions(tree))
    return [f"{name} has {size} lines" for name, size in sizes if size > FUNCTION_LIMIT]


def imports_in_functions(tree: ast.Module, path: Path) -> list[str]:
    """Imports inside functions; an app's `ready` may, because models cannot be imported before it."""
    return [
        f"{function.name} imports in line {node.lineno}"
        for function in functions(tree)
        if not (path.name == "apps.py" and function.name == "ready")
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def faults(path: Path, source: str) -> list[str]:
    tree = ast.parse(source)
    found = [*long_functions(tree), *imports_in_functions(tree, path)]
    # A migration that Django wrote is a list of fields: nobody reads ideas in it.
    written_by_django = path.parent.name == "migrations" and path.stem.endswith("_initial")
    if len(source.splitlines()) > FILE_LIMIT and not written_by_django:
        found.append(f"the file has {len(source.splitlines())} lines")
    if tree.body and not ast.get_docstring(tree):
        found.append("the module says nothing of its purpose")
    if path.stem in DRAWERS:
        found.append("the name says nothing of what is in it")
    return found


@pytest.mark.parametrize("path", python_files(), ids=str)
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    assert faults(path, text(path)) == []


def test_other_sources_are_short_enough() -> None:
    limits = {".js": FILE_LIMIT, ".css": FILE_LIMIT, ".html": TEMPLATE_LIMIT, ".typ": FILE_LIMIT}
    long = {
        str(path): len(text(path).splitlines())
        for path in files()
        if path.suffix in limits and "vendor" not in path.parts and len(text(path).splitlines()) > limits[path.suffix]
    }
    assert long == {}


def test_no_file_is_a_drawer() -> None:
    assert [str(path) for path in files() if path.stem in DRAWERS and path.suffix in {".py", ".js", ".css"}] == []


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("a.py", "x = 1\n", "purpose"),
        ("utils.py", '"""A drawer."""\n', "the name"),
        ("a.py", '"""Long."""\n' + "x = 1\n" * 400, "the file has 401"),
        ("a.py", '"""Long."""\ndef f():\n' + "    x = 1\n" * 60, "f has 61"),
        ("a.py", '"""Hides."""\ndef f():\n    import os\n', "f imports"),
        ("a.py", '"""Hides."""\nasync def ready():\n    from os import path\n', "ready imports"),
    ],
)
def test_a_bad_sample_is_found(name: str, source: str, fault: str) -> None:
    assert any(fault in found for found in faults(Path(name), source))


def test_a_good_sample_passes() -> None:
    ready = '"""The app."""\nclass C:\n    def ready(self):\n        from os import path\n'
    assert faults(Path("apps.py"), ready) == []
    assert faults(Path("__init__.py"), "") == []
