"""All that the ledger discloses, as a whole: what holds a text, and the keys that the texts are under."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from decisions import ledger
from decisions.envelope import Entry, disclosure_digest, open_entry
from decisions.models.bulk import chunks, lock_head, writing
from decisions.models.ledger import Disclosure, EntryRow


@dataclass(frozen=True, slots=True)
class Disclosing:
    """An entry, its leaf hash, and the digests of what is disclosed of it still, by name."""

    entry: Entry
    leaf: bytes
    digests: dict[str, str]


def disclosing(seqs: Iterable[int]) -> Iterator[Disclosing]:
    """The entries at `seqs` that exist, in order, with what could be erased of them."""
    for some in chunks(sorted(seqs)):
        texts = ledger.texts_of(some)
        for seq, body, leaf in EntryRow.objects.filter(seq__in=some).order_by("seq").values_list("seq", "body", "leaf"):
            here = texts.get(seq, {})
            digests = {name: disclosure_digest(text) for name, text in here.items()}
            yield Disclosing(open_entry(seq, bytes(body), here.values()), bytes(leaf), digests)


def between(first: int, end: int) -> list[tuple[int, str, str]]:
    """(seq, name, salted text) of what is disclosed of the entries from `first` up to but not including `end`."""
    rows = Disclosure.objects.filter(seq__gte=first, seq__lt=end).order_by("seq", "name")
    return [
        (seq, name, ledger.text_of(seq, name, *kept))
        for seq, name, *kept in rows.values_list("seq", "name", "key", "sealed")
    ]


def holding(text: str) -> Iterator[tuple[int, list[str]]]:
    """(seq, names) of the entries that disclose `text`, in order; upper and lower case count as one."""
    # As it stands in a JSON text, without the quotes around it.
    sought = msgspec.json.encode(text).decode()[1:-1].casefold()
    for row in ledger.stored(0, ledger.size()):
        names = [name for name, disclosed in row.disclosures if sought in disclosed.casefold()]
        if names:
            yield row.seq, names


def rewrap(batch: int = 1000) -> Iterator[int]:
    """Put the key of each disclosure under the first of the installation's keys; yields how many it has looked at.

    Each `batch` is a transaction. Raises NotOpenedError for one that is under none of them.
    """
    keys, last, looked = ledger.keyring(), 0, 0
    while True:
        with writing():
            lock_head()
            rows = list(Disclosure.objects.filter(id__gt=last).order_by("id").only("seq", "name", "key")[:batch])
            changed = []
            for row in rows:
                if (key := keys.rewrap(ledger.place_of(row.seq, row.name), bytes(row.key))) is not None:
                    row.key = key
                    changed.append(row)
            Disclosure.objects.bulk_update(changed, ["key"], batch_size=200)
        if not rows:
            return
        last, looked = rows[-1].id, looked + len(rows)
        yield looked
