"""Full checks of the ledger: who may ask, one at a time, what came of each in the record, and what becomes of one that dies."""

import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from approvals import checking
from approvals.actions.record_check import close_silent, record_check
from approvals.actions.request_check import request_check, send_again, take_up
from approvals.checking import OverError, Pulse, check_ledger
from approvals.models import LedgerCheck
from approvals.models.checks import SILENT
from approvals.queries import checks
from approvals.tasks import check_ledger as check_task
from decisions import checkpoints, ledger, lookup
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Person
from decisions.verify import Verdict, verify_ledger
from decisions.vocab import Kind
from tests.conftest import Clock
from tests.factories import event, send
from tests.tampering import as_owner, rewrite

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def asked(person: Person) -> LedgerCheck:
    """A check that somebody asked for and a process has taken up."""
    check = request_check(actor=person.id)
    assert take_up(check.id)
    check.refresh_from_db()
    return check


def last() -> Any:
    (entry,) = lookup.newest(Kind.LEDGER_CHECKED, 1)
    return entry


def kinds() -> list[str]:
    return [str(entry.kind) for entry in ledger.entries(0, ledger.size() - 1)]


@pytest.mark.parametrize("role", ["viewer", "responder", "manager", "executive"])
def test_who_may_not_ask(role: str, request: pytest.FixtureRequest) -> None:
    person = request.getfixturevalue(role)
    size = ledger.size()
    with pytest.raises(Problem) as caught:
        request_check(actor=person.id)
    assert (caught.value.status, caught.value.slug) == (403, "role")
    assert (LedgerCheck.objects.count(), ledger.size()) == (0, size)


def test_a_clean_ledger(agent: Agent, auditor: Person, clock: Clock, data_dir: Path) -> None:
    send(agent, event())
    checkpoints.publish()
    check = asked(auditor)
    size, root = ledger.size(), bytes(ledger.current().root).hex()
    steps: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        steps.append((done, total))
        clock.advance(seconds=2)

    check_ledger(check, progress)
    entry = last()
    assert steps == [(size, size)]
    assert entry.actor == f"person:{auditor.id}"
    assert entry.facts == {
        "kv": 1,
        "check": str(check.id),
        "result": "clean",
        "requested": "2026-11-22T03:47:00.000000Z",
        "begun": "2026-11-22T03:47:00.000000Z",
        "ms": 2000,
        "size": size,
        "root": root,
        "checkpoints": 2,
        "tiles": 0,
        "erased": 0,
        "lost": 0,
        "faults": 0,
        "first": None,
        "last": None,
    }
    assert entry.disclosed == {}
    check.refresh_from_db()
    assert (check.over, check.result, check.seq, check.unrecorded) == (True, "clean", entry.seq, {})
    assert not Alarm.objects.filter(kind="ledger_faulty").exists()
    assert verify_ledger().clean, "the entry about the check is one like any other"


def test_faults_are_recorded_and_raise_an_alarm_that_a_clean_check_ends(
    agent: Agent, auditor: Person, manager: Person
) -> None:
    seq = send(agent, event()).first_seq
    before = ledger.entry(seq)
    assert before is not None
    rewrite(seq, lambda envelope: envelope.update(actor="agent:another"), tree=False)
    check_ledger(asked(auditor))
    entry = last()
    assert (entry.facts["result"], entry.facts["first"], entry.facts["last"]) == ("faulty", 0, ledger.size() - 3)
    assert entry.facts["faults"] == len(entry.disclosed["faults"]) == 1
    assert "root is not that of the entries" in entry.disclosed["faults"][0]["what"]
    alarm = Alarm.objects.get(kind="ledger_faulty")
    assert (alarm.state, alarm.seq) == ("open", entry.seq + 1)
    assert alarm.subject.startswith(f"Entries 0 to {entry.facts['last']}: the head's root is not")
    (shown,) = checks.recorded(10)
    assert shown.faults[0].words.startswith(f"Entries 0 to {entry.facts['last']}: the head's root")
    as_owner("UPDATE entry SET body = %s, leaf = %s WHERE seq = %s", [before[1], before[2], seq])
    check_ledger(asked(auditor))
    alarm.refresh_from_db()
    assert (last().facts["result"], alarm.state) == ("clean", "cleared")
    assert kinds()[-2:] == ["ledger.checked", "alarm.cleared"]


def test_faults_without_end_are_told_to_a_limit(agent: Agent, auditor: Person, settings: Any) -> None:
    send(agent, *[event() for _ in range(150)])
    settings.LOG_ORIGIN = "another.example/ledger"
    verdict = verify_ledger()
    assert [fault.first for fault in verdict.faults] == list(range(100))


def test_one_at_a_time(auditor: Person, admin: Person) -> None:
    first = request_check(actor=auditor.id)
    assert request_check(actor=admin.id).id == first.id
    assert take_up(first.id)
    assert not take_up(first.id), "of those who are told of it one does it"
    assert request_check(actor=admin.id).id == first.id
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerCheck.objects.create(requested_by=admin.id, requested_at=first.requested_at, seen_at=first.seen_at)
    first.refresh_from_db()
    check_ledger(first)
    assert request_check(actor=admin.id).id != first.id


