"""What is installed is locked byte for byte. The lock must not say where the bytes come from."""

import re
import tomllib

import pytest

from tests.contracts.tree import text

LOCKS = ("requirements.txt", "requirements-dev.txt")


def pins(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Each package's version and hashes."""
    found: dict[str, tuple[str, list[str]]] = {}
    blocks = re.split(r"\n(?=[A-Za-z0-9])", "\n" + lock)
    for block in blocks:
        if match := re.match(r"\n?([A-Za-z0-9._-]+)==([^\s;\\]+)", block):
            found[normal(match.group(1))] = (match.group(2), re.findall(r"--hash=sha256:([0-9a-f]{64})\b", block))
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted() -> dict[str, list[str]]:
    project = tomllib.loads(text("pyproject.toml"))
    return {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-dev.txt": project["dependency-groups"]["dev"],
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_hashes(lock: str) -> None:
    found = pins(text(lock))
    assert len(found) > 20
    assert [name for name, (_, hashes) in found.items() if not hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_line_is_anything_but_a_pin_a_hash_or_a_reason(lock: str) -> None:
    form = re.compile(r"|\s*#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in text(lock).splitlines() if not form.fullmatch(line)] == []
    assert re.search(r"://|@ |\bfile:[/.]", text(lock)) is None


@pytest.mark.parametrize("lock", LOCKS)
def test_every_named_dependency_is_locked(lock: str) -> None:
    found = pins(text(lock))
    assert [name for name in wanted()[lock] if normal(re.split(r"[\[<>=;!~ ]", name)[0]) not in found] == []


def test_the_tests_run_on_the_versions_that_people_get() -> None:
    run, dev = pins(text("requirements.txt")), pins(text("requirements-dev.txt"))
    assert {name: pin for name, pin in run.items() if dev.get(name) != pin} == {}


def test_every_dependency_gives_its_reason() -> None:
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text("pyproject.toml"), re.MULTILINE | re.DOTALL)
    assert block
    assert [line for line in block.group(1).splitlines() if not re.search(r'",\s+# \w', line)] == []


def test_a_pin_without_a_hash_is_found() -> None:
    assert pins("a==1 \\\n    --hash=sha256:" + "0" * 64 + "\nb==2\n") == {"a": ("1", ["0" * 64]), "b": ("2", [])}
