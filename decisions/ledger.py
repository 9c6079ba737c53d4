"""Reads and appends the ledger's rows. It must not decide anything, nor touch a read model.

Appending happens under the head lock only, in the transaction of `decisions.recording`.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.db.models import BigIntegerField, Q, Subquery, UUIDField

from decisions.envelope import Entry, Sealed, open_entry, open_leaf
from decisions.errors import ledger_disagreement
from decisions.keyring import Keyring, NotOpenedError, read_keys
from decisions.merkle import Frontier, leaf_hash
from decisions.models.bulk import chunks, insert_rows, lock_head, update_where
from decisions.models.ledger import Disclosure, EntryRow, Head, TileRow
from decisions.models.prepared import Prepared, PreparedValues, Slot
from decisions.tiles import HASH, HEIGHT, LEVELS, WIDTH, full_tiles, subtree
from decisions.vocab import Kind

TILES_AT_ONCE = 256
"""How many tiles are held in memory: two megabytes."""


def keyring() -> Keyring:
    """What texts are encrypted with, by the settings."""
    return _keyring(settings.DISCLOSURE_KEY)


@lru_cache(maxsize=2)
def _keyring(text: str) -> Keyring:
    return Keyring(read_keys(text))


def place_of(seq: int, name: str) -> str:
    return f"{seq}:{name}"


@dataclass
class OpenHead:
    """The head as the writing transaction sees and advances it."""

    size: int
    frontier: Frontier
    at: datetime
    config: str
    identity: uuid.UUID
    origin: str
    """The name that entries are sealed with."""
    halted: bool = False
    leaves: list[bytes] = field(default_factory=list)
    """Hashes of the entries that this transaction appended."""
    restored: bool = False
    """The database was found not to be the one last written, and what follows from it was recorded."""

    @property
    def leaf(self) -> bytes:
        """Hash of the last entry that this transaction appended; empty if it has appended none."""
        return self.leaves[-1] if self.leaves else b""


def open_head() -> OpenHead:
    """Lock the head row and open it. Raises a 503 problem if size, frontier and root do not belong together."""
    row = lock_head()
    try:
        frontier = Frontier.from_bytes(row.size, bytes(row.frontier))
    except ValueError:
        raise ledger_disagreement() from None
    if frontier.root() != bytes(row.root):
        raise ledger_disagreement()
    origin = row.origin or settings.LOG_ORIGIN
    return OpenHead(row.size, frontier, row.at, str(row.config or ""), row.identity, origin, row.halted)


def append(head: OpenHead, sealed: Sequence[Sealed]) -> None:
    """Write `sealed` at the end of the ledger and advance `head`, in memory only; `store_head` writes it."""
    entries: list[tuple[object, ...]] = []
    texts: list[tuple[object, ...]] = []
    keys = keyring()
    for item in sealed:
        leaf = leaf_hash(item.body)
        entries.append((head.size, item.id, str(item.kind), item.at, item.body, leaf))
        texts.extend(
            (head.size, name, *keys.seal(place_of(head.size, name), text.encode())) for name, text in item.disclosures
        )
        head.frontier.append(leaf)
        head.leaves.append(leaf)
        head.size += 1
    insert_rows(EntryRow, ("seq", "id", "kind", "at", "body", "leaf"), entries)
    insert_rows(Disclosure, ("seq", "name", "key", "sealed"), texts)
    _erase(item.body for item in sealed if item.kind is Kind.DISCLOSURE_ERASED)


def _erase(bodies: Iterable[bytes]) -> None:
    """Remove the texts that the entries in `bodies` say are erased, each with its key."""
    seqs: dict[tuple[str, ...], list[int]] = {}
    for body in bodies:
        envelope = open_leaf(body)
        seqs.setdefault(tuple(sorted(envelope["facts"]["erased"])), []).append(envelope["ref"]["seq"])
    for names, those in seqs.items():
        for some in chunks(those):
            Disclosure.objects.filter(seq__in=some, name__in=names).delete()


def store_head(head: OpenHead, *, before: int) -> None:
    """Write the advanced head and the tiles that are full now. Raises RuntimeError if somebody wrote without the lock."""
    if full_tiles(head.size, 0) > full_tiles(before, 0):
        _store_tiles(head)
    values = {
        "size": head.size,
        "root": head.frontier.root(),
        "frontier": head.frontier.to_bytes(),
        "at": head.at,
        "config": uuid.UUID(head.config) if head.config else None,
        "origin": "" if head.origin == settings.LOG_ORIGIN else head.origin,
        "halted": head.halted,
    }
    if update_where(Head, values, {"id": 1, "size": before}) != 1:
        raise RuntimeError("the head moved under its lock")


def _store_tiles(head: OpenHead) -> None:
    """Store every tile that is full and not stored yet: those filled now, and any that was left out before."""
    stored = TileRow.objects.filter(level=0).order_by("-n").values_list("n", flat=True).first()
    have = 0 if stored is None else stored + 1
    level = 0
    while (full := full_tiles(head.size, level)) > have:
        for first in range(have, full, TILES_AT_ONCE):
            end = min(first + TILES_AT_ONCE, full)
            raw = (
                _fresh(head, first * WIDTH, end * WIDTH) if level == 0 else roots(level - 1, first * WIDTH, end * WIDTH)
            )
            parts = [raw[at : at + WIDTH * HASH] for at in range(0, len(raw), WIDTH * HASH)]
            rows = [(level, n, part, subtree(part)) for n, part in enumerate(parts, first)]
            insert_rows(TileRow, ("level", "n", "hashes", "root"), rows)
        # A tile is stored together with those above that it fills, so what each level has follows from the lowest.
        level, have = level + 1, have >> HEIGHT


def _fresh(head: OpenHead, first: int, end: int) -> bytes:
    """The leaf hashes from `first` to `end`: those of this transaction from memory, older ones from their rows."""
    begun = head.size - len(head.leaves)
    older = b"".join(leaves(first, min(end, begun)))
    return older + b"".join(head.leaves[max(first - begun, 0) : max(end - begun, 0)])


def size() -> int:
    """How many entries the ledger holds; the newest seq is one less."""
    return current().size


def config() -> str:
    """The id of the last entry that changed register or policy; empty when there is none."""
    return str(current().config or "")


_HEAD = Prepared(lambda: Head.objects.filter(id=1))


def current() -> Head:
    return _HEAD.all()[0]


def texts_of(seqs: Iterable[int], *names: str) -> dict[int, dict[str, str]]:
    """seq → name → salted text of what is still disclosed of those entries. Raises NotOpenedError."""
    found: dict[int, dict[str, str]] = {}
    for some in chunks(seqs):
        rows = Disclosure.objects.filter(seq__in=some)
        if names:
            rows = rows.filter(name__in=names)
        for seq, name, key, sealed in rows.values_list("seq", "name", "key", "sealed"):
            found.setdefault(seq, {})[name] = text_of(seq, name, key, sealed)
    return found


def text_of(seq: int, name: str, key: bytes | memoryview, sealed: bytes | memoryview) -> str:
    return keyring().open(place_of(seq, name), bytes(key), bytes(sealed)).decode()


def entries(first: int, last: int, *, batch: int = 2000) -> Iterator[Entry]:
    """The entries `first` … `last` inclusive, opened, in order; memory is bounded by `batch`."""
    for start in range(first, last + 1, batch):
        rows = list(
            EntryRow.objects.filter(seq__gte=start, seq__lte=min(start + batch - 1, last))
            .order_by("seq")
            .values_list("seq", "body")
        )
        texts = texts_of(seq for seq, _ in rows)
        for seq, body in rows:
            yield open_entry(seq, bytes(body), texts.get(seq, {}).values())


def entries_of(seqs: Iterable[int]) -> Iterator[Entry]:
    """The entries at `seqs`, opened, in order."""
    for some in chunks(sorted(seqs)):
        texts = texts_of(some)
        for seq, body in EntryRow.objects.filter(seq__in=some).order_by("seq").values_list("seq", "body"):
            yield open_entry(seq, bytes(body), texts.get(seq, {}).values())


def bare(seqs: Iterable[int]) -> Iterator[Entry]:
    """As `entries_of`, with nothing of what they disclose: one query."""
    for some in chunks(sorted(seqs)):
        for seq, body in EntryRow.objects.filter(seq__in=some).order_by("seq").values_list("seq", "body"):
            yield open_entry(seq, bytes(body), ())


def disclosed_names(seqs: Iterable[int]) -> Iterator[tuple[int, str]]:
    """(seq, name) of what is still disclosed of those entries; nothing is opened."""
    for some in chunks(sorted(seqs)):
        yield from Disclosure.objects.filter(seq__in=some).order_by("seq", "name").values_list("seq", "name")


def of_kind(kind: Kind, seqs: Iterable[int]) -> set[int]:
    """Those of `seqs` that are entries of `kind`."""
    found: set[int] = set()
    for some in chunks(sorted(seqs)):
        found.update(EntryRow.objects.filter(seq__in=some, kind=str(kind)).values_list("seq", flat=True))
    return found


def pages_of(kinds: Iterable[Kind], first: int, end: int, *names: str, batch: int = 1000) -> Iterator[list[Entry]]:
    """The entries of `kinds` from `first` up to but not including `end`, in order, opened, at most `batch` a page.

    Only the disclosures of `names` are read; by default none.
    """
    rows = EntryRow.objects.filter(kind__in=[str(kind) for kind in kinds], seq__lt=end).order_by("seq")
    while page := list(rows.filter(seq__gte=first).values_list("seq", "body")[:batch]):
        texts = texts_of([seq for seq, _ in page], *names) if names else {}
        yield [open_entry(seq, bytes(body), texts.get(seq, {}).values()) for seq, body in page]
        first = page[-1][0] + 1


HALVING = """
WITH RECURSIVE half(low, high) AS (
    SELECT CAST(0 AS bigint), CAST({size} AS bigint)
    UNION ALL
    SELECT CASE WHEN at < %s THEN (low + high) / 2 + 1 ELSE low END, CASE WHEN at < %s THEN high ELSE (low + high) / 2 END
    FROM half JOIN entry ON entry.seq = (low + high) / 2 WHERE low < high
)
SELECT max(low) FROM half WHERE low >= high
"""


def seq_at(at: datetime) -> int:
    """The seq of the first entry that was recorded at `at` or later; the size of the ledger where there is none."""
    with connection.cursor() as cursor:
        # In the database: it halves the ledger faster than it could be asked once more.
        cursor.execute(HALVING.format(size=size()), [connection.ops.adapt_datetimefield_value(at)] * 2)
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the ledger as it lies there, nothing checked, with its disclosures as (name, text).

    A text that does not open is empty: what no disclosure is.
    """

    seq: int
    id: uuid.UUID
    kind: str
    at: datetime
    body: bytes
    leaf: bytes
    disclosures: tuple[tuple[str, str], ...]


