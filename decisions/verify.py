"""Checks the whole ledger from its rows: every entry, the tree, its tiles, the head, and the checkpoints kept of it.

It must not trust a column that it can compute, and must not write.
"""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from decisions import ledger, notes, origins, signing
from decisions.canonical import encode_restricted
from decisions.envelope import FORM, KEYS, disclosure_digest, open_leaf, parse_time, timestamp
from decisions.merkle import Frontier, leaf_hash
from decisions.models.bulk import snapshot
from decisions.signing import BadNoteError, Checkpoint
from decisions.tiles import LEVELS, WIDTH, Tile, subtree
from decisions.vocab import Kind

log = logging.getLogger(__name__)
FAULTS_SHOWN = 100
PROGRESS_EVERY = 1000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in words for an auditor. `first` to `last`: the entries of which at least one is concerned."""

    what: str
    first: int | None = None
    last: int | None = None

    @property
    def words(self) -> str:
        """The whole of it as a sentence."""
        if self.first is None:
            return f"{self.what[:1].upper()}{self.what[1:]}."
        if self.last is None:
            return f"From entry {self.first} on: {self.what}."
        where = f"Entry {self.first}" if self.first == self.last else f"Entries {self.first} to {self.last}"
        return f"{where}: {self.what}."


@dataclass(slots=True)
class Verdict:
    """What was checked and what is wrong with it."""

    size: int = 0
    root: str = ""
    erased: int = 0
    """Disclosures whose text is gone and of which a later entry says that it was erased."""
    checkpoints: int = 0
    """Kept checkpoints that the entries agree with."""
    tiles: int = 0
    """Stored tiles that are those of the entries."""
    lost: int = 0
    """Kept checkpoints of a retired name that are of more entries than were left of it."""
    faults: list[Fault] = field(default_factory=list)
    """The faults of single entries first, in order of seq, then those of the whole."""

    @property
    def clean(self) -> bool:
        return not self.faults

    @property
    def first(self) -> Fault | None:
        return self.faults[0] if self.faults else None


def verify_ledger(
    *,
    checkpoints: Sequence[notes.Kept] = (),
    public_key: Ed25519PublicKey | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Check everything that is stored, as of one moment, and `checkpoints` besides those that are kept here.

    Signatures are checked with `public_key`, by default with this ledger's own keys, each for the sizes that it signs.
    """
    return _Check(public_key, progress).run(checkpoints)


