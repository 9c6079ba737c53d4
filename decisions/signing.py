"""Checkpoints as C2SP signed notes with Ed25519: signatures of the log, cosignatures of witnesses, and their keys. Pure.

It must not read the ledger.
"""

import base64
import contextlib
import hashlib
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
"""A signature by a witness, with the time at which it was made (C2SP tlog-cosignature)."""
DASH = "\N{EM DASH}"
MOST_SIGNATURES = 64


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


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


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


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key as it is written down: `name+hash+key` (C2SP signed-note)."""

    name: str
    public: bytes
    kind: bytes = ED25519

    def __str__(self) -> str:
        key = base64.b64encode(self.kind + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{key}"

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.public, self.kind)

    @property
    def key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)


def vkey(name: str, public: Ed25519PublicKey) -> str:
    """The verifier key of a log."""
    return str(Verifier(name, public.public_bytes_raw()))


def read_verifier(text: str, kind: bytes = ED25519) -> Verifier:
    """The verifier key in `text`, of that kind. Raises BadNoteError."""
    name, _, rest = text.strip().partition("+")
    hash_, _, encoded = rest.partition("+")
    raw = decode(encoded)
    found = Verifier(name, raw[1:], kind)
    if not usable_name(name) or len(raw) != 33 or raw[:1] != kind or found.id.hex() != hash_:
        what = "an Ed25519 key" if kind == ED25519 else "a cosigner's Ed25519 key (type 4)"
        raise BadNoteError(f"a verifier key has the form name+hash+key, with {what}")
    return found


def read_vkey(text: str) -> tuple[str, Ed25519PublicKey]:
    """(name, key) of a log's verifier key. Raises BadNoteError."""
    found = read_verifier(text)
    return found.name, found.key


def usable_name(name: str) -> bool:
    """Whether notes can be signed under `name`."""
    return 0 < len(name.encode()) < 256 and not any(mark.isspace() or mark == "+" for mark in name)


def sign(checkpoint: Checkpoint, *keys: Ed25519PrivateKey) -> str:
    """`checkpoint` as a note signed with `keys`, whose name is the origin. Raises BadNoteError for an origin no note can hold."""
    return f"{checkpoint.text()}\n" + "".join(signature(checkpoint, key) for key in keys)


def signature(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The signature line of the log. Raises BadNoteError for an origin no note can hold."""
    if not usable_name(checkpoint.origin):
        raise BadNoteError("an origin holds no space and no plus sign, and at most 255 bytes")
    raw = key_id(checkpoint.origin, key.public_key().public_bytes_raw()) + key.sign(checkpoint.text().encode())
    return f"{DASH} {checkpoint.origin} {base64.b64encode(raw).decode()}\n"


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
        if len(parts) != 3 or parts[0] != DASH or len(found) == MOST_SIGNATURES:
            raise BadNoteError("a signature line is a dash, a name and a signature")
        found.append((parts[1], decode(parts[2])))
    decoded = decode(root)
    if not origin or len(decoded) != 32:
        raise BadNoteError("a checkpoint holds an origin and a root of 32 bytes")
    return Checkpoint(origin, int(size), decoded), found


def decode(text: str) -> bytes:
    """The bytes of padded standard base64. Raises BadNoteError where that is not how they are written."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise BadNoteError("a part of the note is not base64") from None
    # The decoder lets the unused last bits be anything: two notes would then say the same.
    if base64.b64encode(raw).decode() != text:
        raise BadNoteError("a part of the note is not base64 in its one form")
    return raw


def verify(note: str, *publics: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint in `note` if one of `publics` signed it under the origin's name. Raises BadNoteError."""
    checkpoint, _ = verified(note, *publics)
    return checkpoint


def verified(note: str, *publics: Ed25519PublicKey) -> tuple[Checkpoint, list[Ed25519PublicKey]]:
    """(the checkpoint in `note`, those of `publics` that signed it under the origin's name, at least one).

    Raises BadNoteError where none did, and where a signature that says it is of one of them does not verify.
    """
    checkpoint, signatures = read_note(note)
    known = {key_id(checkpoint.origin, public.public_bytes_raw()): public for public in publics}
    signed: list[Ed25519PublicKey] = []
    for name, raw in signatures:
        public = known.get(raw[:4]) if name == checkpoint.origin else None
        if public is None:
            continue
        try:
            public.verify(raw[4:], checkpoint.text().encode())
        except InvalidSignature:
            raise BadNoteError("the signature does not verify") from None
        signed.append(public)
    if not signed:
        raise BadNoteError("no signature of the expected key")
    return checkpoint, signed


def cosigned_at(checkpoint: Checkpoint, line: str, witness: Verifier) -> int | None:
    """When `witness` cosigned `checkpoint`, in seconds since 1970; None where `line` is no valid cosignature of it."""
    try:
        [(name, raw)] = read_note(f"{checkpoint.text()}\n{line}")[1]
    except (BadNoteError, ValueError):
        return None
    if name != witness.name or raw[:4] != witness.id or len(raw) != 4 + 8 + 64:
        return None
    (at,) = struct.unpack(">Q", raw[4:12])
    try:
        witness.key.verify(raw[12:], f"cosignature/v1\ntime {at}\n{checkpoint.text()}".encode())
    except InvalidSignature:
        return None
    return int(at)
