"""Recorded runs come in from files: counted first, recorded once, marked as replayed."""

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from decisions import ledger
from decisions.models import Decision, Look
from decisions.rebuild import rebuild
from tests import factories
from tests.recorded.reading import unpacked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def run(*given: object, **options: object) -> str:
    said = StringIO()
    call_command("import_runs", *map(str, given), agent="remediator", stdout=said, stderr=StringIO(), **options)
    return said.getvalue()


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"\n".join(unpacked("learning-traces.jsonl.gz").splitlines()[:4]))
    return path


def test_a_dry_run_says_what_there_is_and_records_nothing(trace: Path) -> None:
    size = ledger.size()
    said = run(trace, dry_run=True)
    assert "nothing recorded: a dry run" in said
    assert "Outcomes:" in said
    assert ledger.size() == size


def test_a_run_is_recorded_once_and_marked_as_replayed(trace: Path) -> None:
    said = run(trace)
    assert "0 entries new" not in said
    size = ledger.size()
    rows = Decision.objects.all()
    assert rows
    assert all(row.replayed and row.account["rationale"] for row in rows)
    assert Look.objects.exists()
    assert "0 entries new" in run(trace)
    assert ledger.size() == size
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (Path(__file__).parent.parent / "recorded" / "sessions").glob("*.gz"))
)
def test_sessions_of_every_agent_come_in(tmp_path: Path, name: str) -> None:
    path = tmp_path / name.removesuffix(".gz")
    path.write_bytes(unpacked(f"sessions/{name}"))
    run(tmp_path)
    assert rebuild(check=True).differences == ()


def test_lines_of_our_own_events_come_in(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(json.dumps(factories.event(decision=f"d-{n}")) for n in range(3)))
    assert "3 actions" in run(path, dry_run=True)
    assert "3 entries new" in run(path)
    assert Decision.objects.filter(replayed=True).count() == 3
    path.write_text('{"specversion": "1.0",\n')
    with pytest.raises(CommandError, match="Line 1"):
        run(path)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary")
    with pytest.raises(CommandError, match="no format that we read"):
        run(path)
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "gone")


def test_what_is_packed_is_to_be_unpacked_first(trace: Path, tmp_path: Path) -> None:
    packed = tmp_path / "run.jsonl.gz"
    packed.write_bytes(gzip.compress(trace.read_bytes()))
    with pytest.raises(CommandError, match=r"run\.jsonl\.gz is packed\. Unpack it first\."):
        run(packed)


def test_an_agent_that_the_register_does_not_know_is_refused(trace: Path) -> None:
    with pytest.raises(CommandError, match="nobody is not in the register"):
        call_command("import_runs", str(trace), agent="nobody", stdout=StringIO(), stderr=StringIO())