class _Check:
    def __init__(self, key: Ed25519PublicKey | None, progress: Progress | None) -> None:
        self.key, self.progress = key, progress
        self.ring = notes.ring()
        self.verdict = Verdict()
        self.whole: list[Fault] = []
        """Faults of the whole ledger, told after those of single entries."""
        self.frontier = Frontier()
        self.tiles = _Tiles()
        self.missing: dict[int, set[str]] = {}
        """seq → digests whose texts are gone and of which no entry read so far says that they were erased."""
        self.agreed = 0
        """The largest size at which the entries agree with a checkpoint."""

    def run(self, given: Iterable[notes.Kept]) -> Verdict:
        with snapshot():
            head = ledger.current()
            self.origin = origins.of(head)
            self.verdict.size, self.verdict.root = head.size, bytes(head.root).hex()
            self.retired = {one.old: one for one in origins.retirements()}
            self.kept = self._read([*given, *notes.in_files(), *notes.in_database()])
            if self._entries(head.size):
                self._head(head)
            self._outside(head.size)
        self.verdict.tiles = self.tiles.agree
        self.whole += self.tiles.faults
        self.verdict.faults += sorted(self.whole, key=lambda fault: (fault.first is None, fault.first or 0))
        del self.verdict.faults[FAULTS_SHOWN:]
        return self.verdict

    def _read(self, found: Iterable[notes.Kept]) -> dict[int, list[tuple[str, Checkpoint]]]:
        """size → (where, checkpoint) of those that are signed and ours."""
        kept: dict[int, list[tuple[str, Checkpoint]]] = {}
        for one in found:
            try:
                checkpoint = self._signed(one.note)
            except BadNoteError as error:
                self.whole.append(Fault(f"{one.where} cannot be relied on: {error}"))
                continue
            over = self.retired.get(checkpoint.origin)
            if over is None or checkpoint.size <= over.kept:
                kept.setdefault(checkpoint.size, []).append((one.where, checkpoint))
            else:
                self.verdict.lost += 1
        return kept

    def _signed(self, note: str) -> Checkpoint:
        origin = signing.read_note(note)[0].origin
        if origin != self.origin and origin not in self.retired:
            raise BadNoteError(f"it is of another ledger, {origin}")
        if self.key is not None:
            return signing.verify(note, self.key)
        keys = {signing.read_verifier(key.vkey).public: key for key in self.ring.of(origin)}
        if not keys:
            raise BadNoteError("there is no key to check it with")
        checkpoint, publics = signing.verified(note, *map(Ed25519PublicKey.from_public_bytes, keys))
        if not any(keys[public.public_bytes_raw()].signs(checkpoint.size) for public in publics):
            raise BadNoteError("its key did not sign trees of that size")
        return checkpoint

    def _entries(self, size: int) -> bool:
        """Check each entry and, on the way, the tree at each checkpoint. False if an entry is missing."""
        at: datetime | None = None
        names = Names()
        self._compare()
        try:
            for row in ledger.stored(0, size):
                if row.seq != self.frontier.size:
                    break
                wrong, missing = entry_fault(row, at, names)
                if missing:
                    self.missing[row.seq] = missing
                wrong = wrong or self._erasure(row)
                if wrong and len(self.verdict.faults) < FAULTS_SHOWN:
                    # No more than are told: a ledger read under a wrong name has a fault in every entry.
                    self.verdict.faults.append(Fault(wrong, row.seq, row.seq))
                at = row.at
                # The hash is of the bytes, never the stored one: what is hashed is what was said.
                leaf = leaf_hash(row.body)
                self.frontier.append(leaf)
                self.tiles.add(leaf)
                self._compare()
                if self.frontier.size % PROGRESS_EVERY == 0 or self.frontier.size == size:
                    self._say(size)
        except (ValueError, TypeError, AttributeError) as error:
            log.warning("a row cannot be read: %s", type(error).__name__)
        if self.frontier.size != size:
            seq = self.frontier.size
            what = f"the entry is missing or cannot be read, and the head says that there are {size}"
            self.verdict.faults.append(Fault(what, seq, seq))
        gone = "what was disclosed of it is missing, and no entry says that it was erased"
        self.verdict.faults += [Fault(gone, seq, seq) for seq in islice(self.missing, FAULTS_SHOWN)]
        self.verdict.faults.sort(key=lambda fault: fault.first or 0)
        for beyond in sorted(beyond for beyond in self.kept if beyond > size):
            what = f"{self.kept[beyond][0][0]} was signed over {beyond} entries and only {size} are left: the end was removed"
            self.whole.append(Fault(what, size, beyond - 1))
        return self.frontier.size == size

    def _erasure(self, row: ledger.Stored) -> str:
        """What is wrong with `row` where it says that something was erased; what it says is no longer missing."""
        if row.kind != Kind.DISCLOSURE_ERASED:
            return ""
        envelope = open_leaf(row.body)
        try:
            seq, digests = envelope["ref"]["seq"], set(envelope["facts"]["erased"].values())
        except (KeyError, TypeError, AttributeError):
            return "it does not say what was erased"
        if any(fault.first == seq for fault in self.verdict.faults):
            # What is missing of it was not looked for.
            return ""
        missing = self.missing.get(seq, set())
        self.verdict.erased += len(digests & missing)
        self.missing[seq] = missing - digests
        if not self.missing[seq]:
            del self.missing[seq]
        return "" if digests <= missing else f"it says that something of entry {seq} was erased, which is still there"

    def _say(self, size: int) -> None:
        if self.progress is not None:
            self.progress(self.frontier.size, size)

    def _compare(self) -> None:
        """Compare the tree with the checkpoints of its present size."""
        here = self.kept.get(self.frontier.size)
        if here is None:
            return
        root = self.frontier.root()
        disagree = [where for where, checkpoint in here if checkpoint.root != root]
        self.verdict.checkpoints += len(here) - len(disagree)
        if not disagree:
            self.agreed = self.frontier.size
        for where in disagree:
            what = f"{where} was signed over other entries: history was rewritten after it was signed"
            self.whole.append(Fault(what, self.agreed, self.frontier.size - 1))

    def _head(self, head: Any) -> None:
        if self.frontier.root() != bytes(head.root):
            what = "the head's root is not that of the entries: one of them, or the head, was changed"
            self.whole.append(Fault(what, min(self.agreed, head.size - 1), head.size - 1) if head.size else Fault(what))
        elif self.frontier.to_bytes() != bytes(head.frontier):
            self.whole.append(Fault("the head's frontier is not that of the entries: the head was changed"))

    def _outside(self, size: int) -> None:
        entries, disclosures, tiles = ledger.outside(size)
        if entries:
            self.whole.append(Fault(f"{entries} entries lie beyond the head: they were not written by the spine", size))
        if disclosures:
            self.whole.append(Fault(f"{disclosures} disclosures belong to no entry", size))
        if tiles:
            self.whole.append(Fault(f"{tiles} tiles are of no tree of {size} entries", size))


