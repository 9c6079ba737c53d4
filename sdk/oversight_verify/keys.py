"""Verifier keys, and whether one has signed a checkpoint. Ed25519: the log's own signature, and a witness's with its time."""

import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.note import Checkpoint, is_key_name
from oversight_verify.strict import read_base64, shown

LOG, WITNESS = 0x01, 0x04
_WORDS = {LOG: "a log key (type 01)", WITNESS: "a witness key (type 04)"}
_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Key:
    """A public key under the name and for the use that it is bound to."""

    name: str
    use: int
    public: bytes

    @property
    def id(self) -> bytes:
        said = self.name.encode(errors="surrogateescape") + b"\n" + bytes([self.use]) + self.public
        return hashlib.sha256(said).digest()[:4]

    def __str__(self) -> str:
        return f"{shown(self.name)}+{self.id.hex()}"


def read_key(text: str, use: int) -> Key:
    """The key in the form `name+id+key` (C2SP signed-note), which must be for `use`. Raises Unreadable."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    if not is_key_name(name) or not _ID.fullmatch(key_id):
        raise Unreadable("a key has the form name+id+key")
    raw = read_base64(encoded, f"the key of {shown(name)}")
    if raw[:1] != bytes([use]) or len(raw) != 33:
        raise Unreadable(f"the key of {shown(name)} is not {_WORDS[use]}")
    key = Key(name, use, raw[1:])
    # Were the id not of this key, a signature could never be told to be its own.
    if key.id.hex() != key_id:
        raise Unreadable(f"the id in the key of {shown(name)} is not that of the key")
    return key


def signed_at(checkpoint: Checkpoint, key: Key) -> int | None:
    """None if `key` has not signed `checkpoint`, else the time of its signature in seconds since 1970, 0 for a log key.

    Name and id must both be those of the key. Raises Refuted if there is a signature in the key's name that is not valid:
    then the whole note is refused, whoever else signed it.
    """
    at = None
    for signature in checkpoint.signatures:
        if (signature.name, signature.key_id) == (key.name, key.id):
            at = _verified(checkpoint, key, signature.raw)
    return at


def _verified(checkpoint: Checkpoint, key: Key, raw: bytes) -> int:
    at, text = 0, checkpoint.text
    if key.use == WITNESS:
        at, raw = int.from_bytes(raw[:8]), raw[8:]
        text = b"cosignature/v1\ntime %d\n" % at + text
    if at >= 1 << 63 or not _fits(key.public, raw, text):
        raise Refuted(f"the signature of {key} does not fit the checkpoint: one of them was changed")
    return at


def _fits(public: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
