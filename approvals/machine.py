"""What commands make of a decision: pure rules of quorum, lease, outcome and revert. It must not read a clock or a database."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from decisions.vocab import ACTED, LEASE_SECONDS, LEVEL_OF, Basis, Level, Outcome, State

LEASE = timedelta(seconds=LEASE_SECONDS)
"""How long a lease lives without a heartbeat, and how long a heartbeat keeps it."""
HEARTBEAT = timedelta(seconds=20)
"""How often the holder of a lease should say that it is at work."""
MAX_LEASE = timedelta(hours=4)
"""How long heartbeats can keep one lease."""
MAX_HOLD = timedelta(days=7)
ASK_STANDS = timedelta(minutes=30)
"""How long a request to lift a freeze waits for the second person."""

VETOABLE = frozenset({State.SUGGESTED, State.PENDING, State.WINDOW, State.AUTHORIZED})
"""Where a veto makes the act impossible. Later it stops the executor, or orders a revert."""
VETO_STOPS = VETOABLE | {State.EXECUTING} | ACTED
APPROVABLE = frozenset({State.SUGGESTED, State.PENDING, State.WINDOW})
WITHDRAWABLE = VETOABLE
GLASS_BREAKABLE = frozenset({State.PENDING, State.WINDOW})
"""Where one person may authorise in an emergency; never what is only a suggestion."""
DONE_WELL = frozenset({Outcome.SUCCEEDED, Outcome.NO_CHANGE})


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


def after_approval(
    state: State, requirement: Sequence[Mapping[str, object]], groups_of: Mapping[UUID, frozenset[str]]
) -> State:
    """The state after an approval, given everybody who has approved (this one included)."""
    if quorum_met(requirement, groups_of):
        return State.AUTHORIZED
    return State.PENDING if state is State.SUGGESTED else state


def after_veto(state: State, *, seen: bool = False) -> State:
    """The state after a veto, at any point: impossible before the act, stopped during it, undone after it.

    So is an act that was `seen` though nobody claimed it: the veto makes a claim impossible, and orders the revert.
    """
    if state in VETOABLE:
        return State.REVERT_ORDERED if seen else State.VETOED
    return State.EXECUTING if state is State.EXECUTING else State.REVERT_ORDERED


def after_outcome(state: State, outcome: Outcome, *, vetoed: bool) -> State:
    """The state after the holder of the lease told the outcome; `state` is the effective one at that moment.

    What was `vetoed` while it was at work is undone, whenever its outcome is told. Told after the lease was over it is
    evidence that a person looks at, and never more.
    """
    if state not in (State.EXECUTING, State.UNKNOWN):
        return state
    if vetoed:
        return State.REVERT_ORDERED
    if state is State.UNKNOWN:
        return State.REVIEW
    if outcome is Outcome.UNKNOWN:
        return State.UNKNOWN
    return State.SUCCEEDED if outcome in DONE_WELL else State.FAILED


def after_lease(*, vetoed: bool) -> State:
    """The state after a lease ended without an outcome: unknown is never tried again by itself."""
    return State.REVERT_ORDERED if vetoed else State.UNKNOWN


def after_revert(*, succeeded: bool) -> State:
    """The state after the executor says how the revert went. That it went well is its word: a person confirms it."""
    return State.REVIEW if succeeded else State.REVERT_FAILED


def permits(level: Level, basis: Basis, *, suggested: bool = False) -> bool:
    """Whether a policy that rules `level` now still permits to act on `basis`.

    What was `suggested` from the start, and people have made their own, takes no more than that it may still be suggested.
    """
    needed = Level.L1 if suggested and basis is Basis.QUORUM else LEVEL_OF[basis]
    return level >= needed


def basis_of(state: State, stored: str) -> Basis:
    """What the permission of a claimable decision rests on: one that its veto window has earned has none stored."""
    return Basis(stored) if stored else Basis.WINDOW
