"""Quorum and verdicts against a brute-force oracle."""

from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.machine import after_verdict, quorum_met
from approvals.vocab import VerdictWord
from decisions.vocab import State

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


@given(requirements, people, st.sampled_from([State.SUGGESTED, State.PENDING, State.WINDOW, State.AUTHORIZED]))
def test_a_veto_always_ends_vetoed(
    requirement: list[dict[str, object]], held: dict[UUID, frozenset[str]], state: State
):
    assert after_verdict(state, VerdictWord.VETO, requirement, held) is State.VETOED


@given(requirements, people, st.sampled_from([State.SUGGESTED, State.PENDING, State.WINDOW]))
def test_an_approval_authorises_only_with_the_quorum(
    requirement: list[dict[str, object]], held: dict[UUID, frozenset[str]], state: State
):
    after = after_verdict(state, VerdictWord.APPROVE, requirement, held)
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
