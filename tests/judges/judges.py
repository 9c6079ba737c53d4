"""Other people's programs as judges of an export: each says yes, or raises. They must see nothing but the files and the keys.

Needs, besides this file, what it judges with: `pip install pymerkle sigstore metamorphic-log rfc8785` into an environment of your own.
`python -m tests.judges.judges DIR VKEY… [--older CHECKPOINT]` judges any export.
"""

import argparse
import base64
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.verify import writer

SAMPLE = 40
"""How many entries are judged by proofs of their own, besides the first and the last."""


@dataclass
class Export:
    """An export as a judge is handed it."""

    folder: Path
    vkeys: Sequence[str]
    """Of the log alone: some judges know no cosignatures."""
    older: bytes | None = None
    """A checkpoint from before."""

    @cached_property
    def note(self) -> str:
        return (self.folder / "checkpoint").read_text()

    @cached_property
    def size(self) -> int:
        return int(self.note.split("\n")[1])

    @cached_property
    def root(self) -> bytes:
        return base64.b64decode(self.note.split("\n")[2])

    @cached_property
    def entries(self) -> list[bytes]:
        found = []
        for number in range(-(-self.size // 256)):
            width = min(256, self.size - 256 * number)
            name = writer.number(number) + ("" if width == 256 else f".p/{width}")
            raw, at = (self.folder / "tile" / "entries" / name).read_bytes(), 0
            while at < len(raw):
                end = at + 2 + int.from_bytes(raw[at : at + 2])
                found.append(raw[at + 2 : end])
                at = end
        return found

    @cached_property
    def leaves(self) -> list[bytes]:
        return [writer.leaf_hash(body) for body in self.entries]

    @cached_property
    def tiles(self) -> list[bytes]:
        """The leaf hashes as the tiles have them: the proofs are made of these, as a client without the entries would."""
        found = []
        for number in range(-(-self.size // 256)):
            width = min(256, self.size - 256 * number)
            name = writer.number(number) + ("" if width == 256 else f".p/{width}")
            raw = (self.folder / "tile" / "0" / name).read_bytes()
            found += [raw[at : at + 32] for at in range(0, len(raw), 32)]
        return found

    def proofs(self) -> list[tuple[int, bytes, list[bytes]]]:
        """(index, entry, path) of a sample."""
        chosen = sorted({0, self.size - 1, *range(0, self.size, max(1, self.size // SAMPLE))})
        return [(index, self.entries[index], writer.path(index, self.tiles)) for index in chosen]


def pymerkle(export: Export) -> None:
    """Another tree over the entries' bytes: its root, and its own proof of growth."""
    theirs = importlib.import_module("pymerkle")
    tree = theirs.InmemoryTree(algorithm="sha256")
    tree.append_entries(export.entries)
    assert tree.get_size() == export.size, "the entries are not as many as the checkpoint says"
    assert tree.get_root() == export.root, "pymerkle has another root"
    if export.older:
        size, root = int(export.older.split(b"\n")[1]), base64.b64decode(export.older.split(b"\n")[2])
        assert tree.get_root(size) == root, "pymerkle has another root at the older size"
        theirs.verify_consistency(root, export.root, tree.prove_consistency(size, export.size))


def sigstore(export: Export) -> None:
    """The client of another log: the checkpoint as it reads it, and inclusion."""
    merkle = importlib.import_module("sigstore._internal.merkle")
    checkpoint = importlib.import_module("sigstore._internal.rekor.checkpoint")
    read = checkpoint.SignedCheckpoint.from_text(export.note).checkpoint
    assert (read.log_size, read.log_hash) == (export.size, export.root.hex())
    for index, body, path in export.proofs():
        proof = SimpleNamespace(log_index=index, tree_size=export.size, hashes=path, root_hash=export.root)
        merkle.verify_merkle_inclusion(
            SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=body))
        )


def metamorphic(export: Export) -> None:
    """A verifier in Rust: the note's signature, inclusion and growth under it."""
    theirs: Any = importlib.import_module("metamorphic_log")
    keys = list(export.vkeys)
    head = theirs.checkpoint_verify(export.note, keys)
    assert (head.size, head.root, list(head.extensions)) == (export.size, export.root, [])
    for index, body, path in export.proofs():
        theirs.checkpoint_verify_inclusion(export.note, keys, index, writer.leaf_hash(body), path)
    if export.older:
        size = int(export.older.split(b"\n")[1])
        theirs.checkpoint_verify_consistency(export.older.decode(), export.note, keys, writer.proof(size, export.tiles))


def canonical(export: Export) -> None:
    """Another encoder of RFC 8785: each entry is its own canonical form."""
    theirs = importlib.import_module("rfc8785")
    for seq, body in enumerate(export.entries):
        assert theirs.dumps(json.loads(body)) == body, f"entry {seq} is not canonical"


JUDGES: dict[str, Callable[[Export], None]] = {
    "pymerkle": pymerkle,
    "sigstore": sigstore,
    "metamorphic_log": metamorphic,
    "rfc8785": canonical,
}
"""Module that must be installed → the judge that uses it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("vkeys", nargs="+")
    parser.add_argument("--older", type=Path)
    chosen = parser.parse_args()
    export = Export(chosen.folder, chosen.vkeys, chosen.older.read_bytes() if chosen.older else None)
    for name, judge in JUDGES.items():
        judge(export)
        print(f"{name}: accepts {export.size:,} entries")
    return 0


if __name__ == "__main__":
    sys.exit(main())
