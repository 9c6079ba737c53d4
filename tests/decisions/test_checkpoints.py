"""Publishing: a note of the head outside the database, and never one of a head that does not extend the last."""

import fcntl
import os
import threading
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from decisions import durable, ledger, notes, signers, signing, tasks
from decisions.checkpoints import DisagreementError, publish
from decisions.merkle import EMPTY_ROOT
from decisions.models import Agent, Alarm
from decisions.models.ledger import Head, StoredCheckpoint
from tests.factories import event, send
from tests.tampering import as_owner, rewrite, set_head

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def keys() -> Path:
    return signers.own().path


def signed(note: str) -> signing.Checkpoint:
    return signing.verify(note, signing.load_key(keys() / "ledger").public_key())


def add(agent: Agent, count: int = 1) -> None:
    send(agent, *[event() for _ in range(count)])


def test_the_head_is_signed_and_kept_inside_and_outside_the_database(agent: Agent) -> None:
    note = publish()
    head = Head.objects.get()
    assert signed(note) == signing.Checkpoint("oversight.local/ledger1", head.size, bytes(head.root))
    assert StoredCheckpoint.objects.get(size=head.size).note == note
    assert (notes.folder() / f"{head.size}.txt").read_text() == (notes.folder() / "latest").read_text() == note
    assert [path.name for path in notes.folder().iterdir() if path.name.startswith(".")] == []


@pytest.mark.django_db
def test_an_empty_ledger_has_a_checkpoint_too() -> None:
    assert signed(publish()).root == EMPTY_ROOT


def test_without_growth_there_is_nothing_new_to_sign(agent: Agent) -> None:
    assert publish() == publish()
    assert StoredCheckpoint.objects.count() == 1


def test_without_growth_it_says_when_it_was_compared_last(agent: Agent) -> None:
    assert notes.confirmed_at() is None
    publish()
    latest = notes.folder() / "latest"
    before = latest.read_text()
    os.utime(latest, (0, 0))
    publish()
    assert notes.confirmed_at() == datetime.fromtimestamp(latest.stat().st_mtime, UTC)
    assert latest.stat().st_mtime > 0
    assert latest.read_text() == before
    assert b"oversight_checkpoint_age_seconds" in Client().get("/metrics").content