def test_a_press_that_loses_the_race_shows_the_one_that_won(
    auditor: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and asking somebody else asks."""
    won: list[LedgerCheck] = []

    def meanwhile() -> None:
        monkeypatch.undo()
        won.append(request_check(actor=admin.id))

    monkeypatch.setattr("approvals.actions.request_check.close_silent", meanwhile)
    assert request_check(actor=auditor.id).id == won[0].id
    assert LedgerCheck.objects.get().requested_by == admin.id


def test_one_that_died_is_interrupted_and_never_runs_for_ever(auditor: Person, admin: Person, clock: Clock) -> None:
    check = asked(auditor)
    LedgerCheck.objects.filter(id=check.id).update(done=2000, total=9000)
    for seconds, state in ((30, "running"), (1, "interrupted")):
        now = clock.advance(seconds=seconds)
        shown = checks.open_now(now)
        assert shown is not None
        assert (shown.state, shown.percent) == (state, 22), "evaluated, whether or not anybody swept"
    again = request_check(actor=admin.id)
    assert again.id != check.id
    entry = last()
    assert entry.actor == f"person:{auditor.id}", "who asked, not who found it dead"
    assert (entry.facts["result"], entry.facts["check"], entry.facts["ms"]) == ("interrupted", str(check.id), None)
    close_silent()
    assert kinds().count("ledger.checked") == 1


def test_one_that_nobody_has_taken_up_waits(auditor: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("approvals.actions.request_check.send", told.append)
    check = request_check(actor=auditor.id)
    send_again()
    assert told == [], "what was asked for just now is under way"
    now = clock.advance(hours=1)
    close_silent()
    send_again()
    shown = checks.open_now(now)
    assert shown is not None
    assert (told, shown.state, shown.unheard) == ([check.id], "queued", True)


def test_what_is_said_first_stands(auditor: Person, clock: Clock) -> None:
    """A process that was suspended comes back after it was taken for dead."""
    check = asked(auditor)
    clock.advance(seconds=SILENT.total_seconds() + 1)
    close_silent()
    record_check(check, Verdict())
    assert kinds().count("ledger.checked") == 1
    check.refresh_from_db()
    assert (check.result, last().facts["result"]) == ("interrupted", "interrupted")


def test_a_check_that_fails_is_interrupted(auditor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> Verdict:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(checking, "verify_ledger", broken)
    with pytest.raises(RuntimeError):
        check_ledger(asked(auditor))
    assert last().facts["result"] == "interrupted"


class Child:
    """A process that ends at once, having done nothing."""

    def wait(self) -> int:
        return -9


def test_a_process_that_was_killed_is_interrupted_at_once(auditor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def start(command: list[str]) -> Child:
        started.append(command)
        return Child()

    monkeypatch.setattr("approvals.tasks.subprocess.Popen", start)
    monkeypatch.setattr("approvals.tasks.threading.Thread", Inline)
    # The thread of a worker closes its own connection; here it is the test's.
    monkeypatch.setattr("approvals.tasks.connection.close", lambda: None)
    check = request_check(actor=auditor.id)
    for _ in range(2):
        check_task(str(check.id))
    assert [command[-2:] for command in started] == [["check_ledger", str(check.id)]]
    assert last().facts["result"] == "interrupted"


class Inline:
    """A thread that runs where it is started."""

    def __init__(self, target: Any, args: tuple[Any, ...], **_: Any) -> None:
        self.run = lambda: target(*args)

    def start(self) -> None:
        self.run()


def test_a_halted_ledger_takes_no_entry_and_the_check_keeps_what_it_found(
    agent: Agent, auditor: Person, clock: Clock
) -> None:
    checkpoints.publish()
    check = asked(auditor)
    size = ledger.size()
    as_owner("UPDATE head SET halted = %s", [True])
    check_ledger(check)
    assert ledger.size() == size
    shown = checks.open_now(clock.now())
    assert shown is not None
    assert (shown.id, shown.state, shown.seq, shown.total) == (check.id, "clean", None, size)
    as_owner("UPDATE head SET halted = %s", [False])
    assert request_check(actor=auditor.id).id != check.id


@pytest.mark.django_db(transaction=True)
def test_its_pulse_is_seen_while_it_reads_and_ends_it_when_it_was_ended(
    auditor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "EVERY", 0.02)
    check, seen = asked(auditor), threading.Event()

    def beats() -> LedgerCheck:
        check.refresh_from_db()
        return check

    with Pulse(check.id) as pulse:
        pulse.progress(3, 12)
        for _ in range(500):
            if beats().total == 12:
                break
            seen.wait(0.01)
        assert (check.done, check.total, check.over) == (3, 12, False)
        record_check(check, None)
        with contextlib.suppress(OverError):
            for _ in range(500):
                pulse.progress(4, 12)
                seen.wait(0.01)
            pytest.fail("it went on although it was over")
    assert (beats().done, check.result) == (3, "interrupted")
