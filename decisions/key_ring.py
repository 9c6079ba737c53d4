"""The keys of a ledger: which were made, for which sizes each signs, and which ledgers are over. Pure of any framework.

The list lies beside the keys in one file, and is public but for where each key lies. It must not sign.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from decisions import signing
from decisions.durable import settle, write_whole
from decisions.signing import Checkpoint

FIRST = "ledger"
"""The file of a ledger's first key; each later one is named by its id too."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the sizes of the trees that are signed with it."""

    vkey: str
    first: int = 0
    last: int | None = None
    """None while it signs."""
    until: float | None = None
    """When it is to stop, in seconds since 1970; None while no other has taken its place."""

    @property
    def origin(self) -> str:
        return signing.read_verifier(self.vkey).name

    def signs(self, size: int) -> bool:
        return self.first <= size and (self.last is None or size <= self.last)


@dataclass(frozen=True, slots=True)
class Ring:
    """Every key that was ever made, oldest first, and the last checkpoint of each ledger that is signed no more."""

    keys: tuple[Key, ...] = ()
    retired: tuple[Checkpoint, ...] = ()

    def of(self, origin: str) -> tuple[Key, ...]:
        return tuple(key for key in self.keys if key.origin == origin)

    def document(self) -> dict[str, Any]:
        return {
            "keys": [asdict(key) for key in self.keys],
            "retired": [{"origin": old.origin, "size": old.size, "root": old.root.hex()} for old in self.retired],
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> "Ring":
        """The ring of a document. Raises KeyError, TypeError or ValueError for another one."""
        return cls(
            tuple(Key(**key) for key in document["keys"]),
            tuple(Checkpoint(old["origin"], old["size"], bytes.fromhex(old["root"])) for old in document["retired"]),
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """Where keys lie."""

    path: Path

    @property
    def list(self) -> Path:
        return self.path / "ledger.keys"

    def ring(self) -> Ring:
        """What is there; nothing is made. Raises ValueError for a list that cannot be read."""
        if not self.list.exists():
            return Ring()
        try:
            return Ring.read(json.loads(self.list.read_bytes()))
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"{self.list} cannot be read") from None

    def keep(self, ring: Ring) -> None:
        write_whole(self.list, json.dumps(ring.document(), indent=1).encode(), mode=0o600)

    def make(self, origin: str, first: int, *, name: str = "") -> Key:
        """A new key of `origin`, durable, or the one in the file `name`; it is in no list yet."""
        if name:
            made = signing.load_key(self.path / name)
        else:
            made = Ed25519PrivateKey.generate()
            write_whole(self._file(signing.vkey(origin, made.public_key())), made.private_bytes_raw(), mode=0o600)
        settle(self.path)
        return Key(signing.vkey(origin, made.public_key()), first)

    def secret(self, key: Key) -> Ed25519PrivateKey | None:
        """The private half of `key`; None where it is gone. Raises PermissionError if others may read it."""
        for path in (self._file(key.vkey), self.path / FIRST):
            if path.exists():
                found = signing.load_key(path)
                if signing.vkey(key.origin, found.public_key()) == key.vkey:
                    return found
        return None

    def _file(self, vkey: str) -> Path:
        return self.path / f"{FIRST}-{signing.read_verifier(vkey).id.hex()}"
