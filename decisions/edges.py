"""From which state a decision may come to which: what commands make of it, and what agents tell. Pure.

The database refuses every other change of a decision's state (migration 0005): a state that is left out is terminal,
and what is terminal, or was at work once, never becomes a permission again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from decisions.vocab import HOLDING, State

_STOPPED = frozenset({State.VETOED, State.EXPIRED, State.WITHDRAWN, State.REVERT_ORDERED})
"""What a hold or a permission comes to without a claim: vetoed after the act was seen, it is to be undone."""
EDGES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.SUGGESTED: _STOPPED | {State.PENDING, State.AUTHORIZED},
        State.PENDING: _STOPPED | {State.AUTHORIZED},
        State.WINDOW: _STOPPED | {State.AUTHORIZED, State.EXECUTING, State.PENDING},
        State.AUTHORIZED: _STOPPED | {State.EXECUTING},
        State.EXECUTING: frozenset({State.SUCCEEDED, State.FAILED, State.UNKNOWN, State.REVERT_ORDERED, State.REVIEW}),
        State.SUCCEEDED: frozenset({State.REVERT_ORDERED, State.CLOSED, State.REVIEW}),
        State.FAILED: frozenset({State.REVERT_ORDERED, State.CLOSED, State.REVIEW}),
        State.UNKNOWN: frozenset({State.SUCCEEDED, State.FAILED, State.REVIEW, State.REVERT_ORDERED, State.CLOSED}),
        State.REVIEW: frozenset({State.CLOSED, State.REVERT_ORDERED, State.REVERTED}),
        State.REVERT_ORDERED: frozenset(
            {State.REVERTING, State.REVERTED, State.REVERT_FAILED, State.REVERT_FAILED_ACK, State.REVIEW}
        ),
        State.REVERTING: frozenset({State.REVIEW, State.REVERTED, State.REVERT_FAILED, State.REVERT_FAILED_ACK}),
        State.REVERT_FAILED: frozenset({State.REVERT_FAILED_ACK, State.REVERTED}),
        State.REPORTED: frozenset({State.REVERT_ORDERED, State.FAILED, State.UNKNOWN, State.REVERTED}),
    }
)
"""What a command may make of a decision. No edge leaves a state that is left out."""

_DONE = frozenset({State.REPORTED, State.FAILED, State.UNKNOWN})
TOLD: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        **dict.fromkeys((*HOLDING, State.AUTHORIZED), _DONE),
        # Told before the question was, which the policy then denies: it was done all the same.
        **dict.fromkeys(_DONE, _DONE | {State.DENIED, State.REVERTED}),
    }
)
"""What an agent's telling of an act that it did not claim may make of a decision."""


def steps(state: State) -> frozenset[State]:
    """The states that one entry may bring a decision to from `state`."""
    return EDGES.get(state, frozenset()) | TOLD.get(state, frozenset())


def reachable() -> frozenset[tuple[State, State]]:
    """(before, after) of every change that any number of entries can make, since several may be applied at once."""
    found: set[tuple[State, State]] = set()
    for state in State:
        todo = list(steps(state))
        while todo:
            after = todo.pop()
            if (state, after) not in found:
                found.add((state, after))
                todo += steps(after)
    return frozenset(pair for pair in found if pair[0] is not pair[1])
