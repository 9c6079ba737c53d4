"""How long real stops took: from the order until nothing is in flight that was when it came. Pure; it must not judge."""

from bisect import bisect_right
from collections.abc import Sequence

from approvals.reports.facts import DecisionFact, FreezeFact, Stop


class Stopping:
    """The stops of the twelve periods, while the decisions pass by one after the other."""

    def __init__(self, freezes: Sequence[FreezeFact]) -> None:
        self._freezes = sorted(freezes, key=lambda one: one.seq)
        self._seqs = [one.seq for one in self._freezes]
        self._safe_at = [one.at for one in self._freezes]
        self._never: set[int] = set()

    def take(self, fact: DecisionFact) -> None:
        """Note the stops that found `fact` in flight."""
        lease = fact.lease
        if lease is None:
            return
        first = bisect_right(self._seqs, lease.seq)
        end = len(self._seqs) if lease.over_seq is None else bisect_right(self._seqs, lease.over_seq)
        for place in range(first, end):
            if not self._freezes[place].stops(fact, lease.basis):
                continue
            if lease.over_at is None:
                self._never.add(place)
            else:
                self._safe_at[place] = max(self._safe_at[place], lease.over_at)

    def stops(self) -> list[Stop]:
        return [
            Stop(one.at, None if place in self._never else (safe_at - one.at).total_seconds(), drill=False)
            for place, (one, safe_at) in enumerate(zip(self._freezes, self._safe_at, strict=True))
        ]
