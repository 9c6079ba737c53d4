"""Proofs from the stored tree: that an entry is in it, that one tree extends another, and receipts. It must not write."""

import base64
from dataclasses import dataclass

from decisions import cosigned, ledger, signing
from decisions.errors import Problem, not_found
from decisions.merkle import leaf_hash, node_hash, verify_inclusion
from decisions.signing import Checkpoint
from decisions.tiles import Tree, siblings

RECEIPT = "c2sp.org/tlog-proof@v1"


def tree(size: int) -> Tree:
    """The tree of the first `size` entries; its tiles are read from the database as a proof needs them."""
    return Tree(size, ledger.tile)


def receipt(seq: int, *, actor: str = "") -> str:
    """The proof that entry `seq` is in the newest checkpoint, as a C2SP tlog-proof; `extra` holds the entry's bytes.

    With `actor`, of an entry of that actor alone. Raises a 404 problem where there is none such, and where no
    checkpoint covers it yet. Raises ValueError if the ledger's rows do not prove it: a false proof is never given out.
    """
    found = ledger.entry(seq)
    if found is None or (actor and found[0].actor != actor):
        raise not_found("entry")
    proof = prove(seq, found[1])
    if proof is None:
        detail = f"Entry {seq} is recorded and not signed yet. Ask again after Retry-After, or with wait=20."
        raise Problem(404, "not-signed", "No checkpoint covers the entry yet", detail, {"retry_after_s": 1})
    lines = [RECEIPT, f"extra {_b64(found[1])}", f"index {seq}", *(_b64(step.sibling) for step in proof.steps)]
    return "\n".join(lines) + f"\n\n{proof.note}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step up a path: the hash that is joined to what is known, of the entries `first` up to `end`, and what both make."""

    sibling: bytes
    first: int
    end: int
    left: bool
    """Whether the sibling stands left of what is known."""
    joined: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in the tree of a signed checkpoint: its leaf hash and the steps from there to the root."""

    seq: int
    leaf: bytes
    steps: tuple[Step, ...]
    checkpoint: Checkpoint
    note: str


def prove(seq: int, body: bytes) -> Proof | None:
    """The proof that entry `seq` of those bytes is in the newest checkpoint; None where that does not cover it yet.

    Raises ValueError if the ledger's rows do not prove it.
    """
    last = cosigned.last_checkpoint()
    if last is None or last.size <= seq:
        return None
    checkpoint = signing.read_note(last.note)[0]
    # Of the bytes, never the stored hash: it is they that are shown and given out.
    leaf, path = leaf_hash(body), tree(last.size).inclusion(seq)
    if not verify_inclusion(leaf, seq, last.size, path, checkpoint.root):
        raise ValueError(f"entry {seq} is not in the tree that was signed; run verify_ledger")
    steps, known = [], leaf
    for (first, end), sibling in zip(siblings(seq, last.size), path, strict=True):
        left = first < seq
        known = node_hash(sibling, known) if left else node_hash(known, sibling)
        steps.append(Step(sibling, first, end, left, known))
    return Proof(seq, leaf, tuple(steps), checkpoint, last.note)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