class _Tiles:
    """Compares the stored tiles with those that the entries make, as they are read; holds one tile of each level."""

    def __init__(self) -> None:
        self.open: list[list[bytes]] = [[] for _ in range(LEVELS)]
        self.done = [0] * LEVELS
        self.agree = 0
        self.faults: list[Fault] = []

    def add(self, hash_: bytes, level: int = 0) -> None:
        here = self.open[level]
        here.append(hash_)
        if len(here) < WIDTH:
            return
        tile, hashes = Tile(level, self.done[level]), b"".join(here)
        root = subtree(hashes)
        self._compare(tile, (tile.n, hashes, root))
        self.done[level] += 1
        here.clear()
        self.add(root, level + 1)

    def _compare(self, tile: Tile, made: tuple[int, bytes, bytes]) -> None:
        stored = ledger.stored_tiles(tile.level, tile.n, tile.n + 1)
        if stored == [made]:
            self.agree += 1
            return
        wrong = "is not that of the entries: one of them, or the tile, was changed" if stored else "is missing"
        last = tile.sizes.start - 1
        self.faults.append(Fault(f"tile {tile.level}/{tile.name} {wrong}", last + 1 - WIDTH ** (tile.level + 1), last))


class Names:
    """Under which name the ledger goes on, as its entries say it."""

    def __init__(self) -> None:
        self.name: str = settings.LOG_ORIGIN

    def fits(self, envelope: dict[str, Any]) -> bool:
        """Whether the entry is of this ledger; the one that retires a name is the first under the next."""
        if envelope["kind"] == Kind.KEY_ROTATED:
            self.name = origins.renamed(envelope["facts"]) or self.name
        return bool(envelope["log"] == self.name)


def entry_fault(row: ledger.Stored, before: datetime | None, names: Names) -> tuple[str, set[str]]:
    """(what is wrong with the row first of all, digests of which it has no text). `before`: the last entry's time."""
    if leaf_hash(row.body) != row.leaf:
        return "its bytes do not have the hash that was stored with them: they were changed", set()
    envelope = _canonical(row.body)
    if envelope is None:
        return "its bytes are not an entry in canonical form", set()
    if not _known(envelope):
        return "it is not an entry of a form and kind that this version knows", set()
    if not names.fits(envelope):
        return f"it is an entry of another ledger, {envelope['log']}", set()
    if (str(row.id), row.kind, timestamp(row.at)) != (envelope["id"], envelope["kind"], envelope["ts"]):
        return "its columns (id, kind, time) do not say what its bytes say", set()
    if before is not None and parse_time(envelope["ts"]) < before:
        return "its time is before that of the entry before it", set()
    return _disclosure_fault(row.disclosures, envelope["_sd"])


def _canonical(body: bytes) -> dict[str, Any] | None:
    """The object in `body` if `body` is its canonical form."""
    try:
        envelope = json.loads(body)
        return envelope if isinstance(envelope, dict) and encode_restricted(envelope) == body else None
    except (ValueError, RecursionError):
        return None


def _known(envelope: dict[str, Any]) -> bool:
    """Whether `envelope` has the fixed keys, and of those that are read here a value that can be read."""
    return (
        set(envelope) == KEYS
        and envelope["v"] == FORM
        and envelope["kind"] in list(Kind)
        and isinstance(envelope["_sd"], list)
        and all(isinstance(digest, str) for digest in envelope["_sd"])
    )


def _disclosure_fault(disclosures: Iterable[tuple[str, str]], digests: list[str]) -> tuple[str, set[str]]:
    missing = set(digests)
    for name, text in disclosures:
        if (digest := disclosure_digest(text)) not in missing:
            return (
                f"what is disclosed of it as {name!r} is not what was recorded: it was changed or put there later",
                set(),
            )
        missing.remove(digest)
        if json.loads(text)[1] != name:
            return f"what is disclosed of it as {name!r} was recorded under another name", set()
    return "", missing
