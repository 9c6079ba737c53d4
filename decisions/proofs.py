"""Proofs from the stored tree: that an entry is in it, that one tree extends another, and receipts. It must not write."""

import base64

from decisions import ledger, signing
from decisions.errors import Problem, not_found
from decisions.merkle import verify_inclusion
from decisions.tiles import Tree

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
    body, leaf = found[1:]
    last = ledger.last_checkpoint()
    if last is None or last.size <= seq:
        detail = f"Entry {seq} is recorded and not signed yet. Ask again after Retry-After, or with wait=20."
        raise Problem(404, "not-signed", "No checkpoint covers the entry yet", detail, {"retry_after_s": 1})
    path = tree(last.size).inclusion(seq)
    if not verify_inclusion(leaf, seq, last.size, path, signing.read_note(last.note)[0].root):
        raise ValueError(f"entry {seq} is not in the tree that was signed; run verify_ledger")
    lines = [RECEIPT, f"extra {_b64(body)}", f"index {seq}", *map(_b64, path)]
    return "\n".join(lines) + f"\n\n{last.note}"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
