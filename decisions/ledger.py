"""Reads and appends the ledger's rows. It must not decide anything, nor touch a read model.

Appending happens under the head lock only, in the transaction of `decisions.recording`.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from decisions.envelope import Entry, Sealed, open_entry
from decisions.merkle import Frontier, leaf_hash
from decisions.models.bulk import chunks, insert_rows, lock_head
from decisions.models.ledger import Disclosure, EntryRow, Head, StoredCheckpoint


@dataclass
class OpenHead:
    """The head as the writing transaction sees and advances it."""

    size: int
    frontier: Frontier
    at: datetime
    config: str
    identity: uuid.UUID


def open_head() -> OpenHead:
    """Lock the head row and open it. Raises ValueError if its frontier does not fit its size."""
    row = lock_head()
    frontier = Frontier.from_bytes(row.size, bytes(row.frontier))
    return OpenHead(row.size, frontier, row.at, str(row.config or ""), row.identity)


def append(head: OpenHead, sealed: Sequence[Sealed]) -> None:
    """Write `sealed` at the end of the ledger and advance `head`, in memory only; `store_head` writes it."""
    entries, texts = [], []
    for item in sealed:
        leaf = leaf_hash(item.body)
        entries.append((head.size, item.id, str(item.kind), item.at, item.body, leaf))
        texts.extend((head.size, name, text) for name, text in item.disclosures)
        head.frontier.append(leaf)
        head.size += 1
    insert_rows(EntryRow, ("seq", "id", "kind", "at", "body", "leaf"), entries)
    insert_rows(Disclosure, ("seq", "name", "text"), texts)


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
    """seq → name → salted text of what is still disclosed of those entries."""
    found: dict[int, dict[str, str]] = {}
    for some in chunks(seqs):
        rows = Disclosure.objects.filter(seq__in=some)
        if names:
            rows = rows.filter(name__in=names)
        for seq, name, text in rows.values_list("seq", "name", "text"):
            found.setdefault(seq, {})[name] = text
    return found


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


def leaf_rows(first: int, last: int, *, batch: int = 5000) -> Iterator[tuple[int, uuid.UUID, str, datetime, bytes, bytes]]:
    """(seq, id, kind, at, body, leaf) as stored, in order, unchecked."""
    columns = ("seq", "id", "kind", "at", "body", "leaf")
    for start in range(first, last + 1, batch):
        rows = EntryRow.objects.filter(seq__gte=start, seq__lte=min(start + batch - 1, last)).order_by("seq")
        for seq, id_, kind, at, body, leaf in rows.values_list(*columns):
            yield seq, id_, kind, at, bytes(body), bytes(leaf)


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


def leaves(size: int) -> list[bytes]:
    """The leaf hashes of the first `size` entries."""
    return [bytes(leaf) for leaf in EntryRow.objects.filter(seq__lt=size).order_by("seq").values_list("leaf", flat=True)]


def keep_checkpoint(size: int, note: str, at: datetime) -> None:
    """Keep a published checkpoint; a second one of the same size is the first."""
    StoredCheckpoint.objects.bulk_create([StoredCheckpoint(size=size, note=note, at=at)], ignore_conflicts=True)


def checkpoints() -> Iterator[tuple[int, str]]:
    yield from StoredCheckpoint.objects.order_by("size").values_list("size", "note")


def last_checkpoint() -> StoredCheckpoint | None:
    return StoredCheckpoint.objects.order_by("-size").first()
