"""Records what was done with the keys of the ledger: the signer does it, the ledger says so. It must not make or use a key."""

from bisect import bisect_right
from itertools import pairwise

from decisions import ledger, notes, origins, proofs, signing
from decisions.envelope import Draft, named_uuid
from decisions.key_ring import Key
from decisions.recording import Moment, record
from decisions.signer import State
from decisions.signing import BadNoteError, Checkpoint
from decisions.vocab import Kind


def settle(state: State) -> None:
    """Record each rotation and retirement that the ledger does not know of yet. Each is recorded once, whatever crashes."""
    if len(state.ring.keys) < 2:
        return
    origin = origins.of(ledger.current())
    over = {one.origin: one for one in state.ring.retired}
    if state.signed.origin != origin and origin in over:
        _retired(state, over[origin])
    for old, new in pairwise(state.keys):
        _record(_draft("begin", old, new))
        if old.last is not None:
            _record(_draft("end", old, new, last_size=old.last))


def _retired(state: State, signed: Checkpoint) -> None:
    """The first entry under the new name commits to what was signed last under the old one, and to how much of it is here."""
    known = state.ring.of(signed.origin) or notes.ring().of(signed.origin)
    draft = _draft(
        "begin",
        known[-1] if known else None,
        state.keys[0],
        last_size=signed.size,
        origin=state.signed.origin,
        signed={"size": signed.size, "root": signed.root.hex()},
        kept_size=_kept_size(signed),
    )
    _record(draft)


def _draft(step: str, old: Key | None, new: Key, **more: object) -> Draft:
    """`origin`, `signed` and `kept_size` are said where the ledger goes on under another name."""
    rest = dict.fromkeys(("last_size", "origin", "signed", "kept_size"))
    facts = {"kv": 1, "old": old.vkey if old else "", "new": new.vkey, "from_size": new.first, **rest, **more}
    return Draft(
        kind=Kind.KEY_ROTATED, actor="system", facts=facts, id=named_uuid("key.rotated", new.vkey, step), once=step
    )


def _record(draft: Draft) -> None:
    if ledger.seqs_of([draft.id]):
        return

    def decide(moment: Moment) -> list[Draft]:
        return [draft]

    record(decide, principal="system", though_halted=True)


def _kept_size(signed: Checkpoint) -> int:
    """The size of the largest checkpoint of that origin that this ledger still extends; 0 where none is left."""
    known: dict[int, bytes] = {}
    for one in notes.in_files():
        try:
            checkpoint = signing.read_note(one.note)[0]
        except BadNoteError:
            continue
        if checkpoint.origin == signed.origin and checkpoint.size <= signed.size:
            known[checkpoint.size] = checkpoint.root
    known[signed.size] = signed.root
    head = ledger.size()
    sizes = sorted(size for size in known if 0 < size <= head)

    def differs(size: int) -> bool:
        return proofs.tree(size).root() != known[size]

    # What agrees at one size agrees at every smaller one.
    agreeing = bisect_right(sizes, False, key=differs)
    return sizes[agreeing - 1] if agreeing else 0
