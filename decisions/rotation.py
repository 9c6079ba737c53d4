"""Records what was done with the keys of the ledger: the signer does it, the ledger says so. It must not make or use a key."""

from bisect import bisect_right
from itertools import pairwise

from decisions import ledger, notes, origins, proofs, signing
from decisions.envelope import Draft, named_uuid
from decisions.key_ring import Key
from decisions.moment import Moment
from decisions.recording import record
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
        _record(old, new)


def _retired(state: State, signed: Checkpoint) -> None:
    """The first entry under the new name commits to what was signed last under the old one, and to how much of it is here."""
    known = state.ring.of(signed.origin) or notes.ring().of(signed.origin)
    _record(
        known[-1] if known else None,
        state.keys[0],
        origin=state.signed.origin,
        signed={"size": signed.size, "root": signed.root.hex()},
        kept_size=_kept_size(signed),
    )


def _record(old: Key | None, new: Key, **more: object) -> None:
    """Record that `new` signs; `origin`, `signed` and `kept_size` are said where the ledger goes on under another name.

    `from_size` is that of the first tree that holds the entry. The new key may have signed a smaller one beside the old key.
    """
    id_ = named_uuid("key.rotated", new.vkey)
    if ledger.seqs_of([id_]):
        return

    def decide(moment: Moment) -> list[Draft]:
        said = {"origin": None, "signed": None, "kept_size": None} | more
        facts = {"kv": 1, "old": old.vkey if old else "", "new": new.vkey, "from_size": moment.size + 1, **said}
        return [Draft(Kind.KEY_ROTATED, "system", facts, id=id_, once="rotated")]

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
