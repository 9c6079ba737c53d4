"""What sources count themselves, from the entries that say their number. Numbers may come late, twice and in any order."""

from collections.abc import Iterable, Iterator, Sequence

from decisions.envelope import Entry
from decisions.models import SourceRun


def count(entries: Sequence[Entry]) -> None:
    """Add the numbers in `entries` to the runs of their sources."""
    numbers: dict[str, dict[int, int]] = {}
    for entry in entries:
        if entry.src_seq is not None:
            numbers.setdefault(entry.src, {})[entry.src_seq] = entry.seq
    for src, seqs in numbers.items():
        for first, last in _stretches(sorted(seqs)):
            _join(src, first, last, max(seqs[number] for number in range(first, last + 1)))


def _stretches(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each unbroken stretch of `numbers`, which are in order."""
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last


def _join(src: str, first: int, last: int, seq: int) -> None:
    """Make one run of `first` to `last` and of those that it meets or touches: never more of them than it has numbers."""
    met = SourceRun.objects.filter(src=src, last__gte=first - 1, first__lte=last + 1)
    runs = list(met)
    if len(runs) == 1 and runs[0].first <= first:
        # As nearly always: the next numbers of a source that goes on.
        met.update(last=max(runs[0].last, last), seq=max(runs[0].seq, seq))
        return
    met.delete()
    first = min([first, *(run.first for run in runs)])
    SourceRun.objects.create(
        id=f"{src}#{first}",
        src=src,
        first=first,
        last=max([last, *(run.last for run in runs)]),
        seq=max([seq, *(run.seq for run in runs)]),
    )
