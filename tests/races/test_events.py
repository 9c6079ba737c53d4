"""The same event from many senders at the same moment is one entry, and each of them is told so."""

from typing import Any

import pytest

from decisions import ledger, rebuild
from decisions.errors import Problem
from decisions.models import Agent, Alarm, Decision
from decisions.models.ledger import EntryRow
from decisions.recording import Recorded
from decisions.verify import verify_ledger
from tests import factories
from tests.factories import event, send
from tests.races.running import WAYS, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
ROUNDS = [3, pytest.param(30, marks=pytest.mark.deep)]


def assert_sound() -> None:
    size = ledger.size()
    assert list(EntryRow.objects.order_by("seq").values_list("seq", flat=True)) == list(range(size))
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_one_event_from_sixteen_threads_is_one_entry(agent: Agent, rounds: int, way: Any) -> None:
    sent = [event(action=factories.action(service="orphan")) for _ in range(rounds)]
    answers = together(rounds, *[way(lambda turn: send(agent, sent[turn]))] * 16)
    for told in answers:
        assert len({answer.seqs for answer in told}) == 1
        assert sorted(answer.duplicates for answer in told) == [0] + [1] * 15
    assert Decision.objects.count() == rounds
    assert Alarm.objects.count() == 1
    assert_sound()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_sixteen_bodies_under_one_id_one_is_taken(agent: Agent, rounds: int, way: Any) -> None:
    ids = [f"e-{turn}" for turn in range(rounds)]
    answers = together(rounds, *[way(lambda turn: send(agent, event(id=ids[turn])))] * 16)
    for told in answers:
        assert len([answer for answer in told if isinstance(answer, Recorded)]) == 1
        assert {answer.slug for answer in told if isinstance(answer, Problem)} == {"changed-duplicate"}
    assert Decision.objects.count() == rounds
    assert_sound()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_outcome_and_action_at_once_make_one_decision(agent: Agent, rounds: int, way: Any) -> None:
    def names(turn: int) -> str:
        return f"rb-{turn}"

    together(
        rounds,
        way(lambda turn: send(agent, event("executed", decision=names(turn), time="2026-11-22T03:40:00Z"))),
        way(
            lambda turn: send(
                agent, event("outcome", decision=names(turn), time="2026-11-22T03:41:00Z", outcome={"status": "failed"})
            )
        ),
    )
    rows = Decision.objects.values_list("state", "outcome", "complete", "version")
    assert list(rows) == [("failed", "failed", True, 2)] * rounds
    assert_sound()
