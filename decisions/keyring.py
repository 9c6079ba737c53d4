"""Encrypts what entries disclose: each text under a key of its own, kept beside it under the installation's key. Pure.

To erase a text is to destroy its key with it. A backup holds both still, under the installation's key of its day: once
what is left was wrapped anew under another one and the old one is destroyed, no backup opens what was erased.
"""

import base64
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NAME, NONCE, KEY = 4, 12, 32


class NotOpenedError(ValueError):
    """A text does not open: it was changed or moved, or the key it is under is not ours."""


def new_key() -> str:
    """A fresh key of an installation, as `read_keys` takes it."""
    return base64.urlsafe_b64encode(os.urandom(KEY)).decode()


def read_keys(text: str) -> tuple[bytes, ...]:
    """The keys in a comma-separated list, each 32 bytes in URL-safe base64. Raises ValueError."""
    keys = tuple(base64.b64decode(part.strip(), altchars="-_", validate=True) for part in text.split(","))
    if any(len(key) != KEY for key in keys):
        raise ValueError("a key has 32 bytes")
    return keys


class Keyring:
    """The installation's keys: the first one encrypts, the others still open what was encrypted before.

    `place` is what a text belongs to; it opens nowhere else. AES-256-GCM throughout.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        named = [(hashlib.sha256(b"oversight-key-v1\0" + key).digest()[:NAME], AESGCM(key)) for key in keys]
        self._name, self._first = named[0]
        self._keys = dict(named)

    def seal(self, place: str, text: bytes) -> tuple[bytes, bytes]:
        """(key, ciphertext) of `text`: the key is its own, and wrapped."""
        # Drawn at once: to ask the system for chance takes as long as to encrypt.
        fresh = os.urandom(KEY + 2 * NONCE)
        own, nonce, wrapping = fresh[:KEY], fresh[KEY:-NONCE], fresh[-NONCE:]
        bound = place.encode()
        return self._wrap(bound, own, wrapping), nonce + AESGCM(own).encrypt(nonce, text, bound)

    def open(self, place: str, key: bytes, sealed: bytes) -> bytes:
        """The text. Raises NotOpenedError."""
        own = AESGCM(self._unwrap(place, key))
        try:
            return own.decrypt(sealed[:NONCE], sealed[NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise NotOpenedError(f"{place} does not open: it was changed or moved") from None

    def rewrap(self, place: str, key: bytes) -> bytes | None:
        """`key` under the first of the installation's keys; None where it is so already. Raises NotOpenedError."""
        if key[:NAME] == self._name:
            return None
        return self._wrap(place.encode(), self._unwrap(place, key), os.urandom(NONCE))

    def _wrap(self, place: bytes, own: bytes, nonce: bytes) -> bytes:
        return self._name + nonce + self._first.encrypt(nonce, own, place)

    def _unwrap(self, place: str, key: bytes) -> bytes:
        wrapping = self._keys.get(key[:NAME])
        if wrapping is None:
            raise NotOpenedError(f"{place} is under a key that is not here")
        nonce, wrapped = key[NAME : NAME + NONCE], key[NAME + NONCE :]
        try:
            return wrapping.decrypt(nonce, wrapped, place.encode())
        except (InvalidTag, ValueError):
            raise NotOpenedError(f"{place} does not open: its key was changed or moved") from None
