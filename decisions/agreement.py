"""Whether the ledger, its kept checkpoints and the signer say the same. It must not sign or write.

The signer's word is the last: it is the only one of the three that an owner of the database cannot change.
"""

from decisions import cosigned, ledger, notes, origins, proofs, signing
from decisions.merkle import leaf_hash
from decisions.models.ledger import Head
from decisions.notes import Kept
from decisions.signer import State
from decisions.signing import BadNoteError

BODIES_AT_ONCE = 2000


def disagreement(head: Head, state: State) -> str:
    """Why `head` cannot be signed next, in words for an operator; empty where it can.

    Reads the leaf bytes of what is new since the last signature and hashes them again: a hash that is wrong in the
    database is found before it is signed for ever. Of what is older, tiles are read.
    """
    signed, origin = state.signed, origins.of(head)
    if signed.origin != origin:
        return f"the signer signs {signed.origin}, and this is the ledger {origin}"
    if signed.size > head.size:
        return f"{signed.size} entries were signed and only {head.size} are left"
    try:
        return _tree(head, state) or _kept(state)
    except ValueError as error:
        return str(error)


def _tree(head: Head, state: State) -> str:
    signed = state.signed
    before = proofs.tree(signed.size).frontier()
    if before.root() != signed.root:
        return f"the first {signed.size} entries are not those that were signed"
    if proofs.tree(head.size).root() != bytes(head.root):
        return f"the head of size {head.size} is not that of its entries"
    for first in range(signed.size, head.size, BODIES_AT_ONCE):
        for body in ledger.bodies(first, min(first + BODIES_AT_ONCE, head.size)):
            before.append(leaf_hash(body))
    if before.size != head.size or before.root() != bytes(head.root):
        return f"the entries from {signed.size} on do not have the hashes that are stored"
    return ""


def _kept(state: State) -> str:
    """Compare the newest checkpoint in the database and the newest outside it."""
    stored = cosigned.last_checkpoint()
    inside = [Kept(f"the checkpoint of size {stored.size} in the database", stored.note)] if stored else []
    outside = [kept] if (kept := notes.latest()) else []
    over = {one.origin for one in state.ring.retired}
    for one in (*inside, *outside):
        try:
            origin = signing.read_note(one.note)[0].origin
            if origin in over:
                continue
            if not state.keys:
                return f"{one.where} was signed, and this signer has no key yet: bring back its folder"
            publics = [signing.read_verifier(key.vkey).key for key in state.keys]
            checkpoint = signing.verify(one.note, *publics)
        except BadNoteError as error:
            return f"{one.where} cannot be relied on: {error}"
        if checkpoint.size > state.signed.size:
            return f"{one.where} is of {checkpoint.size} entries, and the signer knows of {state.signed.size}"
        if proofs.tree(checkpoint.size).root() != checkpoint.root:
            return f"{one.where} is of other entries"
    return ""
