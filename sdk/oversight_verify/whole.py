"""All parts of an export put together in order: what the entries lead to. It must not know what the checkpoint claims but its size."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from oversight_verify import bundle
from oversight_verify.bundle import Part, Stretch
from oversight_verify.counters import Numbers
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.layout import WIDTH, Tile, partial_tiles
from oversight_verify.note import Checkpoint
from oversight_verify.upper import Upper

BUNDLES = 32
"""How many bundles one process checks at a time."""
FAULTS = 20
"""After how many faults the check ends."""


@dataclass(slots=True)
class Whole:
    """What the parts of an export come to."""

    root: bytes = b""
    roots: dict[int, bytes] = field(default_factory=dict)
    """Size of an older checkpoint → the root that the ledger had then."""
    told: list[tuple[int, str, dict[str, object]]] = field(default_factory=list)
    counters: dict[tuple[str, str], Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    first_at: str = ""
    last_at: str = ""
    digests: int = 0
    references: int = 0
    names: list[tuple[int, str]] = field(default_factory=list)
    """(seq, name) of the ledger's names, each from that entry on."""


def put_together(folder: Path, head: Checkpoint, sizes: Sequence[int], workers: int) -> Whole:
    """Everything in the export recomputed from its entries, with the roots that the ledger had at `sizes`. Raises Refuted."""
    partial = list(partial_tiles(folder, head.size))
    whole, upper, faults = Whole(), Upper(folder, partial), list[str]()
    cuts = defaultdict(set)
    for size in sizes:
        cuts[size // WIDTH].add(size)
    last = Part()
    for part in _parts(folder, head, partial, sizes, workers):
        if part.fault or (part.first_at and part.first_at < whole.last_at):
            faults.append(part.fault or f"an entry recorded {part.first_at} follows one recorded {whole.last_at}")
            if len(faults) == FAULTS:
                break
        faults += _sum_up(whole, part)
        for root in () if faults else part.roots:
            for size in cuts.get(upper.peaks.size, ()):
                whole.roots[size] = upper.peaks.root(part.cuts.get(size, ()))
            upper.add(root)
        last = part
    if faults:
        raise Refuted("\n".join(faults))
    upper.finish()
    for size in cuts.get(upper.peaks.size, ()):
        whole.roots[size] = upper.peaks.root(last.cuts.get(size, ()))
    whole.root = upper.peaks.root(last.tail)
    return whole


def _sum_up(whole: Whole, part: Part) -> list[str]:
    """Add `part` to `whole`; what does not fit between the two, in words."""
    wrong = []
    for seq, name, retires in part.names:
        if whole.names and whole.names[-1][1] == name:
            continue
        if whole.names and not retires:
            wrong.append(f"entry {seq}: it is an entry of another ledger")
        else:
            whole.names.append((seq, name))
    whole.first_at = whole.first_at or part.first_at
    whole.last_at = part.last_at or whole.last_at
    whole.digests += part.digests
    whole.references += part.references
    whole.told += part.told
    for source, numbers in part.counters.items():
        whole.counters[source].take(numbers)
    return wrong


def _parts(folder: Path, head: Checkpoint, partial: list[Tile], sizes: Sequence[int], workers: int) -> Iterator[Part]:
    """The parts in order, checked by `workers` processes where there are enough of them."""
    bundles = -(-head.size // WIDTH)
    by_stretch: dict[int, list[Tile]] = defaultdict(list)
    for tile in partial:
        if not tile.level:
            by_stretch[tile.number // BUNDLES].append(tile)
    stretches = (
        Stretch(
            folder,
            head.size,
            first,
            min(first + BUNDLES, bundles),
            tuple(by_stretch.get(first // BUNDLES, ())),
            tuple(size for size in sizes if first <= size // WIDTH < first + BUNDLES),
        )
        for first in range(0, bundles, BUNDLES)
    )
    if workers < 2 or bundles <= 2 * BUNDLES:
        yield from map(bundle.check, stretches)
        return
    # A few at a time: a checkpoint may claim more entries than there is memory to plan for.
    running: deque[Future[Part]] = deque()
    try:
        with ProcessPoolExecutor(workers) as pool:
            for stretch in stretches:
                running.append(pool.submit(bundle.check, stretch))
                if len(running) > 4 * workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
    except BrokenProcessPool:
        raise Unreadable("a process of the check was ended from outside: try again, with fewer --workers") from None
