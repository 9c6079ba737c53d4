"""A report is counted again from an export and drawn again: what was changed in it, or under it, is found where it was changed."""

import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from approvals.actions.change_register import change_register
from approvals.periods import Period, Scope
from approvals.reports import html_page, pdf, rows_csv, xlsx
from approvals.reports.build import render_all
from approvals.reports.collect import facts_of
from approvals.reports.compared import differences
from approvals.reports.dataset import canonical, report_of
from approvals.reports.generator import generator
from approvals.reports.recount import Outcome, UnreadableError, recount
from decisions import checkpoints, clock, ledger
from decisions.export import export
from decisions.models import Agent
from decisions.reload import ReloadError, reload
from oversight.management.commands.check_report import NAMES
from tests import factories
from tests.factories import event, send

pytestmark = pytest.mark.django_db
OCTOBER = Period.read("2026-10")


@dataclass(frozen=True)
class Kept:
    """A report and the export of the ledger that it was counted from; the database that both came from is empty again."""

    files: dict[str, bytes]
    folder: Path


def october(*, scope: str = "") -> dict[str, bytes]:
    """The report of a few decisions, by format, as the worker makes it."""
    checkpoint = checkpoints.publish()
    facts = facts_of("Example", OCTOBER, Scope.read(scope), now=clock.now(), verified=True)
    report = report_of(facts, generator())
    proof = {"checkpoint": checkpoint, "seq_limit": facts.seq_limit, "root": facts.root}
    with tempfile.TemporaryDirectory() as folder:
        made = render_all(report, proof, Path(folder), lambda *_: None)
        return {
            name: (Path(folder) / one["file"]).read_bytes() for name, one in made.items() if not name.startswith("page")
        }


def live() -> None:
    """Names, acts within and beyond the line, and one outside the month."""
    change_register(factories.organisation(), actor=None)
    agent = Agent.objects.get(slug="remediator")
    for day in range(1, 29):
        search = factories.action(service="search" if day % 3 else "wiki", resource=f"deploy/{day}")
        send(agent, event(decision=f"d{day}", action=search, time=f"2026-10-{day:02d}T03:47:00Z"))
    send(agent, event(decision="later", time="2026-11-02T00:00:00Z"))


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder, before = tmp_path_factory.mktemp("export"), settings.DATA_DIR
    settings.DATA_DIR = tmp_path_factory.mktemp("data")
    clock.use(lambda: datetime(2026, 11, 5, 9, tzinfo=UTC))
    with django_db_blocker.unblock(), transaction.atomic():
        live()
        files = october()
        send(Agent.objects.get(slug="remediator"), event(decision="after", time="2026-10-03T03:47:00Z"))
        checkpoints.publish()
        export(folder, disclosed=True)
        transaction.set_rollback(True)
    settings.DATA_DIR = before
    clock.use(clock.system)
    return Kept(files, folder)


_drawn: dict[tuple[Any, ...], bytes] = {}
RENDERERS: dict[str, Callable[..., bytes]] = {
    "pdf": pdf.render,
    "html": html_page.render,
    "xlsx": xlsx.render,
    "csv": rows_csv.render,
}


def drawn(format_: str, *of: bytes) -> bytes:
    """What the renderer of `format_` makes of a dataset: once in this process, because the same dataset is drawn many times.

    That it makes the same bytes again is shown where nothing is kept: in the first test below, and by another process.
    """
    if (format_, *of) not in _drawn:
        _drawn[format_, *of] = RENDERERS[format_](*of)
    return _drawn[format_, *of]


