"""Checks two checkpoints against each other: one ledger, grown and not forked. It must not take a smaller size for an older time."""

from oversight_verify.faults import Refuted
from oversight_verify.findings import Findings
from oversight_verify.note import Checkpoint
from oversight_verify.policy import Policy
from oversight_verify.receipt import read_path
from oversight_verify.signers import NO_POLICY, Signers
from oversight_verify.strict import count, shown
from oversight_verify.tree import EMPTY_ROOT, consistent

MAX_PROOF = 4096


def read_proof(raw: bytes) -> tuple[bytes, ...]:
    """The hashes of a consistency proof, one base64 a line, each ended. Raises Unreadable."""
    return read_path(raw.decode(errors="replace").removesuffix("\n").split("\n")) if raw else ()


def check_order(old: Checkpoint, new: Checkpoint) -> None:
    """Raise Refuted where the two cannot be of one growing ledger, whatever a proof says."""
    if old.origin != new.origin:
        raise Refuted(f"they are of two ledgers, {shown(old.origin)} and {shown(new.origin)}")
    if old.size > new.size:
        raise Refuted(
            "the second holds fewer entries than the first: if it is the newer one, the end of the ledger was removed"
        )
    for one in (old, new):
        if not one.size and one.root != EMPTY_ROOT:
            raise Refuted("a checkpoint of no entries does not have the root of an empty ledger")


def check_pair(
    old: Checkpoint, new: Checkpoint, proof: tuple[bytes, ...] | None, policy: Policy | None, findings: Findings
) -> None:
    """Put into `findings` whether `new` is `old` grown. Raises Refuted."""
    findings.subject = f"Two checkpoints of {shown(new.origin)}: {old.size:,} and {count(new.size, 'entry', 'entries')}"
    findings.facts |= {"origin": new.origin, "old_size": old.size, "size": new.size, "root": new.root.hex()}
    check_order(old, new)
    _grown(old, new, proof, findings)
    if policy is None:
        findings.missing.append(NO_POLICY)
        return
    signers = Signers(policy, new.origin)
    signers.judge(new, findings)
    if signers.signer(old) is None:
        findings.missing.append("The older checkpoint: no key that the policy names signed it.")


def _grown(old: Checkpoint, new: Checkpoint, proof: tuple[bytes, ...] | None, findings: Findings) -> None:
    if proof and (not old.size or old.size == new.size):
        raise Refuted("between these two sizes a proof holds no hash, and the one given does")
    if old.size == new.size:
        if old.root != new.root:
            raise Refuted(
                "they hold as many entries and have two roots: the ledger was forked, and different people were shown different ones"
            )
        findings.proven.append("Both are of one ledger at the same size, with the same root.")
    elif not old.size:
        findings.open.append(
            "Anything about the older checkpoint: it is of an empty ledger, and every ledger begins so."
        )
        findings.proven.append("Both have one origin.")
    elif proof is None:
        findings.missing.append(
            "That the newer holds what the older holds: give the export with --export, or a consistency proof with --proof."
        )
    elif not consistent(old.size, new.size, old.root, new.root, proof):
        raise Refuted(
            "the proof does not lead from the older checkpoint to the newer: the ledger was forked, or one of the three was changed"
        )
    else:
        findings.proven.append(
            f"The newer checkpoint holds the {count(old.size, 'entry', 'entries')} of the older unchanged, and {new.size - old.size:,} more."
        )
