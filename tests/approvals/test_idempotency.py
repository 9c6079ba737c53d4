"""Answers are kept for as long as a command may be sent again, and no longer."""

from datetime import timedelta

import pytest

from approvals import idempotency, tasks
from approvals.models import IdempotentAnswer
from decisions.errors import Problem, conflict
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


def test_the_same_command_gets_the_same_answer_and_is_done_once(clock: Clock) -> None:
    done: list[int] = []

    def act() -> dict[str, int]:
        done.append(1)
        return {"n": len(done)}

    first = idempotency.once("person:1", "k", b"same", act)
    again = idempotency.once("person:1", "k", b"same", act)
    assert (first.body, first.replayed) == (again.body, not again.replayed) == ({"n": 1}, False)
    assert idempotency.once("person:2", "k", b"same", act).body == {"n": 2}
    with pytest.raises(Problem, match="idempotency-mismatch"):
        idempotency.once("person:1", "k", b"other", act)


def test_a_lasting_refusal_is_an_answer_too(clock: Clock) -> None:
    def act() -> dict[str, int]:
        raise conflict("not-open", "It is over.")

    for _ in range(2):
        with pytest.raises(Problem) as told:
            idempotency.once("person:1", "k", b"same", act)
        assert told.value.slug == "not-open"
    assert IdempotentAnswer.objects.get().status == 409


def test_answers_are_forgotten_after_thirty_days(clock: Clock) -> None:
    for key in ("old", "new"):
        idempotency.once("person:1", key, b"same", dict)
        clock.advance(days=15, seconds=1)
    tasks.forget_answers()
    assert [kept.key for kept in IdempotentAnswer.objects.all()] == ["new"]
    assert clock.at - IdempotentAnswer.objects.get().at < timedelta(days=30)
