"""Signed notes and the checkpoints in them (C2SP signed-note, tlog-checkpoint). It must not verify: `keys.py` does."""

from dataclasses import dataclass

from oversight_verify.faults import Unreadable
from oversight_verify.strict import read_base64, read_decimal

DASH = "\N{EM DASH}"
MAX_NOTE = 262_144
MAX_SIGNATURES = 64


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who is said to have signed, with which key, and the bytes after the key's id."""

    name: str
    key_id: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a ledger as somebody states it: its origin, how many entries it holds, its root. `text` is what is signed."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: tuple[Signature, ...]


def read_checkpoint(raw: bytes) -> Checkpoint:
    """The checkpoint in a signed note; no signature of it is verified. Raises Unreadable."""
    if len(raw) > MAX_NOTE:
        raise Unreadable(f"the checkpoint is longer than {MAX_NOTE} bytes")
    try:
        note = raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("the checkpoint is not UTF-8") from None
    if any(mark < " " and mark != "\n" for mark in note):
        raise Unreadable("the checkpoint holds a control character")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise Unreadable("a checkpoint is text, a blank line and signature lines, each ended")
    lines = text.split("\n")
    # Further lines would be signed and still be nothing that an auditor can check.
    if len(lines) != 3 or not lines[0]:
        raise Unreadable("the text of a checkpoint is three lines: origin, size and root")
    origin, size, root = lines
    found = [_signature(line) for line in signatures[:-1].split("\n", MAX_SIGNATURES)]
    if len(found) > MAX_SIGNATURES:
        raise Unreadable(f"the checkpoint has more than {MAX_SIGNATURES} signatures")
    return Checkpoint(
        origin,
        read_decimal(size, "the size in the checkpoint"),
        read_base64(root, "the root in the checkpoint", 32),
        f"{text}\n".encode(),
        tuple(found),
    )


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != DASH or not is_key_name(parts[1]):
        raise Unreadable("a signature line of the checkpoint is a dash, a name and a signature")
    raw = read_base64(parts[2], "a signature of the checkpoint")
    if len(raw) <= 4:
        raise Unreadable("a signature of the checkpoint is too short")
    return Signature(parts[1], raw[:4], raw[4:])


def is_key_name(name: str) -> bool:
    return bool(name) and not any(mark.isspace() or mark == "+" for mark in name)
