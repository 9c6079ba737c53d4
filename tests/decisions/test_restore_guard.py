"""A restored or swapped database is known by the file beside it, and nothing old in it can be claimed.

A restore is a rollback to a savepoint: the database forgets, the file does not.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import TestCase

from approvals.actions.set_freeze import set_freeze
from decisions import guard_file, ledger, rebuild, recording
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision, Freeze, Person
from decisions.models.ledger import Head
from decisions.vocab import FreezeMode, FreezeScope, Kind, Outcome, State
from tests import factories
from tests.approvals.asking import WIKI, again, refused
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
T = TypeVar("T")


def committed(do: Callable[[], T]) -> T:
    """What `do` answers, and what follows a commit done."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return do()


@pytest.fixture
def file(tmp_path: Path, settings: Any, organisation: factories.Register) -> Path:
    """The file of an installation that has written its register and its policy."""
    path = settings.GUARD_FILE = tmp_path / "guard.json"
    head = ledger.open_head()
    head.leaves = list(ledger.leaves(head.size - 1, head.size))
    guard_file.keep(head)
    committed(recording.check)
    assert ledger.size() == head.size, "an installation that is as it was is left alone"
    return path


def found() -> str:
    """What the next writer finds of the database, and the reason it gives for the stop."""
    committed(recording.check)
    freeze = Freeze.objects.filter(lifted_at__isnull=True).order_by("seq").last()
    return freeze.reason if freeze else ""


def ask(agent: Agent, service: str = "checkout") -> Decision:
    """Something that nobody has asked before."""
    return factories.propose(agent, action=factories.action(service=service, parameters={"to": uuid4().hex}))


def done(agent: Agent, outcome: Outcome = Outcome.SUCCEEDED) -> Decision:
    return factories.finish(factories.claim(ask(agent, "wiki")), outcome)


def every_state(agent: Agent, manager: Person, clock: Clock) -> dict[str, Decision]:
    """A decision in each of the states that a restore may bring back."""
    asked = {
        "pending": ask(agent),
        "window": ask(agent, "geo"),
        "authorized": ask(agent, "wiki"),
        "executing": factories.claim(ask(agent, "wiki")),
        "succeeded": done(agent),
        "failed": done(agent, Outcome.FAILED),
        "revert_ordered": done(agent),
    }
    factories.veto(asked["revert_ordered"], manager)
    assert {name: again(row).state for name, row in asked.items()} == {name: name for name in asked}
    return asked


def test_a_restored_backup_starts_frozen_and_nothing_old_is_claimable(
    file: Path, agent: Agent, manager: Person, responder: Person, clock: Clock
) -> None:
    old = committed(lambda: every_state(agent, manager, clock))
    backup = transaction.savepoint()
    committed(lambda: factories.veto(old["authorized"], responder))
    clock.advance(minutes=1)
    size = ledger.size()
    transaction.savepoint_rollback(backup)

    with pytest.raises(Problem) as told:
        committed(lambda: factories.claim(again(old["authorized"])))
    assert told.value.slug == "expired", "what it found is recorded before the claim is looked at"
    assert {name: again(row).state for name, row in old.items()} == {
        "pending": State.EXPIRED,
        "window": State.EXPIRED,
        "authorized": State.EXPIRED,
        "executing": State.UNKNOWN,
        "succeeded": State.REVIEW,
        "failed": State.REVIEW,
        "revert_ordered": State.REVIEW,
    }
    freeze = Freeze.objects.get()
    assert (freeze.scope, freeze.mode, freeze.set_by) == (FreezeScope.EVERYTHING, FreezeMode.ALL, None)
    assert f"{size} were written" in freeze.reason
    assert dict(freeze.in_flight) == {
        str(old[name].id): name for name in ("pending", "window", "authorized", "executing")
    }
    assert Alarm.objects.get().kind == "database_restored"
    refused("frozen", factories.propose, agent, action=WIKI)
    assert not rebuild.rebuild(check=True).differences


def test_it_is_stopped_once_and_goes_on_when_two_people_say_so(file: Path, agent: Agent, manager: Person) -> None:
    backup = transaction.savepoint()
    committed(lambda: ask(agent))
    transaction.savepoint_rollback(backup)
    assert found()
    size = ledger.size()
    committed(recording.check)
    committed(recording.check)
    assert ledger.size() == size, "what was found once is the installation from then on"