def stored(first: int, end: int, *, batch: int = 2000) -> Iterator[Stored]:
    """The rows from `first` up to but not including `end`, in order, unchecked; memory is bounded by `batch`."""
    for start in range(first, end, batch):
        span = {"seq__gte": start, "seq__lt": min(start + batch, end)}
        texts: dict[int, list[tuple[str, str]]] = {}
        sealed = Disclosure.objects.filter(**span).order_by("seq", "name")
        for seq, name, *kept in sealed.values_list("seq", "name", "key", "sealed"):
            try:
                text = text_of(seq, name, *kept)
            except NotOpenedError:
                text = ""
            texts.setdefault(seq, []).append((name, text))
        rows = EntryRow.objects.filter(**span).order_by("seq").values_list("seq", "id", "kind", "at", "body", "leaf")
        for seq, id_, kind, at, body, leaf in rows:
            yield Stored(seq, id_, kind, at, bytes(body), bytes(leaf), tuple(texts.get(seq, ())))


def outside(end: int) -> tuple[int, int, int]:
    """How many rows lie where none may be: (entries, disclosures, tiles) that no ledger of `end` entries has."""
    stray = Q(seq__lt=0) | Q(seq__gte=end)
    tiles = Q(level__lt=0) | Q(level__gte=LEVELS) | Q(n__lt=0)
    for level in range(LEVELS):
        tiles |= Q(level=level, n__gte=full_tiles(end, level))
    return (
        EntryRow.objects.filter(stray).count(),
        Disclosure.objects.filter(stray).count(),
        TileRow.objects.filter(tiles).count(),
    )


