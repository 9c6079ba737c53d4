"""Quorum and verdicts against a brute-force oracle."""

from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.machine import (
    VETO_STOPS,
    VETOABLE,
    after_approval,
    after_lease,
    after_outcome,
    after_revert,
    after_veto,
    permits,
    quorum_met,
)
from decisions.edges import EDGES
from decisions.vocab import TERMINAL, Basis, Level, Outcome, State

GROUPS = ("sre", "owners", "duty")
people = st.lists(st.frozensets(st.sampled_from(GROUPS)), max_size=5).map(
    lambda groups: {UUID(int=number): held for number, held in enumerate(groups)}
)
requirements = st.lists(
    st.fixed_dictionaries({"group": st.sampled_from(GROUPS), "n": st.integers(1, 2)}),
    max_size=3,
    unique_by=lambda p: p["group"],
)


def by_trying_all(requirement: list[dict[str, object]], held: dict[UUID, frozenset[str]]) -> bool:
    """Every way of giving each place a person of its own."""
    places = [str(part["group"]) for part in requirement for _ in range(int(str(part["n"])))]
    if not places:
        return bool(held)
    return any(
        all(place in held[person] for place, person in zip(places, chosen, strict=True))
        for chosen in permutations(held, len(places))
    )


@given(requirements, people)
def test_a_quorum_is_met_when_distinct_people_fill_every_place(
    requirement: list[dict[str, object]], held: dict[UUID, frozenset[str]]
):
    assert quorum_met(requirement, held) == by_trying_all(requirement, held)


@given(requirements, people, st.sampled_from([State.SUGGESTED, State.PENDING, State.WINDOW]))
def test_an_approval_authorises_only_with_the_quorum(
    requirement: list[dict[str, object]], held: dict[UUID, frozenset[str]], state: State
):
    after = after_approval(state, requirement, held)
    assert (after is State.AUTHORIZED) == by_trying_all(requirement, held)


def test_one_person_in_two_groups_fills_one_place():
    both = {UUID(int=1): frozenset({"sre", "owners"})}
    requirement = [{"group": "sre", "n": 1}, {"group": "owners", "n": 1}]
    assert not quorum_met(requirement, both)
    assert quorum_met(requirement, both | {UUID(int=2): frozenset({"sre"})})


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_order_of_approvals_does_not_matter(order: tuple[int, int]):
    groups = {1: frozenset({"sre", "owners"}), 2: frozenset({"sre"})}
    held = {UUID(int=number): groups[number] for number in order}
    assert quorum_met([{"group": "sre", "n": 1}, {"group": "owners", "n": 1}], held)


@pytest.mark.parametrize("state", State)
def test_a_veto_stops_before_the_act_and_orders_a_revert_after_it(state: State):
    if state in VETOABLE:
        assert after_veto(state) is State.VETOED
        assert after_veto(state, seen=True) is State.REVERT_ORDERED
    elif state is State.EXECUTING:
        assert after_veto(state) is State.EXECUTING
    elif state in VETO_STOPS:
        assert after_veto(state) is State.REVERT_ORDERED


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("state", State)
def test_an_outcome_told_after_the_lease_authorises_nothing_and_reopens_nothing(state: State, outcome: Outcome):
    for vetoed in (False, True):
        after = after_outcome(state, outcome, vetoed=vetoed)
        if state in (State.EXECUTING, State.UNKNOWN):
            assert (after is State.REVERT_ORDERED) == vetoed
            assert state is State.EXECUTING or after in (State.REVERT_ORDERED, State.REVIEW)
        else:
            assert after is state


def test_every_result_of_the_machine_is_an_edge():
    during: State = State.EXECUTING
    results = {(state, after_veto(state, seen=seen)) for state in VETO_STOPS - {during} for seen in (False, True)}
    results |= {(during, after_lease(vetoed=vetoed)) for vetoed in (False, True)}
    results |= {(during, after_outcome(during, o, vetoed=v)) for o in Outcome for v in (False, True)}
    results |= {(State.REVERTING, after_revert(succeeded=succeeded)) for succeeded in (False, True)}
    assert [pair for pair in results if pair[1] not in EDGES[pair[0]]] == []


def test_nothing_leaves_a_terminal_state_and_each_state_reaches_one():
    assert TERMINAL.isdisjoint(EDGES)
    assert set(EDGES) | TERMINAL == set(State)
    for state in EDGES:
        reached, todo = {state}, [state]
        while todo:
            for after in EDGES.get(todo.pop(), frozenset()):
                if after not in reached:
                    reached.add(after)
                    todo.append(after)
        assert reached & TERMINAL, f"{state} is stuck"


def test_unknown_is_never_executed_again():
    assert State.EXECUTING not in EDGES[State.UNKNOWN]
    assert [state for state in State if State.EXECUTING in EDGES.get(state, ())] == [State.WINDOW, State.AUTHORIZED]


def test_a_stricter_policy_takes_permission_away():
    assert [permits(Level.L2, basis) for basis in (Basis.QUORUM, Basis.WINDOW, Basis.AUTONOMY)] == [True, False, False]
    assert [permits(Level.L1, basis) for basis in Basis] == [False] * 4
    assert permits(Level.L3, Basis.WINDOW)
    assert permits(Level.L4, Basis.AUTONOMY)