def test_without_agreement_it_is_not_said(agent: Agent) -> None:
    publish()
    os.utime(notes.folder() / "latest", (0, 0))
    rewrite(2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    with pytest.raises(DisagreementError):
        publish()
    assert notes.confirmed_at() == datetime.fromtimestamp(0, UTC)


def test_it_reads_no_more_than_was_added(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    publish()
    before = ledger.size()
    add(agent, 3)
    read: list[tuple[int, int]] = []
    bodies = ledger.bodies

    def counted(first: int, end: int) -> Any:
        read.append((first, end))
        return bodies(first, end)

    monkeypatch.setattr(ledger, "bodies", counted)
    publish()
    assert read == [(before, ledger.size())]


def test_after_a_crash_between_file_and_database_the_row_follows(agent: Agent) -> None:
    note = publish()
    as_owner("DELETE FROM checkpoint")
    assert publish() == note
    assert StoredCheckpoint.objects.get().note == note


def refused(match: str) -> None:
    """It refuses, signs nothing, and raises the alarm once."""
    kept = sorted(path.name for path in notes.folder().iterdir()), StoredCheckpoint.objects.count()
    for _ in range(2):
        with pytest.raises(DisagreementError, match=match):
            publish()
    assert (sorted(path.name for path in notes.folder().iterdir()), StoredCheckpoint.objects.count()) == kept
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["ledger_disagreement"]


def test_it_never_signs_a_rewritten_history(agent: Agent) -> None:
    add(agent, 4)
    publish()
    rewrite(2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    add(agent)
    refused("are not those that were signed")


def test_it_never_signs_a_hash_that_is_not_of_its_entry(agent: Agent) -> None:
    """One flipped bit, signed, would be wrong for ever."""
    publish()
    add(agent, 4)
    rewrite(ledger.size() - 2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    leaf = bytes(32)
    as_owner("UPDATE entry SET leaf = %s WHERE seq = %s", [leaf, ledger.size() - 2])
    set_head(ledger.size())
    refused("do not have the hashes that are stored")


def test_it_never_signs_a_ledger_whose_end_is_gone(agent: Agent) -> None:
    add(agent, 4)
    publish()
    size = ledger.size()
    as_owner("DELETE FROM entry WHERE seq >= %s", [size - 2])
    set_head(size - 2)
    with pytest.raises(DisagreementError, match=f"{size} entries were signed and only {size - 2} are left"):
        publish()
    assert Alarm.objects.get().kind == "ledger_disagreement"


def test_it_never_signs_a_head_that_is_not_of_its_entries(agent: Agent) -> None:
    publish()
    add(agent)
    as_owner("UPDATE head SET root = %s", [bytes(32)])
    with pytest.raises(DisagreementError, match="is not that of its entries"):
        publish()


def test_it_does_not_forget_what_it_signed_when_the_notes_are_gone(agent: Agent) -> None:
    add(agent, 4)
    publish()
    for path in notes.folder().glob("*"):
        path.unlink()
    as_owner("DELETE FROM checkpoint")
    assert signed(publish()).size == ledger.size()
    rewrite(2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    refused("are not those that were signed")


def test_a_new_folder_beside_an_old_database_makes_no_second_key(agent: Agent, settings: Any, tmp_path: Path) -> None:
    publish()
    settings.DATA_DIR = tmp_path / "another"
    with pytest.raises(DisagreementError, match="bring back its folder"):
        publish()
    assert not (keys() / "ledger").exists()


def test_without_its_key_it_signs_nothing(agent: Agent) -> None:
    publish()
    (keys() / "ledger").unlink()
    add(agent)
    refused("is gone")
    assert not (keys() / "ledger").exists()


def test_without_its_state_it_signs_nothing(agent: Agent) -> None:
    publish()
    (keys() / "ledger.signed").unlink()
    refused("what was signed last is not known")


def test_with_a_state_that_was_put_back_it_signs_nothing(agent: Agent) -> None:
    """State and database of the same backup agree with each other, and not with what others hold."""
    publish()
    state = keys() / "ledger.signed"
    content = state.read_bytes()
    add(agent)
    publish()
    state.rename(state.with_suffix(".old"))
    state.write_bytes(content)
    refused("is a copy")


def test_with_an_older_state_than_the_notes_it_signs_nothing(agent: Agent) -> None:
    first = publish()
    add(agent)
    publish()
    with signers.own().slate.opened(fcntl.LOCK_EX) as held:
        old = signed(first)
        held.write({"origin": old.origin, "size": old.size, "root": old.root.hex()})
    refused(f"is of {ledger.size()} entries, and the signer knows of {old.size}")


@pytest.mark.parametrize("note", ["", "rubbish\n", "\udcff"])
def test_a_spoilt_note_is_not_passed_over(agent: Agent, note: str) -> None:
    publish()
    (notes.folder() / "latest").write_bytes(note.encode(errors="surrogateescape"))
    refused("cannot be relied on")


def test_a_ledger_of_another_name_is_not_continued(agent: Agent, settings: Any) -> None:
    publish()
    settings.LOG_ORIGIN = "oversight.local/ledger2"
    with pytest.raises(DisagreementError, match="this is the ledger"):
        publish()


def test_the_alarm_that_cannot_be_recorded_does_not_hide_the_refusal(agent: Agent) -> None:
    publish()
    as_owner("UPDATE head SET frontier = %s, root = %s", [b"", bytes(32)])
    with pytest.raises(DisagreementError):
        publish()


@pytest.mark.django_db(transaction=True)
def test_two_that_publish_at_once_publish_one(agent: Agent) -> None:
    made: list[str] = []

    def work() -> None:
        made.append(publish())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1


def test_the_command_prints_the_note_or_says_why_not(agent: Agent) -> None:
    out = StringIO()
    call_command("publish_checkpoint", stdout=out)
    assert signed(out.getvalue()).size == ledger.size()
    rewrite(2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    with pytest.raises(CommandError, match="Nothing was signed"):
        call_command("publish_checkpoint", stdout=out)


def test_the_task_is_the_function(agent: Agent) -> None:
    tasks.publish_checkpoint()
    assert signed((notes.folder() / "latest").read_text()).size == ledger.size()


def test_what_is_written_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "note"
    durable.write_whole(path, b"one", mode=0o600)
    durable.write_whole(path, b"two")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o644)
    assert list(path.parent.iterdir()) == [path]