_BODY = PreparedValues(lambda: EntryRow.objects.filter(seq=Slot("seq", BigIntegerField())).values_list("body", "leaf"))


def entry(seq: int) -> tuple[Entry, bytes, bytes] | None:
    """(entry, leaf bytes, leaf hash) at `seq`."""
    found = _BODY.all(seq=seq)
    if not found:
        return None
    body, leaf = bytes(found[0][0]), bytes(found[0][1])
    return open_entry(seq, body, texts_of([seq]).get(seq, {}).values()), body, leaf


_SEQ_OF = PreparedValues(lambda: EntryRow.objects.filter(id=Slot("id", UUIDField())).values_list("id", "seq"))


def seqs_of(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """id → seq of those entries that exist."""
    found: dict[uuid.UUID, int] = {}
    for some in chunks(ids):
        rows = EntryRow.objects.filter(id__in=some).values_list("id", "seq")
        found.update(_SEQ_OF.all(id=some[0]) if len(some) == 1 else rows)
    return found


def leaves(first: int, end: int, *, batch: int = 10_000) -> Iterator[bytes]:
    """The leaf hashes of the entries from `first` up to but not including `end`, as stored, in order."""
    for start in range(first, end, batch):
        rows = EntryRow.objects.filter(seq__gte=start, seq__lt=min(start + batch, end)).order_by("seq")
        for leaf in rows.values_list("leaf", flat=True):
            yield bytes(leaf)


def roots(level: int, first: int, end: int) -> bytes:
    """The roots of the full tiles from `first` up to but not including `end` of `level`, as stored, joined."""
    rows = TileRow.objects.filter(level=level, n__gte=first, n__lt=end).order_by("n")
    return b"".join(map(bytes, rows.values_list("root", flat=True)))


def tile(level: int, n: int, width: int) -> bytes:
    """The first `width` hashes of a tile; fewer where the ledger does not hold them. Hashes are as stored."""
    if width == WIDTH:
        found = TileRow.objects.filter(level=level, n=n).values_list("hashes", flat=True).first()
        if found is not None:
            return bytes(found)
    first, end = n * WIDTH, n * WIDTH + width
    if level == 0:
        return b"".join(leaves(first, end))
    found = roots(level - 1, first, end)
    # The last may be missing while an older version still writes: they are made of what lies beneath.
    for below in range(first + len(found) // HASH, end):
        beneath = tile(level - 1, below, WIDTH)
        if len(beneath) < WIDTH * HASH:
            break
        found += subtree(beneath)
    return found


def bodies(first: int, end: int) -> list[bytes]:
    """The leaf bytes of the entries from `first` up to but not including `end`."""
    rows = EntryRow.objects.filter(seq__gte=first, seq__lt=end).order_by("seq")
    return [bytes(body) for body in rows.values_list("body", flat=True)]


_UNDER_ROOT = PreparedValues(
    lambda: EntryRow.objects.filter(seq=Slot("seq", BigIntegerField())).values_list(
        "body", Subquery(Head.objects.filter(id=1).values("root"))
    )
)


def body_under_root(seq: int) -> tuple[bytes, bytes]:
    """(leaf bytes of the entry at `seq`, root of the ledger as last committed)."""
    [(body, root)] = _UNDER_ROOT.all(seq=seq)
    return bytes(body), bytes(root)


def stored_tiles(level: int, first: int, end: int) -> list[tuple[int, bytes, bytes]]:
    """(n, hashes, root) of the tiles of `level` from `first` up to but not including `end` that are stored."""
    rows = TileRow.objects.filter(level=level, n__gte=first, n__lt=end).order_by("n")
    return [(n, bytes(hashes), bytes(root)) for n, hashes, root in rows.values_list("n", "hashes", "root")]
