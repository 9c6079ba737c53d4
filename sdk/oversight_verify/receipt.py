"""Checks one receipt (C2SP tlog-proof@v1): that an entry is in the ledger whose checkpoint it carries. Path, root and signature count as one."""

from dataclasses import dataclass

from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.findings import Findings
from oversight_verify.leaf import read_leaf
from oversight_verify.note import MAX_NOTE, Checkpoint, read_checkpoint
from oversight_verify.policy import Policy
from oversight_verify.signers import NO_POLICY, Signers
from oversight_verify.strict import count, read_base64, read_decimal, shown
from oversight_verify.tree import included, leaf_hash

FIRST_LINE = b"c2sp.org/tlog-proof@v1\n"
MAX_RECEIPT = 2 * MAX_NOTE
MAX_PATH = 63


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. `extra` is not covered by any signature."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes | None


def read_receipt(raw: bytes) -> Receipt:
    """The receipt in a `.tlog-proof` file; nothing of it is verified. Raises Unreadable."""
    if len(raw) > MAX_RECEIPT or not raw.startswith(FIRST_LINE):
        raise Unreadable("a receipt begins with the line c2sp.org/tlog-proof@v1")
    head, blank, note = raw.removeprefix(FIRST_LINE).partition(b"\n\n")
    if not blank or not head.isascii():
        raise Unreadable("a receipt is its lines in ASCII, a blank line and a checkpoint")
    lines = head.decode().split("\n")
    extra = None
    if lines[0].startswith("extra "):
        extra = read_base64(lines.pop(0).removeprefix("extra "), "the extra data of the receipt")
    if not lines or not lines[0].startswith("index "):
        raise Unreadable("a receipt names the index of its entry")
    index = read_decimal(lines.pop(0).removeprefix("index "), "the index in the receipt")
    return Receipt(index, read_path(lines), read_checkpoint(note), extra)


def read_path(lines: list[str]) -> tuple[bytes, ...]:
    """The hashes of a proof, one base64 a line. Raises Unreadable."""
    if len(lines) > MAX_PATH:
        raise Unreadable(f"a proof has at most {MAX_PATH} hashes")
    return tuple(read_base64(line, "a hash of the proof", 32) for line in lines)


def check_receipt(raw: bytes, entry: bytes | None, policy: Policy | None, findings: Findings) -> None:
    """Put into `findings` what the receipt `raw` proves of `entry`, by default of its extra data. Raises Refuted or Unreadable."""
    receipt = read_receipt(raw)
    head, body = receipt.checkpoint, receipt.extra if entry is None else entry
    if body is None:
        raise Unreadable("the receipt does not hold its entry: give the entry's exact bytes with --entry")
    findings.subject = f"Receipt of entry {receipt.index:,} of the ledger {shown(head.origin)}"
    findings.facts |= {"origin": head.origin, "size": head.size, "root": head.root.hex(), "index": receipt.index}
    leaf = leaf_hash(body)
    if not included(leaf, receipt.index, head.size, receipt.path, head.root):
        raise Refuted(
            f"the entry is not number {receipt.index} of the ledger in the receipt: the entry, its number, the path or the root was changed"
        )
    try:
        content = read_leaf(body)
    except Refuted as fault:
        raise Refuted(f"entry {receipt.index}: {fault}") from None
    if content["log"] != head.origin:
        findings.missing.append(
            f"The entry says that it is of the ledger {shown(content['log'])}. If this one was called so before, its export says "
            "when that name was retired: check that; else it is an entry of another ledger."
        )
    findings.facts["leaf"] = leaf.hex()
    findings.proven.append(
        f"The entry ({content['kind']} by {shown(content['actor'])}, recorded {content['ts']}) is number {receipt.index:,} "
        f"of the {count(head.size, 'entry', 'entries')} under the checkpoint, with exactly these bytes."
    )
    if policy is None:
        findings.missing.append(NO_POLICY)
    else:
        Signers(policy, head.origin).judge(head, findings)
