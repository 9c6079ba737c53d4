"""`.env.example` lists exactly the variables that are read. It must not be kept by hand alone."""

import ast
import re

from tests.contracts.tree import ROOT, python_files, text

READERS = frozenset({"text", "flag", "number", "words", "folder", "file", "secret"})


def read_by(source: str) -> set[str]:
    """The variables that a module reads through `oversight.env`."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.func.attr in READERS
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def listed(example: str) -> list[str]:
    """The names in the example, whether set or commented out as defaults."""
    return re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE)


def interpolated(compose: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z0-9_]+)", compose))


def test_the_example_lists_exactly_what_is_read() -> None:
    names = listed(text(".env.example"))
    assert len(names) == len(set(names))
    assert set(names) == read_by(text("oversight/settings.py")) | interpolated(text("docker-compose.yml"))


def test_the_settings_alone_read_the_environment() -> None:
    pattern = re.compile(r"\bos\.(?:environ|getenv)\b|\bfrom os import .*\b(?:environ|getenv)\b")
    apart = {"manage.py", "oversight/env.py", "oversight/asgi.py", "oversight/celery.py"}
    readers = {str(path) for path in python_files("oversight", "approvals", "decisions") if pattern.search(text(path))}
    assert readers - apart == set()


def test_the_example_holds_no_secret() -> None:
    values = dict(
        re.findall(r"^([A-Z0-9_]*(?:SECRET|PASSWORD|PEPPER|KEY)[A-Z0-9_]*)=(.*)$", text(".env.example"), re.MULTILINE)
    )
    assert {name: value for name, value in values.items() if value.strip()} == {}


def test_readers_are_found_in_a_sample() -> None:
    assert read_by("from oversight import env\nA = env.text('A_B')\nB = env.number('C', 1, least=0, most=2)\n") == {
        "A_B",
        "C",
    }
    assert listed("# A line of prose\nA_B=1\n# C=2\n#D=\n") == ["A_B", "C", "D"]
    assert (ROOT / ".gitignore").read_text().splitlines().count("/.env") == 1
