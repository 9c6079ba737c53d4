"""The writer thread: it gathers, refuses what is too much, survives, and ends when told."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from decisions import writer
from decisions.errors import Problem
from decisions.writer import Writer


@dataclass
class Piece:
    weight: int = 1
    urgent: bool = False
    future: "Future[Any]" = field(default_factory=Future)


class Held:
    """A writer whose commits wait until they are let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.batches: list[list[Piece]] = []
        self.writer: Writer[Piece] = Writer(self.commit)

    def commit(self, batch: list[Piece]) -> None:
        self.batches.append(batch)
        self.begun.set()
        self.gate.wait(10)
        for piece in batch:
            piece.future.set_result(len(self.batches))


def test_what_waits_together_is_committed_together() -> None:
    held = Held()
    first, *rest = pieces = [Piece() for _ in range(10)]
    held.writer.put(first)
    held.begun.wait(10)
    for piece in rest:
        held.writer.put(piece)
    assert held.writer.waiting() == 9
    held.gate.set()
    assert [piece.future.result(10) for piece in pieces] == [1] + [2] * 9


def test_a_batch_is_no_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BATCH_ENTRIES", 100)
    held = Held()
    held.writer.put(first := Piece())
    held.begun.wait(10)
    pieces = [Piece(weight=60) for _ in range(4)]
    for piece in pieces:
        held.writer.put(piece)
    held.gate.set()
    assert [piece.future.result(10) for piece in [first, *pieces]] == [1, 2, 2, 3, 3]


def test_too_much_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "QUEUE_LENGTH", 2)
    held = Held()
    held.writer.put(Piece())
    held.begun.wait(10)
    held.writer.put(Piece())
    held.writer.put(last := Piece())
    with pytest.raises(Problem) as caught:
        held.writer.put(Piece())
    assert (caught.value.status, caught.value.extra["retry_after_s"]) == (429, 1)
    held.gate.set()
    assert last.future.result(10) == 2


def test_few_pieces_may_be_too_much_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "QUEUE_ENTRIES", 100)
    held = Held()
    held.writer.put(Piece())
    held.begun.wait(10)
    held.writer.put(one := Piece(weight=1000))
    with pytest.raises(Problem) as caught:
        held.writer.put(Piece())
    assert caught.value.status == 429, "one alone may be of more, and nothing beside it"
    held.writer.put(urgent := Piece(urgent=True))
    held.gate.set()
    assert urgent.future.result(10)
    assert one.future.result(10)
    for weight in (60, 41, 40):
        held.writer.put(last := Piece(weight=weight))
        assert last.future.result(10), "what was taken out weighs nothing any more"
    held.writer.stop()


def test_what_is_urgent_goes_first_without_the_rest_and_is_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "QUEUE_LENGTH", 2)
    held = Held()
    held.writer.put(Piece())
    held.begun.wait(10)
    ordinary, urgent = [Piece(), Piece()], [Piece(urgent=True), Piece(urgent=True)]
    for piece in [*ordinary, *urgent]:
        held.writer.put(piece)
    held.gate.set()
    for piece in ordinary:
        piece.future.result(10)
    assert held.batches[1:] == [urgent, ordinary]


def test_work_whose_caller_has_gone_is_not_begun_and_harms_nobody() -> None:
    held = Held()
    held.writer.put(first := Piece())
    held.begun.wait(10)
    gone, last = Piece(), Piece()
    held.writer.put(gone)
    held.writer.put(last)
    assert gone.future.cancel()
    assert not first.future.cancel(), "it was begun"
    held.gate.set()
    assert last.future.result(10) == 2
    assert held.batches[1] == [last]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_it_starts_again_after_its_thread_has_died() -> None:
    calls: list[int] = []

    def commit(batch: list[Piece]) -> None:
        calls.append(len(batch))
        for piece in batch:
            piece.future.set_result(len(calls))
        if len(calls) == 1:
            raise SystemExit

    made: Writer[Piece] = Writer(commit)
    made.put(one := Piece())
    assert one.future.result(10) == 1
    assert made.thread is not None
    made.thread.join(10)
    made.put(two := Piece())
    assert two.future.result(10) == 2


def test_stopping_commits_what_waits_and_the_next_work_starts_it_again() -> None:
    held = Held()
    held.gate.set()
    pieces = [Piece() for _ in range(50)]
    for piece in pieces:
        held.writer.put(piece)
    held.writer.stop()
    assert all(piece.future.done() for piece in pieces)
    assert held.writer.thread is None
    held.writer.stop()
    held.writer.put(again := Piece())
    assert again.future.result(10)
