"""veraPDF says that a report's PDF keeps both standards, and sees each fault that is planted in it.

python -m pytest -m judges tests/judges/test_pdf.py
"""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from approvals.reports import pdf
from approvals.reports.dataset import canonical
from tests.approvals.reports import months
from tests.judges import verapdf

pytestmark = [
    pytest.mark.judges,
    pytest.mark.skipif(not verapdf.there(), reason="veraPDF is not installed"),
]
STANDARDS = ("3a", "ua1")
Fault = Callable[[PdfWriter], None]


def made(name: str) -> bytes:
    return pdf.render(canonical(months.report(name)), canonical({"checkpoint": months.NOTE}))


@pytest.fixture(scope="session")
def full() -> bytes:
    return made("full")


def dictionaries(writer: PdfWriter) -> list[DictionaryObject]:
    found = (one.get_object() for one in writer._objects if one is not None)
    return [one for one in found if isinstance(one, DictionaryObject)]


def as_it_was(_: PdfWriter) -> None:
    """Only written again."""


def alt_removed(writer: PdfWriter) -> None:
    for one in dictionaries(writer):
        one.pop(NameObject("/Alt"), None)


def no_lang(writer: PdfWriter) -> None:
    for one in dictionaries(writer):
        one.pop(NameObject("/Lang"), None)


def font_not_embedded(writer: PdfWriter) -> None:
    for one in dictionaries(writer):
        for name in ("/FontFile", "/FontFile2", "/FontFile3"):
            one.pop(NameObject(name), None)


def relationship_removed(writer: PdfWriter) -> None:
    for one in dictionaries(writer):
        one.pop(NameObject("/AFRelationship"), None)


def javascript_added(writer: PdfWriter) -> None:
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('now');")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)


CAUGHT: dict[Fault, tuple[str, str]] = {
    alt_removed: ("ua1", "7.3-1"),
    no_lang: ("ua1", "7.2-"),
    font_not_embedded: ("3a", "6.2.11.4.1-1"),
    relationship_removed: ("3a", "6.8-3"),
    javascript_added: ("3a", "6.5.1-"),
}
"""The standard and the rule that each breaks."""


def planted(body: bytes, fault: Fault, folder: Path) -> Path:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(body)))
    fault(writer)
    path = folder / f"{fault.__name__}.pdf"
    writer.write(path)
    return path


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("name", months.FACTS)
def test_a_report_keeps_both_standards(name: str, standard: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made(name))
    said = verapdf.judge(path, standard)
    assert said.compliant, said.messages
    assert said.assertions > 1000, "that something was looked at"


@pytest.mark.parametrize("standard", STANDARDS)
def test_what_is_only_written_again_still_keeps_them(full: bytes, standard: str, tmp_path: Path) -> None:
    """So that what is caught below is the fault, and not the writing."""
    said = verapdf.judge(planted(full, as_it_was, tmp_path), standard)
    assert said.compliant, said.messages


@pytest.mark.parametrize("fault", CAUGHT, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_caught(full: bytes, fault: Fault, tmp_path: Path) -> None:
    standard, rule = CAUGHT[fault]
    said = verapdf.judge(planted(full, fault, tmp_path), standard)
    assert not said.compliant
    assert [key for key in said.failed if key.startswith(rule)], said.messages
