"""Two people answer the same question at the same moment: one order, and everybody is told which."""

from typing import Any

import pytest

from approvals.models import Verdict
from decisions import ledger, rebuild
from decisions.errors import Problem
from decisions.models import Agent, Decision, Person
from decisions.recording import Recorded
from decisions.verify import verify_ledger
from decisions.vocab import State
from tests import factories
from tests.factories import event, send
from tests.races.running import WAYS, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
COUNTS = [30, pytest.param(300, marks=pytest.mark.deep)]


def held(agent: Agent, count: int, **over: Any) -> list[Decision]:
    """That many decisions that wait for one approver."""
    first = send(agent, *[event("proposed", **over) for _ in range(count)]).first_seq
    rows = list(Decision.objects.filter(seq__gte=first).order_by("seq"))
    assert [row.state for row in rows] == [State.PENDING] * count
    return rows


def settled(rows: list[Decision]) -> list[str]:
    """The states of `rows` now, after everything else was checked as well."""
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()
    found = dict(Decision.objects.values_list("seq", "state"))
    return [found[row.seq] for row in rows]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_of_two_managers_who_approve_one_does_and_the_other_is_told(
    agent: Agent, manager: Person, second_manager: Person, count: int, way: Any
) -> None:
    rows = held(agent, count)
    seen = [factories.shown(row) for row in rows]
    size = ledger.size()
    answers = together(
        count,
        *(
            way(lambda turn, who=who: factories.approve(rows[turn], who, shown=seen[turn]))
            for who in (manager, second_manager)
        ),
    )
    for pair in answers:
        [recorded] = [answer for answer in pair if isinstance(answer, Recorded)]
        [refused] = [answer for answer in pair if isinstance(answer, Problem)]
        assert recorded.duplicates == 0
        assert (refused.status, refused.slug) == (409, "already-decided")
        first = manager if isinstance(pair[0], Recorded) else second_manager
        assert f"is approved by {first.name} at " in refused.detail
    assert settled(rows) == [State.AUTHORIZED] * count
    assert Verdict.objects.count() == count
    # One verdict and one refused attempt each; the attempts are recorded up to the limit of a minute.
    assert count < ledger.size() - size <= 2 * count


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_whoever_comes_first_a_veto_stands(
    agent: Agent, manager: Person, responder: Person, count: int, way: Any
) -> None:
    rows = held(agent, count)
    seen = [factories.shown(row) for row in rows]
    answers = together(
        count,
        way(lambda turn: factories.approve(rows[turn], manager, shown=seen[turn])),
        way(lambda turn: factories.veto(rows[turn], responder)),
    )
    for approval, veto in answers:
        assert isinstance(veto, Recorded)
        assert isinstance(approval, Recorded) or (approval.status, approval.slug) == (409, "already-decided")
    assert settled(rows) == [State.VETOED] * count
    assert set(Decision.objects.values_list("decided_by", flat=True)) == {responder.id}


@pytest.mark.parametrize("way", WAYS)
def test_two_approvals_where_two_are_needed_are_both_taken(
    agent: Agent, manager: Person, second_manager: Person, way: Any
) -> None:
    rows = held(agent, 10, action=factories.action(service="checkout"))
    seen = [factories.shown(row) for row in rows]
    people = (manager, second_manager)
    answers = together(
        10, *(way(lambda turn, who=who: factories.approve(rows[turn], who, shown=seen[turn])) for who in people)
    )
    for turn, pair in enumerate(answers):
        # Whoever is second looked at an older version of the page, is told, and looks again.
        [(late, problem)] = [
            (who, answer) for who, answer in zip(people, pair, strict=True) if isinstance(answer, Problem)
        ]
        assert problem.slug == "stale-view"
        factories.approve(Decision.objects.get(seq=rows[turn].seq), late)
    assert settled(rows) == [State.AUTHORIZED] * 10
    assert Verdict.objects.count() == 20
