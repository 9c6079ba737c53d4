"""All parts of an export put together in order: what the entries lead to. It must not know what the checkpoint claims but its size."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from oversight_verify import bundle
from oversight_verify.bundle import Named, Part, Stretch
from oversight_verify.counters import Numbers
from oversight_verify.erasure import Erasure
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.layout import WIDTH, Tile, listed
from oversight_verify.note import Checkpoint
from oversight_verify.past import root_at
from oversight_verify.strict import shown
from oversight_verify.upper import Upper

BUNDLES = 32
"""How many bundles one process checks at a time."""
FAULTS = 20
"""After how many faults the check ends."""


@dataclass(slots=True)
class Whole:
    """What the parts of an export come to."""

    size: int
    root_at: Callable[[int], bytes]
    """The root that the ledger had at a size, once everything is put together."""
    root: bytes = b""
    rotated: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    reports: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    issued: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    erased: list[Erasure] = field(default_factory=list)
    names: list[Named] = field(default_factory=list)
    """The names that the ledger has had, from which entry on each."""
    counters: dict[tuple[str, str], Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    first_at: str = ""
    last_at: str = ""
    strange: list[str] = field(default_factory=list)
    """Files among the tiles that no ledger of this size has."""
    digests: int = 0
    references: int = 0


def put_together(folder: Path, head: Checkpoint, workers: int) -> Whole:
    """Everything in the export recomputed from its entries. Raises Refuted."""
    edges, strange = listed(folder, head.size)
    whole = Whole(head.size, partial(root_at, folder, head.size), strange=strange)
    upper, faults = Upper(folder, edges), list[str]()
    last = Part()
    for part in _parts(folder, head, edges, workers):
        if part.fault or (part.first_at and part.first_at < whole.last_at):
            faults.append(part.fault or f"an entry recorded {part.first_at} follows one recorded {whole.last_at}")
            if len(faults) == FAULTS:
                break
        _sum_up(whole, part)
        for root in () if faults else part.roots:
            upper.add(root)
        last = part
    if faults:
        raise Refuted("\n".join(faults))
    if whole.names and whole.names[-1].name != head.origin:
        raise Refuted(f"its entries are of another ledger, {shown(whole.names[-1].name)}")
    upper.finish()
    whole.root = upper.peaks.root(last.tail)
    return whole


def _sum_up(whole: Whole, part: Part) -> None:
    for name in part.names:
        if whole.names and name.name == whole.names[-1].name:
            continue
        if whole.names and not name.renames:
            raise Refuted(f"entry {name.seq}: it is an entry of another ledger")
        whole.names.append(name)
    whole.first_at = whole.first_at or part.first_at
    whole.last_at = part.last_at or whole.last_at
    whole.digests += part.digests
    whole.references += part.references
    whole.rotated += part.rotated
    whole.reports += part.reports
    whole.issued += part.issued
    whole.erased += part.erased
    for source, numbers in part.counters.items():
        whole.counters[source].take(numbers)


def _parts(folder: Path, head: Checkpoint, edges: list[Tile], workers: int) -> Iterator[Part]:
    """The parts in order, with the partial tiles `edges`, checked by `workers` processes where there are enough of them."""
    bundles = -(-head.size // WIDTH)
    by_stretch: dict[int, list[Tile]] = defaultdict(list)
    for tile in edges:
        if not tile.level:
            by_stretch[tile.number // BUNDLES].append(tile)
    stretches = (
        Stretch(
            folder,
            head.size,
            first,
            min(first + BUNDLES, bundles),
            tuple(by_stretch.get(first // BUNDLES, ())),
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
