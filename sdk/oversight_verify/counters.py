"""Each source's own counter: which numbers it used. A number that is left out is a submission that never arrived, or was not taken."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator


class Numbers:
    """A set of numbers kept as ranges: sources count upwards, so that a few ranges hold millions."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.ranges = list(ranges)
        """Disjoint (first, last), in order, never adjacent."""
        self.twice = 0
        """How many numbers came more than once."""

    def add(self, first: int, last: int | None = None) -> None:
        last = first if last is None else last
        ranges = self.ranges
        if ranges and ranges[-1][1] + 1 == first:
            ranges[-1] = (ranges[-1][0], last)
            return
        # All ranges from `low` to `high` touch the new one.
        low = bisect_right(ranges, (first,)) if ranges else 0
        if low and ranges[low - 1][1] + 1 >= first:
            low -= 1
        high = low
        while high < len(ranges) and ranges[high][0] <= last + 1:
            self.twice += max(0, min(last, ranges[high][1]) - max(first, ranges[high][0]) + 1)
            high += 1
        if low < high:
            first, last = min(first, ranges[low][0]), max(last, ranges[high - 1][1])
        ranges[low:high] = [(first, last)]

    def take(self, other: "Numbers") -> None:
        for first, last in other.ranges:
            self.add(first, last)
        self.twice += other.twice

    def gaps(self) -> Iterator[tuple[int, int]]:
        """The (first, last) that are left out between the smallest and the largest number."""
        for (_, before), (after, _) in zip(self.ranges, self.ranges[1:], strict=False):
            yield before + 1, after - 1
