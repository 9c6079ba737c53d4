"""The repository speaks of the product alone, not of how or where it was written. It must not judge recorded data or vendored files."""

import re
from pathlib import Path

import pytest

from tests.contracts.tree import files, text

FORBIDDEN = {
    "a numbered issue": re.compile(r"\b(?:issues?|pull requests?)\s+#?\d+\b", re.IGNORECASE),
    "another issue": re.compile(r"\b(?:next|later|earlier|previous|separate|own) issue\b", re.IGNORECASE),
    "a working session": re.compile(r"\b(?:next|later|earlier|previous|coding) session\b", re.IGNORECASE),
    "a shared folder": re.compile(
        r"\.\./shared\b|(?<![\w/])/?(?:work/)?shared/(?:data|ui|report|spikes|hooks|\w+\.md)\b"
    ),
    "a document that is not here": re.compile(r"\b(?:design|inputs|style|contract)\.md\b"),
    "a path of one machine": re.compile(
        r"(?<![\w.~-])/(?:work|root|home/\w+|Users/\w+|opt/(?:wheels|pypi)[\w-]*|tmp/contract)(?:/|\b)"
    ),
    "a package registry": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|unpkg\.com|jsdelivr\.net|deb\.debian\.org|proxy\.golang\.org)\b"
    ),
}
BINARY = frozenset({".png", ".jpg", ".ico", ".woff2", ".ttf", ".otf", ".pdf", ".gz", ".xlsx", ".sqlite3"})
APART = frozenset(
    {Path("examples/recorded/decisions.jsonl"), Path("tests/contracts/test_repository_speaks_of_the_product.py")}
)


def spoken(source: str) -> list[str]:
    return [
        f"line {number}: {what}: {match.group()!r}"
        for number, line in enumerate(source.splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if (match := pattern.search(line))
    ]


def read() -> list[Path]:
    return [path for path in files() if path.suffix not in BINARY and path not in APART and "vendor" not in path.parts]


def test_no_file_speaks_of_anything_else() -> None:
    found = {str(path): said for path in read() if (said := spoken(text(path)))}
    assert found == {}


def test_files_are_read_at_all() -> None:
    assert {Path("README.md"), Path("pyproject.toml"), Path("requirements.txt"), Path("oversight/settings.py")} <= set(
        read()
    )


@pytest.mark.parametrize(
    "line",
    [
        "see issue 12",
        "Issue #3 asks for it",
        "left for the next issue",
        "done in an earlier session",
        "cp ../shared/data .",
        "from /work/shared/ui.md",
        "cache: /root/.cache",
        'open("/home/anna/x")',
        "--find-links /opt/wheels",
        "--index-url https://pypi.org/simple",
        "as design.md says",
    ],
)
def test_a_bad_sample_is_found(line: str) -> None:
    assert spoken(line)


@pytest.mark.parametrize(
    "line",
    [
        "the session cookie ends with the session",
        "issue a key, then rotate it",
        "a shared folder, a data root / work queue",
        "GET /reports/",
        "url(/workers/)",
        "color: #123456",
    ],
)
def test_a_good_sample_passes(line: str) -> None:
    assert spoken(line) == []
