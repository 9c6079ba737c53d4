"""Checkpoints as C2SP signed notes with Ed25519, and the key they are signed with. Pure; it must not read the ledger."""

import base64
import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
DASH = "\N{EM DASH}"


class BadNoteError(ValueError):
    """The text is not a signed note of the expected form, or its signature does not verify."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a ledger: its origin, how many entries it holds, and its Merkle root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def load_key(path: Path) -> Ed25519PrivateKey:
    """The signing key kept in `path`, made on first use (mode 0600). Raises PermissionError if others may read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(Ed25519PrivateKey.generate().private_bytes_raw())
            out.flush()
            os.fsync(out.fileno())
        # A link fails if the key is there: two processes that start at once end with one key, and whole.
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} may be read by others; run: chmod 600 {path}")
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def vkey(name: str, public: Ed25519PublicKey) -> str:
    """The verifier key in the form `name+hash+key` (C2SP signed-note)."""
    raw = public.public_bytes_raw()
    return f"{name}+{key_id(name, raw).hex()}+{base64.b64encode(ED25519 + raw).decode()}"


def read_vkey(text: str) -> tuple[str, Ed25519PublicKey]:
    """(name, key) of a verifier key. Raises BadNoteError."""
    name, _, rest = text.strip().partition("+")
    hash_, _, encoded = rest.partition("+")
    raw = _decode(encoded)
    if not name or len(raw) != 33 or raw[:1] != ED25519 or key_id(name, raw[1:]).hex() != hash_:
        raise BadNoteError("a verifier key has the form name+hash+key, with an Ed25519 key")
    return name, Ed25519PublicKey.from_public_bytes(raw[1:])


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """`checkpoint` as a signed note; the key's name is the origin. Raises BadNoteError for an origin no note can hold."""
    if not checkpoint.origin or any(mark.isspace() or mark == "+" for mark in checkpoint.origin):
        raise BadNoteError("an origin holds no space and no plus sign")
    text = checkpoint.text()
    raw = key_id(checkpoint.origin, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n{DASH} {checkpoint.origin} {base64.b64encode(raw).decode()}\n"


def read_note(note: str) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    """The checkpoint in a signed note and its signatures as (name, key id and signature). Verifies nothing."""
    text, gap, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) != 3 or not signatures.endswith("\n"):
        raise BadNoteError("a checkpoint is three lines, a blank line and signature lines")
    origin, size, root = lines
    if not size.isascii() or not size.isdigit() or (len(size) > 1 and size[0] == "0") or len(size) > 16:
        raise BadNoteError("the size of a checkpoint is a plain decimal number")
    found: list[tuple[str, bytes]] = []
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != DASH or len(found) == 16:
            raise BadNoteError("a signature line is a dash, a name and a signature")
        found.append((parts[1], _decode(parts[2])))
    decoded = _decode(root)
    if not origin or len(decoded) != 32:
        raise BadNoteError("a checkpoint holds an origin and a root of 32 bytes")
    return Checkpoint(origin, int(size), decoded), found


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadNoteError("a part of the note is not base64") from None


def verify(note: str, public: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint in `note` if `public` signed it under the origin's name. Raises BadNoteError."""
    checkpoint, signatures = read_note(note)
    expected = key_id(checkpoint.origin, public.public_bytes_raw())
    for name, raw in signatures:
        if name == checkpoint.origin and raw[:4] == expected:
            try:
                public.verify(raw[4:], checkpoint.text().encode())
            except InvalidSignature:
                raise BadNoteError("the signature does not verify") from None
            return checkpoint
    raise BadNoteError("no signature of the expected key")
