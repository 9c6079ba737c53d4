"""What a verdict makes of a decision: pure rules of quorum and state. It must not read a clock or a database."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from approvals.vocab import VerdictWord
from decisions.vocab import State

VETOABLE = frozenset({State.SUGGESTED, State.PENDING, State.WINDOW, State.AUTHORIZED})
"""Where a veto makes the act impossible. After the act it orders a revert."""
APPROVABLE = frozenset({State.SUGGESTED, State.PENDING, State.WINDOW})


def quorum_met(requirement: Sequence[Mapping[str, object]], groups_of: Mapping[UUID, frozenset[str]]) -> bool:
    """Whether distinct people fill every place of `requirement`; `groups_of` has the approvers' groups.

    A person fills one place, so that two groups asking for one member each always means two people. Without a named
    group one approver suffices. Solved as a bipartite matching: a greedy choice would refuse quorums that are met.
    """
    places = [str(part["group"]) for part in requirement for _ in range(int(str(part["n"])))]
    if not places:
        return bool(groups_of)
    taken: dict[UUID, int] = {}

    def seat(place: int, tried: set[UUID]) -> bool:
        for person, groups in groups_of.items():
            if places[place] in groups and person not in tried:
                tried.add(person)
                if person not in taken or seat(taken[person], tried):
                    taken[person] = place
                    return True
        return False

    return all(seat(place, set()) for place in range(len(places)))


def after_verdict(
    state: State,
    verdict: VerdictWord,
    requirement: Sequence[Mapping[str, object]],
    groups_of: Mapping[UUID, frozenset[str]],
) -> State:
    """The state after `verdict`, given everybody who has approved (this one included)."""
    if verdict is VerdictWord.VETO:
        return State.VETOED
    if quorum_met(requirement, groups_of):
        return State.AUTHORIZED
    return State.PENDING if state is State.SUGGESTED else state
