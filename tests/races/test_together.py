"""What waits for the writer at the same time is written together, and each is judged as if it were alone."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from approvals.actions.change_register import change_register
from approvals.organisation import AgentRow, Organisation
from decisions import clock, ledger, projections, recording, register
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.models import Agent, Decision, Evidence
from decisions.moment import Moment
from decisions.rebuild import rebuild
from decisions.vocab import Kind
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]


class Waiting:
    """Lets several callers wait for the writer, which is busy, until all of them do."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        """How many entries were folded at once."""

    def __call__(self, asking: Sequence[Callable[[], Any]]) -> list[Any]:
        """What each got, or the Problem that it got."""
        begun, go_on = threading.Event(), threading.Event()

        def occupy(_: Moment) -> list[Draft]:
            begun.set()
            go_on.wait(20)
            return []

        held = recording.enqueue(occupy, principal="system", keys=(), weight=1)
        answers: list[Any] = [None] * len(asking)
        threads = [threading.Thread(target=self._ask, args=(answers, place, ask)) for place, ask in enumerate(asking)]
        # What came before it begins would be written with it, and never wait.
        assert begun.wait(20)
        self.applied.clear()
        for thread in threads:
            thread.start()
        until = time.monotonic() + 10
        while recording._writer.waiting() < len(asking) and time.monotonic() < until:
            time.sleep(0.01)
        go_on.set()
        for thread in threads:
            thread.join(20)
        held.result(20)
        return answers

    def _ask(self, answers: list[Any], place: int, ask: Callable[[], Any]) -> None:
        try:
            answers[place] = ask()
        except Problem as problem:
            answers[place] = problem
        finally:
            connection.close()


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    made, apply = Waiting(), projections.apply

    def noted(entries: Any) -> None:
        made.applied.append(len(entries))
        apply(entries)

    monkeypatch.setattr(projections, "apply", noted)
    return made


def asking(function: Callable[..., Any], *args: Any, **given: Any) -> Callable[[], Any]:
    return lambda: function(*args, **given)


def test_of_one_decision_the_first_claim_wins_and_those_of_others_do_not_mind(agent: Agent, waiting: Waiting) -> None:
    actions = [factories.action(service="wiki", parameters={"replicas": n}) for n in range(5)]
    rows = [factories.propose(agent, action=action) for action in actions]
    answers = waiting([asking(factories.claim, row, key=f"c-{n}") for n, row in enumerate([*rows, rows[2]])])
    folds = len(waiting.applied)
    granted = [one for one in answers if isinstance(one, Decision)]
    assert {one.id for one in granted} == {row.id for row in rows}
    assert [one.slug for one in answers if isinstance(one, Problem)] == ["claimed"]
    entries = [entry for entry in ledger.entries(0, ledger.size() - 1) if entry.kind is Kind.CLAIM_GRANTED]
    assert [entry.seq for entry in entries] == sorted(one.lease_seq or 0 for one in granted)
    assert folds < len(rows)
    assert rebuild(check=True).differences == ()


def test_the_same_action_is_open_once_and_others_do_not_mind(agent: Agent, waiting: Waiting) -> None:
    same = factories.action(parameters={"replicas": 7})
    actions = [same, *[factories.action(parameters={"replicas": n}) for n in range(4)], same]
    answers = waiting([asking(factories.propose, agent, action=action) for action in actions])
    folds = len(waiting.applied)
    assert [one.slug for one in answers if isinstance(one, Problem)] == ["duplicate-open"]
    assert len({one.id for one in answers if isinstance(one, Decision)}) == 5
    assert folds < len(actions) - 1
    assert rebuild(check=True).differences == ()


def test_what_was_seen_once_is_of_one_of_two_acts_that_are_told_together(agent: Agent, waiting: Waiting) -> None:
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    now = clock.now()
    factories.hand_in(factories.effect(actor="rem", at=now))
    acts = [
        factories.event(
            decision=name,
            action=factories.action(resource="deployment/search"),
            time=(now - timedelta(minutes=minutes)).isoformat(),
        )
        for name, minutes in (("near", 1), ("far", 5))
    ]
    waiting([asking(factories.send, agent, act) for act in acts])
    observed = [entry for entry in ledger.entries(0, ledger.size() - 1) if entry.kind is Kind.OUTCOME_OBSERVED]
    cut = [entry for entry in ledger.entries(0, ledger.size() - 1) if entry.kind is Kind.LINK_CUT]
    near, far = factories.decision(agent, "near"), factories.decision(agent, "far")
    assert Evidence.objects.get().decision_seq == near.seq
    assert (near.outcome_observed, far.outcome_observed) == (True, False)
    assert len(observed) == len(cut) + 1
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize("effect_first", [True, False])
def test_what_is_seen_and_told_at_the_same_time_is_joined_in_either_order(
    agent: Agent, waiting: Waiting, effect_first: bool
) -> None:
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    both = [
        asking(factories.hand_in, factories.effect(actor="rem")),
        asking(factories.send, agent, factories.event(action=factories.action(resource="deployment/search"))),
    ]
    waiting(both if effect_first else both[::-1])
    assert Evidence.objects.get().decision_seq == Decision.objects.get().seq


def watched(agent: Agent) -> None:
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    register.latest()


def test_acts_of_one_watched_agent_are_written_together_while_nothing_of_them_was_seen(
    agent: Agent, waiting: Waiting
) -> None:
    watched(agent)
    acts = [factories.event(decision=f"d-{n}", action=factories.action(parameters={"replicas": n})) for n in range(12)]
    waiting([asking(factories.send, agent, act) for act in acts])
    assert Decision.objects.count() == len(acts)
    assert len(waiting.applied) <= 2, "what had come before the rest is written first"
    assert rebuild(check=True).differences == ()


def test_of_many_acts_that_are_told_together_each_has_what_was_seen_of_it(agent: Agent, waiting: Waiting) -> None:
    watched(agent)
    now = clock.now()
    seen = {name: now - timedelta(minutes=20 * n) for n, name in enumerate(("a", "b", "c", "d"))}
    for name, at in seen.items():
        factories.hand_in(factories.effect(actor="rem", id=name, at=at))
    acts = [
        factories.event(
            decision=name,
            action=factories.action(resource="deployment/search", parameters={"of": name}),
            time=(at - timedelta(minutes=1)).isoformat(),
        )
        for name, at in seen.items()
    ]
    waiting([asking(factories.send, agent, act) for act in acts])
    assert {row.id: row.decision_seq for row in Evidence.objects.all()} == {
        Evidence.objects.get(occurred_at=at).id: factories.decision(agent, name).seq for name, at in seen.items()
    }
    assert all(factories.decision(agent, name).outcome_observed for name in seen)
    assert rebuild(check=True).differences == ()