def test_a_stop_that_is_in_force_is_not_set_again(file: Path, agent: Agent, responder: Person) -> None:
    committed(
        lambda: set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=responder.id)
    )
    backup = transaction.savepoint()
    committed(lambda: factories.send(agent, factories.event()))
    transaction.savepoint_rollback(backup)
    committed(recording.check)
    assert Freeze.objects.count() == 1
    assert Alarm.objects.filter(kind="database_restored").exists()


def test_what_was_done_long_before_is_left_alone(file: Path, agent: Agent, clock: Clock) -> None:
    row = committed(lambda: done(agent))
    clock.advance(hours=2)
    committed(lambda: factories.send(agent, factories.event()))
    backup = transaction.savepoint()
    committed(lambda: factories.send(agent, factories.event()))
    transaction.savepoint_rollback(backup)
    assert found()
    assert again(row).state == State.SUCCEEDED


# -- by what it is known


def test_as_many_entries_that_are_others(file: Path, agent: Agent) -> None:
    backup = transaction.savepoint()
    committed(lambda: ask(agent))
    transaction.savepoint_rollback(backup)
    # A process that does not look, as an older version would not.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard_file, "disagreement", lambda _: "")
        patch.setattr(guard_file, "keep", lambda _: None)
        ask(agent)
    assert "not those that were written" in found()


def test_more_entries_that_are_others(file: Path, agent: Agent) -> None:
    backup = transaction.savepoint()
    committed(lambda: ask(agent))
    transaction.savepoint_rollback(backup)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard_file, "disagreement", lambda _: "")
        patch.setattr(guard_file, "keep", lambda _: None)
        for _ in range(3):
            ask(agent)
    assert "not those that were written" in found()


def test_entries_of_a_process_that_ended_before_it_kept_the_file(file: Path, agent: Agent) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard_file, "keep", lambda _: None)
        committed(lambda: ask(agent))
    assert not found()
    committed(lambda: ask(agent))
    assert not found()


def test_another_database(file: Path) -> None:
    Head.objects.update(identity=uuid4())
    assert "another database" in found()


def test_no_file(file: Path) -> None:
    file.unlink()
    assert "is not there" in found()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 512, b'{"size": 3}', b"[]"])
def test_a_file_that_cannot_be_read(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert "cannot be read" in found()


@pytest.mark.parametrize("keeping_times", [False, True])
def test_a_copy_of_the_file(file: Path, keeping_times: bool) -> None:
    """Whoever restores the folder restores the file with it, and the two agree."""
    aside = file.with_suffix(".old")
    (shutil.copy2 if keeping_times else shutil.copy)(file, aside)
    aside.rename(file)
    assert "is a copy" in found()


def test_the_same_file_written_over(file: Path) -> None:
    """As a restore by rsync --inplace does, which keeps the inode and sets the time back."""
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert "is a copy" in found()


def test_a_file_that_cannot_be_kept_loses_nothing(file: Path, agent: Agent, caplog: Any) -> None:
    def full(_: Any) -> None:
        raise OSError("No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard_file, "keep", full)
        row = committed(lambda: ask(agent))
    assert again(row).state == State.PENDING
    assert "guard file" in caplog.text


def test_an_empty_ledger_begins_the_file(db: None, tmp_path: Path, settings: Any) -> None:
    settings.GUARD_FILE = tmp_path / "new" / "guard.json"
    committed(recording.check)
    assert '"size": 0' in settings.GUARD_FILE.read_text()
    assert ledger.size() == 0


def test_the_entries_say_what_was_found(file: Path, agent: Agent) -> None:
    committed(lambda: done(agent))
    backup = transaction.savepoint()
    committed(lambda: ask(agent))
    transaction.savepoint_rollback(backup)
    size = ledger.size()
    found()
    kinds = [entry.kind for entry in ledger.entries(size, ledger.size() - 1)]
    assert kinds == [Kind.FREEZE_SET, Kind.DECISION_HELD, Kind.ALARM_RAISED]
