"""The ledger as files: an auditor accepts them, a second run adds to them, and what does not hold is not written."""

import itertools
import json
import os
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from decisions import export as module
from decisions import ledger
from decisions.checkpoints import publish
from decisions.export import ExportError, export
from decisions.models import Agent
from decisions.models.ledger import Disclosure
from tests.auditor import check_export
from tests.factories import event, send
from tests.tampering import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def grow(agent: Agent, size: int) -> None:
    """A ledger of `size` entries with a checkpoint."""
    while (missing := size - ledger.size()) > 0:
        send(agent, *[event() for _ in range(min(missing, 200))])
    publish()


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Each file's content and when it was written."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def bodies() -> list[bytes]:
    return ledger.bodies(0, ledger.size())


@pytest.mark.parametrize("size", [17, 255, 256, 257, 511, 512, 600])
def test_an_auditor_accepts_it(agent: Agent, folder: Path, size: int) -> None:
    grow(agent, size)
    assert export(folder).size == size
    assert check_export(folder) == bodies()


def test_an_empty_ledger_is_exported_too(folder: Path) -> None:
    publish()
    export(folder)
    assert check_export(folder) == []
    assert sorted(files(folder)) == ["checkpoint", "policy"]


def test_without_a_checkpoint_there_is_nothing_to_export(agent: Agent, folder: Path) -> None:
    with pytest.raises(ExportError, match="publish_checkpoint"):
        export(folder)
    assert not folder.exists()


def test_a_second_run_writes_only_what_is_new(agent: Agent, folder: Path) -> None:
    grow(agent, 300)
    export(folder)
    first = files(folder)
    export(folder)
    assert files(folder) == first
    grow(agent, 620)
    export(folder)
    second = files(folder)
    changed = {name for name, found in first.items() if second[name] != found}
    assert changed == {"checkpoint"}
    assert set(second) - set(first) == {
        "tile/0/001",
        "tile/0/002.p/108",
        "tile/1/000.p/2",
        "tile/entries/001",
        "tile/entries/002.p/108",
    }
    assert check_export(folder) == bodies()


def test_it_ends_at_the_checkpoint(agent: Agent, folder: Path) -> None:
    grow(agent, 300)
    send(agent, event())
    export(folder)
    assert len(check_export(folder)) == 300


def crashes_at(step: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether an export that ends at its `step`th wait for the disk came so far."""
    fsync, calls = os.fsync, 0

    def crash(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == step:
            raise KeyboardInterrupt
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", crash)
        try:
            export(folder)
        except KeyboardInterrupt:
            return True
    return False


def test_a_crash_at_any_step_leaves_the_older_export(
    agent: Agent, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(agent, 300)
    export(folder)
    older = bodies()
    grow(agent, 620)
    for step in itertools.count(1):
        crashed = Path(shutil.copytree(folder, tmp_path / f"crashed-{step}"))
        if not crashes_at(step, crashed, monkeypatch):
            assert check_export(crashed) == bodies()
            break
        assert check_export(crashed) in (older, bodies()), step
        export(crashed)
        assert check_export(crashed) == bodies(), step
        assert [name for name in files(crashed) if ".new-" in name] == [], step
    assert step > 5, "an export waits for the disk more often than that"


def test_what_a_crash_left_of_a_lost_history_is_replaced(agent: Agent, folder: Path) -> None:
    grow(agent, 600)
    (folder / "tile/entries").mkdir(parents=True)
    (folder / "tile/entries/001").write_bytes(b"of another history")
    export(folder)
    assert check_export(folder) == bodies()


def test_disclosures_are_written_when_they_are_asked_for(agent: Agent, folder: Path) -> None:
    grow(agent, 30)
    export(folder)
    assert "disclosures.jsonl" not in files(folder)
    export(folder, disclosed=True)
    lines = [json.loads(line) for line in (folder / "disclosures.jsonl").read_text().splitlines()]
    texts = ledger.texts_of(range(ledger.size()))
    stored = [
        {"seq": seq, "name": name, "text": texts[seq][name]} for seq in sorted(texts) for name in sorted(texts[seq])
    ]
    assert lines == stored
    assert (folder / "disclosures.jsonl").stat().st_mode & 0o777 == 0o600
    Disclosure.objects.filter(seq=20).delete()
    export(folder, disclosed=True)
    assert {line["seq"] for line in lines} - {20} == {
        json.loads(line)["seq"] for line in (folder / "disclosures.jsonl").read_text().splitlines()
    }


def refused(folder: Path, match: str) -> None:
    before = files(folder) if folder.exists() else {}
    with pytest.raises(ExportError, match=match):
        export(folder)
    after = files(folder)
    assert {name: after.get(name) for name in before} == before
    assert ("checkpoint" in after) == ("checkpoint" in before)


def test_a_rewritten_entry_is_not_exported(agent: Agent, folder: Path) -> None:
    grow(agent, 300)
    as_owner("UPDATE entry SET body = %s WHERE seq = 20", [b'{"v":2}'])
    refused(folder, "entries of bundle 000 are not in the signed tree")


def test_a_rewritten_tile_is_not_exported(agent: Agent, folder: Path) -> None:
    grow(agent, 300)
    as_owner("UPDATE tile SET hashes = %s", [bytes(8192)])
    refused(folder, "tile 0/000 is not in the signed tree")


def test_a_rewritten_root_is_not_exported(agent: Agent, folder: Path) -> None:
    grow(agent, 300)
    as_owner("UPDATE tile SET root = %s", [bytes(32)])
    refused(folder, "does not have the signed root")


def test_missing_entries_are_not_exported(agent: Agent, folder: Path) -> None:
    grow(agent, 300)
    as_owner("DELETE FROM entry WHERE seq = 20")
    refused(folder, "not whole")


def test_another_ledger_is_not_mixed_in(agent: Agent, folder: Path) -> None:
    grow(agent, 20)
    export(folder)
    note = (folder / "checkpoint").read_text()
    for other, match in (
        (note.replace("oversight.local/ledger1", "oversight.local/ledger2"), "name another folder"),
        (note.replace("\n20\n", "\n21\n"), "only 20 are signed here"),
        (note.replace("\n20\n", "\n19\n"), "history was rewritten"),
        ("rubbish", "cannot be read"),
    ):
        (folder / "checkpoint").write_text(other)
        refused(folder, match)


def test_a_folder_of_other_things_is_left_alone(agent: Agent, folder: Path) -> None:
    grow(agent, 20)
    folder.mkdir()
    (folder / "letters").write_text("mine")
    refused(folder, "name an empty one")


def test_two_exports_do_not_meet(agent: Agent, folder: Path) -> None:
    grow(agent, 20)
    folder.mkdir()
    with module._alone(folder):
        refused(folder, "another export")


def test_the_command(agent: Agent, folder: Path) -> None:
    grow(agent, 20)
    out = StringIO()
    call_command("export_ledger", str(folder), stdout=out)
    assert out.getvalue().startswith("20 entries of oversight.local/ledger1, root ")
    assert check_export(folder) == bodies()
    (folder / "checkpoint").write_text("rubbish")
    with pytest.raises(CommandError, match="Nothing was published"):
        call_command("export_ledger", str(folder), stdout=out)


def test_progress_is_told(agent: Agent, folder: Path) -> None:
    grow(agent, 600)
    told: list[Any] = []
    export(folder, progress=lambda done, total: told.append((done, total)))
    assert told == [(256, 600), (512, 600), (600, 600)]
