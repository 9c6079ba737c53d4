"""Runs functions at the same moment in threads of their own, many rounds. It must not hide what a thread raised."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction

from decisions.errors import Problem


def together(rounds: int, *runners: Callable[[int], Any]) -> list[tuple[Any, ...]]:
    """For each round the answer of every runner, or the Problem it raised; all of them let go at once, each round."""
    barrier = threading.Barrier(len(runners), timeout=60)
    answers: list[list[Any]] = [[None] * len(runners) for _ in range(rounds)]
    failures: list[BaseException] = []

    def run(place: int, runner: Callable[[int], Any]) -> None:
        try:
            for turn in range(rounds):
                barrier.wait()
                try:
                    answers[turn][place] = runner(turn)
                except Problem as problem:
                    answers[turn][place] = problem
        except BaseException as error:  # noqa: BLE001 - told to the test below
            failures.append(error)
            barrier.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if failures:
        raise failures[0]
    return [tuple(row) for row in answers]


def in_turns(
    turns: Sequence[int], prepare: Callable[[int], Any], *runners: Callable[[int], Any]
) -> list[tuple[Any, ...]]:
    """As `together`, for these turns; before each, `prepare` runs alone.

    It has a thread of its own: the last to come to a barrier is the first to leave it, and would win every race.
    """

    def first(step: int) -> None:
        # Its problem is a fault of the test, and must not look like an answer.
        try:
            if step % 2 == 0:
                prepare(turns[step // 2])
        except Problem as problem:
            raise RuntimeError("a turn could not be prepared") from problem

    def racing(runner: Callable[[int], Any]) -> Callable[[int], Any]:
        return lambda step: runner(turns[step // 2]) if step % 2 else None

    return [answers[1:] for answers in together(2 * len(turns), first, *map(racing, runners))[1::2]]


def through_one_writer(runner: Callable[[int], Any]) -> Callable[[int], Any]:
    """As in one process: its writer thread commits for all."""
    return runner


def as_a_process_of_its_own(runner: Callable[[int], Any]) -> Callable[[int], Any]:
    """As in another process: a transaction of its own on a connection of its own; the head lock alone orders them."""

    def run(turn: int) -> Any:
        refused: Problem | None = None
        with transaction.atomic():
            try:
                return runner(turn)
            except Problem as problem:
                # The refusal is recorded by what this transaction commits.
                refused = problem
        raise refused

    return run


WAYS: Sequence[Callable[[Callable[[int], Any]], Callable[[int], Any]]] = (through_one_writer, as_a_process_of_its_own)