def counted(kept: Kept, folder: Path | None = None, /, **files: bytes) -> Outcome:
    """The outcome for the report with other `files`, by the export in `folder` or the one it was made with."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in (("pdf", pdf), ("html", html_page), ("xlsx", xlsx), ("csv", rows_csv)):
            patch.setattr(module, "render", partial(drawn, name))
        return recount(kept.files | files, folder or kept.folder)


def test_a_report_is_what_the_ledger_says(kept: Kept) -> None:
    outcome = recount(kept.files, kept.folder)
    assert outcome.wrong == []
    assert [line.split()[1] for line in outcome.held[2:]] == ["PDF", "HTML", "XLSX", "CSV"]
    assert any("names are taken from the report" in line for line in outcome.left)


def test_what_came_to_the_ledger_afterwards_changes_nothing(kept: Kept) -> None:
    counted(kept)
    assert ledger.size() == json.loads(kept.files["json"])["meta"]["ledger_seq"] + 1


def forged(kept: Kept, change: Callable[[dict[str, Any]], None]) -> dict[str, bytes]:
    """The report with other data, drawn anew from them: its files agree with one another."""
    data = json.loads(kept.files["json"])
    change(data)
    dataset = canonical(data)
    return {"json": dataset, "pdf": drawn("pdf", dataset, kept.files["proof"]), "csv": drawn("csv", dataset)}


FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a figure": (lambda d: d["measures"][1].update(value=0.0), "measures.1.value"),
    "a sentence": (lambda d: d["verdict"]["head"].update(text="All is well."), "verdict.head.text"),
    "a status": (lambda d: d["measures"][0].update(status="within"), "measures.0.status"),
    "a point of a chart": (lambda d: d["charts"]["failures"]["series"][0]["values"].__setitem__(11, 9.5), "charts."),
    "a row": (lambda d: d["rows"]["items"].pop(), "rows.items"),
    "a limit": (lambda d: d["meta"]["limits"].update(stop_seconds=600), "meta.limits.stop_seconds"),
    "the organisation's policy": (lambda d: d["meta"].update(policy_version=7), "meta.policy_version"),
    "when it speaks of": (lambda d: d["meta"].update(as_of="2026-11-04T00:00:01Z"), "meta.as_of"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_what_was_edited_in_the_data_is_named(kept: Kept, name: str) -> None:
    change, path = FORGERIES[name]
    outcome = counted(kept, **forged(kept, change))
    assert any(line.startswith(path) for line in outcome.wrong), outcome.wrong


@pytest.mark.parametrize("format_", ["pdf", "html", "xlsx", "csv"])
def test_one_byte_of_a_file(kept: Kept, format_: str) -> None:
    body = bytearray(kept.files[format_])
    body[len(body) // 2] ^= 1
    outcome = counted(kept, **{format_: bytes(body)})
    assert outcome.wrong == [f"The {format_.upper()} is not what its dataset makes: it was changed."]


def test_other_bytes_that_say_the_same(kept: Kept) -> None:
    pretty = json.dumps(json.loads(kept.files["json"]), indent=1).encode()
    assert any("other bytes" in line for line in counted(kept, json=pretty).wrong)


def test_a_ledger_that_was_changed_under_a_report(kept: Kept, tmp_path: Path) -> None:
    folder = shutil.copytree(kept.folder, tmp_path / "changed")
    [bundle] = [path for path in (folder / "tile" / "entries").rglob("*") if path.is_file()]
    raw = bundle.read_bytes()
    bundle.write_bytes(raw.replace(b'"ts":"2026-11-05', b'"ts":"2026-11-04', 1))
    assert bundle.read_bytes() != raw
    [found] = recount(kept.files, folder).wrong
    assert "was counted from others" in found


def test_an_entry_that_was_taken_out(kept: Kept, tmp_path: Path) -> None:
    folder = shutil.copytree(kept.folder, tmp_path / "changed")
    [bundle] = [path for path in (folder / "tile" / "entries").rglob("*") if path.is_file()]
    raw = bundle.read_bytes()
    (length,) = struct.unpack_from(">H", raw)
    bundle.write_bytes(raw[2 + length :])
    with pytest.raises(ReloadError, match="damaged"):
        recount(kept.files, folder)


def test_what_the_export_says_of_an_entry_must_be_what_the_entry_holds(kept: Kept, tmp_path: Path) -> None:
    folder = shutil.copytree(kept.folder, tmp_path / "changed")
    told = folder / "disclosures.jsonl"
    told.write_text(told.read_text().replace("Checkout", "Payments", 1))
    with pytest.raises(ReloadError, match="not what the entry holds"):
        recount(kept.files, folder)


def test_what_was_erased_since_leaves_the_figures(kept: Kept, tmp_path: Path) -> None:
    folder = shutil.copytree(kept.folder, tmp_path / "erased")
    told = folder / "disclosures.jsonl"
    lines = told.read_text().splitlines(keepends=True)
    gone = next(line for line in lines if "deploy/7" in line)
    told.write_text("".join(line for line in lines if line != gone))
    outcome = counted(kept, folder)
    assert outcome.wrong == []
    assert any("erased since" in line for line in outcome.left)


def test_a_figure_is_not_excused_by_an_erasure(kept: Kept, tmp_path: Path) -> None:
    folder = shutil.copytree(kept.folder, tmp_path / "erased")
    told = folder / "disclosures.jsonl"
    told.write_text("".join(line for line in told.read_text().splitlines(keepends=True) if "deploy/7" not in line))
    change, path = FORGERIES["a figure"]
    outcome = counted(kept, folder, **forged(kept, change))
    assert [line for line in outcome.wrong if line.startswith(path)]


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"meta":{}}', b"\xff"])
def test_what_is_no_report(kept: Kept, raw: bytes) -> None:
    with pytest.raises(UnreadableError):
        counted(kept, json=raw)


def test_an_export_that_does_not_reach_far_enough(kept: Kept, tmp_path: Path) -> None:
    with pytest.raises(ReloadError, match="no export"):
        recount(kept.files, tmp_path)
    size = json.loads(kept.files["json"])["meta"]["ledger_seq"] + 100
    with pytest.raises(ReloadError, match="export anew"):
        reload(kept.folder, size)


def test_only_an_empty_database_is_filled(kept: Kept, organisation: factories.Register) -> None:
    with pytest.raises(ReloadError, match="empty"):
        reload(kept.folder, 3)


def check_report(report: Path, kept: Kept, **given: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "check_report", str(report)]
    command += ["--export", str(kept.folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **given)


def test_the_same_bytes_elsewhere(kept: Kept, tmp_path: Path) -> None:
    """Another folder, home, time zone, locale, order of sets, mask of permissions, and day."""
    for format_, name in {**NAMES, "proof": "proof.json"}.items():
        (tmp_path / name).write_bytes(kept.files[format_])
    (tmp_path / "home").mkdir()
    strange = {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "LANG": "tr_TR.UTF-8",
        "HOME": str(tmp_path / "home"),
        "PYTHONHASHSEED": "7",
        "OVERSIGHT_ZONE": "America/New_York",
        "OVERSIGHT_ORGANISATION": "Somebody else",
        "PATH": os.environ["PATH"],
    }
    done = check_report(tmp_path, kept, env=strange, cwd=tmp_path / "home", umask=0o077)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[2] for line in done.stdout.splitlines() if "byte for byte" in line] == [
        "PDF", "HTML", "XLSX", "CSV",
    ]  # fmt: skip
    assert done.stdout.splitlines()[-1] == "This report is what the ledger says."


def test_the_command_says_what_it_cannot_read(kept: Kept, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.7 nothing")
    done = check_report(report, kept)
    assert (done.returncode, "Nothing was compared" in done.stderr) == (1, True)


def test_a_pdf_alone_holds_what_it_is_counted_again_from(kept: Kept, tmp_path: Path) -> None:
    report, said = tmp_path / "report.pdf", io.StringIO()
    report.write_bytes(kept.files["pdf"])
    call_command("check_report", str(report), "--export", str(kept.folder), "--here", stdout=said)
    assert said.getvalue().splitlines()[-1] == "This report is what the ledger says."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, JSON)
def test_two_documents_differ_somewhere_or_are_the_same(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (not list(differences(one, other))) == same
    assert list(differences(one, one)) == []
