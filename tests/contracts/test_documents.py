"""README and CHANGELOG tell a newcomer what is true. They must not name files that are not there."""

import re

from tests.contracts.tree import ROOT, text


def commands(document: str) -> list[str]:
    blocks = re.findall(r"```(?:sh|console|bash)\n(.*?)```", document, re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def paths(document: str) -> set[str]:
    """What a document names in backquotes that looks like a path of the repository."""
    return set(re.findall(r"`((?:[\w.-]+/)+[\w.*-]*|[\w-]+\.(?:md|yml|toml|txt))`", document))


def test_the_readme_begins_with_the_two_commands() -> None:
    assert commands(text("README.md"))[:2] == ["make demo", "make test"]


def test_the_readme_names_paths_that_exist() -> None:
    named = {path for path in paths(text("README.md")) if not path.startswith(("var/", ".venv/"))}
    assert named
    assert [path for path in sorted(named) if not list(ROOT.glob(path.rstrip("/")))] == []


def test_the_changelog_has_the_version_that_comes_next() -> None:
    changelog = text("CHANGELOG.md")
    assert "## Unreleased" in changelog
    sections = set(re.findall(r"^### (.+)$", changelog, re.MULTILINE))
    assert sections <= {"Added", "Changed", "Fixed", "Security", "Removed", "Breaking"}


def test_the_licence_is_there_and_the_notice_names_what_is_from_others() -> None:
    assert "Apache License" in text("LICENSE")
    assert {"examples/recorded/decisions.jsonl", "static/vendor/"} <= set(
        re.findall(r"^\* (\S+)$", text("NOTICE"), re.MULTILINE)
    )
    assert "MIT License" in text("examples/recorded/LICENSE")
