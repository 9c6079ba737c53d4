"""Reads and appends the ledger's rows. It must not decide anything, nor touch a read model.

Appending happens under the head lock only, in the transaction of `decisions.recording`.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec
from django.conf import settings
from django.db.models import Q

from decisions.envelope import Entry, Sealed, disclosure_digest, open_entry, open_leaf
from decisions.keyring import Keyring, NotOpenedError, read_keys
from decisions.merkle import Frontier, leaf_hash
from decisions.models.bulk import chunks, insert_rows, lock_head, writing
from decisions.models.ledger import Disclosure, EntryRow, Head, StoredCheckpoint
from decisions.vocab import Kind


def keyring() -> Keyring:
    """What texts are encrypted with, by the settings."""
    return _keyring(settings.DISCLOSURE_KEY)


@lru_cache(maxsize=2)
def _keyring(text: str) -> Keyring:
    return Keyring(read_keys(text))


def _place(seq: int, name: str) -> str:
    return f"{seq}:{name}"


@dataclass
class OpenHead:
    """The head as the writing transaction sees and advances it."""

    size: int
    frontier: Frontier
    at: datetime
    config: str
    identity: uuid.UUID
    leaf: bytes = b""
    """Hash of the last entry that this transaction appended; empty if it has appended none."""
    restored: bool = False
    """The database was found not to be the one last written, and what follows from it was recorded."""


def open_head() -> OpenHead:
    """Lock the head row and open it. Raises ValueError if size, frontier and root do not belong together."""
    row = lock_head()
    frontier = Frontier.from_bytes(row.size, bytes(row.frontier))
    if frontier.root() != bytes(row.root):
        raise ValueError("the head's frontier does not have the head's root; run verify_ledger")
    return OpenHead(row.size, frontier, row.at, str(row.config or ""), row.identity)


def append(head: OpenHead, sealed: Sequence[Sealed]) -> None:
    """Write `sealed` at the end of the ledger and advance `head`, in memory only; `store_head` writes it."""
    entries: list[tuple[object, ...]] = []
    texts: list[tuple[object, ...]] = []
    keys = keyring()
    for item in sealed:
        leaf = leaf_hash(item.body)
        entries.append((head.size, item.id, str(item.kind), item.at, item.body, leaf))
        texts.extend(
            (head.size, name, *keys.seal(_place(head.size, name), text.encode())) for name, text in item.disclosures
        )
        head.frontier.append(leaf)
        head.leaf = leaf
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
    """Write the advanced head. Raises RuntimeError if the stored size is not `before`: somebody wrote without the lock."""
    changed = Head.objects.filter(id=1, size=before).update(
        size=head.size,
        root=head.frontier.root(),
        frontier=head.frontier.to_bytes(),
        at=head.at,
        config=uuid.UUID(head.config) if head.config else None,
    )
    if changed != 1:
        raise RuntimeError("the head moved under its lock")


def size() -> int:
    """How many entries the ledger holds; the newest seq is one less."""
    return Head.objects.values_list("size", flat=True).get(id=1)


def config() -> str:
    """The id of the last entry that changed register or policy; empty when there is none."""
    return str(Head.objects.values_list("config", flat=True).get(id=1) or "")


def current() -> Head:
    return Head.objects.get(id=1)


def texts_of(seqs: Iterable[int], *names: str) -> dict[int, dict[str, str]]:
    """seq → name → salted text of what is still disclosed of those entries. Raises NotOpenedError."""
    found: dict[int, dict[str, str]] = {}
    for some in chunks(seqs):
        rows = Disclosure.objects.filter(seq__in=some)
        if names:
            rows = rows.filter(name__in=names)
        for seq, name, key, sealed in rows.values_list("seq", "name", "key", "sealed"):
            found.setdefault(seq, {})[name] = _text(seq, name, key, sealed)
    return found


def _text(seq: int, name: str, key: bytes | memoryview, sealed: bytes | memoryview) -> str:
    return keyring().open(_place(seq, name), bytes(key), bytes(sealed)).decode()


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


@dataclass(frozen=True, slots=True)
class Disclosing:
    """An entry, its leaf hash, and the digests of what is disclosed of it still, by name."""

    entry: Entry
    leaf: bytes
    digests: dict[str, str]


def disclosing(seqs: Iterable[int]) -> Iterator[Disclosing]:
    """The entries at `seqs` that exist, in order, with what could be erased of them."""
    for some in chunks(sorted(seqs)):
        texts = texts_of(some)
        for seq, body, leaf in EntryRow.objects.filter(seq__in=some).order_by("seq").values_list("seq", "body", "leaf"):
            here = texts.get(seq, {})
            digests = {name: disclosure_digest(text) for name, text in here.items()}
            yield Disclosing(open_entry(seq, bytes(body), here.values()), bytes(leaf), digests)


def pages_of(kinds: Iterable[Kind], first: int, end: int, *names: str, batch: int = 1000) -> Iterator[list[Entry]]:
    """The entries of `kinds` from `first` up to but not including `end`, in order, opened, at most `batch` a page.

    Only the disclosures of `names` are read; by default none.
    """
    rows = EntryRow.objects.filter(kind__in=[str(kind) for kind in kinds], seq__lt=end).order_by("seq")
    while page := list(rows.filter(seq__gte=first).values_list("seq", "body")[:batch]):
        texts = texts_of([seq for seq, _ in page], *names) if names else {}
        yield [open_entry(seq, bytes(body), texts.get(seq, {}).values()) for seq, body in page]
        first = page[-1][0] + 1


def seq_at(at: datetime) -> int:
    """The seq of the first entry that was recorded at `at` or later; the size of the ledger where there is none."""
    low, high = 0, size()
    while low < high:
        middle = (low + high) // 2
        if EntryRow.objects.values_list("at", flat=True).get(seq=middle) < at:
            low = middle + 1
        else:
            high = middle
    return low


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
                text = _text(seq, name, *kept)
            except NotOpenedError:
                text = ""
            texts.setdefault(seq, []).append((name, text))
        rows = EntryRow.objects.filter(**span).order_by("seq").values_list("seq", "id", "kind", "at", "body", "leaf")
        for seq, id_, kind, at, body, leaf in rows:
            yield Stored(seq, id_, kind, at, bytes(body), bytes(leaf), tuple(texts.get(seq, ())))


def holding(text: str) -> Iterator[tuple[int, list[str]]]:
    """(seq, names) of the entries that disclose `text`, in order; upper and lower case count as one."""
    # As it stands in a JSON text, without the quotes around it.
    sought = msgspec.json.encode(text).decode()[1:-1].casefold()
    for row in stored(0, size()):
        names = [name for name, disclosed in row.disclosures if sought in disclosed.casefold()]
        if names:
            yield row.seq, names


def rewrap(batch: int = 1000) -> Iterator[int]:
    """Put the key of each disclosure under the first of the installation's keys; yields how many it has looked at.

    Each `batch` is a transaction. Raises NotOpenedError for one that is under none of them.
    """
    keys, last, looked = keyring(), 0, 0
    while True:
        with writing():
            lock_head()
            rows = list(Disclosure.objects.filter(id__gt=last).order_by("id").only("seq", "name", "key")[:batch])
            changed = []
            for row in rows:
                if (key := keys.rewrap(_place(row.seq, row.name), bytes(row.key))) is not None:
                    row.key = key
                    changed.append(row)
            Disclosure.objects.bulk_update(changed, ["key"], batch_size=200)
        if not rows:
            return
        last, looked = rows[-1].id, looked + len(rows)
        yield looked


def outside(end: int) -> tuple[int, int]:
    """How many rows lie where none may be: (entries, disclosures) with a seq below 0 or from `end` on."""
    stray = Q(seq__lt=0) | Q(seq__gte=end)
    return EntryRow.objects.filter(stray).count(), Disclosure.objects.filter(stray).count()


def entry(seq: int) -> tuple[Entry, bytes, bytes] | None:
    """(entry, leaf bytes, leaf hash) at `seq`."""
    row = EntryRow.objects.filter(seq=seq).values_list("body", "leaf").first()
    if row is None:
        return None
    body, leaf = bytes(row[0]), bytes(row[1])
    return open_entry(seq, body, texts_of([seq]).get(seq, {}).values()), body, leaf


def seqs_of(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """id → seq of those entries that exist."""
    found: dict[uuid.UUID, int] = {}
    for some in chunks(ids):
        found.update(EntryRow.objects.filter(id__in=some).values_list("id", "seq"))
    return found


def leaves(first: int, end: int, *, batch: int = 10_000) -> Iterator[bytes]:
    """The leaf hashes of the entries from `first` up to but not including `end`, as stored, in order."""
    for start in range(first, end, batch):
        rows = EntryRow.objects.filter(seq__gte=start, seq__lt=min(start + batch, end)).order_by("seq")
        for leaf in rows.values_list("leaf", flat=True):
            yield bytes(leaf)


def keep_checkpoint(size: int, note: str, at: datetime) -> None:
    """Keep a published checkpoint; a second one of the same size is the first."""
    # Asked first: the guard of SQLite refuses an insert over an existing key even where conflicts are ignored.
    if not StoredCheckpoint.objects.filter(size=size).exists():
        StoredCheckpoint.objects.bulk_create([StoredCheckpoint(size=size, note=note, at=at)], ignore_conflicts=True)


def checkpoints() -> Iterator[tuple[int, str]]:
    yield from StoredCheckpoint.objects.order_by("size").values_list("size", "note")


def last_checkpoint() -> StoredCheckpoint | None:
    return StoredCheckpoint.objects.order_by("-size").first()
