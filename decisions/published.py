"""The ledger as tlog-tiles resources (C2SP): tiles, entry bundles and the policy that names its key. It must not sign or write.

What is given out is covered by a published checkpoint, so nothing of it can change any more.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from decisions import cosigned, ledger, notes, origins, signing
from decisions.quorum import Quorum
from decisions.quorum import read as read_quorum
from decisions.tiles import HASH, WIDTH, Tile

SILENT = timedelta(minutes=11)


def published(tile: Tile) -> bool:
    """Whether a checkpoint covers `tile`: for a full one any that is as large, for a partial one that of its very size."""
    if tile.full:
        last = cosigned.last_checkpoint()
        return last is not None and last.size >= tile.sizes.start
    return cosigned.has_checkpoint(tile.sizes)


def hashes(tile: Tile) -> bytes:
    """The hashes of `tile`, joined. Raises ValueError if the ledger does not hold all of them."""
    found = ledger.tile(tile.level, tile.n, tile.width)
    if len(found) != tile.width * HASH:
        raise ValueError(f"tile {tile.level}/{tile.name} is not whole; run verify_ledger")
    return found


def entries(tile: Tile) -> list[bytes]:
    """The leaf bytes of the entries under a tile of level 0. Raises ValueError if the ledger does not hold all of them."""
    first = tile.n * WIDTH
    found = ledger.bodies(first, first + tile.width)
    if len(found) != tile.width:
        raise ValueError(f"the entries of bundle {tile.name} are not whole; run verify_ledger")
    return found


def as_bundle(bodies: Iterable[bytes]) -> bytes:
    """An entry bundle: of each entry its length in two bytes, then its leaf bytes."""
    return b"".join(struct.pack(">H", len(body)) + body for body in bodies)


def policy() -> str | None:
    """Whose signatures to require, as a C2SP tlog-policy; None where nothing was ever signed.

    Comments say which sizes each key signs, and what was signed last under a name that is retired.
    """
    ring = notes.ring()
    if not ring.keys:
        return None
    lines: list[str] = []
    for old in ring.retired:
        lines += [f"# retired: {old.origin}, last signed at size {old.size}"]
        lines += [f"# retired: log {key.vkey}" for key in ring.of(old.origin)]
    keys = ring.of(origins.of(ledger.current()))
    for key in keys:
        if len(keys) > 1:
            lines.append(f"# sizes {key.first} to {'now' if key.last is None else key.last}")
        lines.append(f"log {key.vkey}")
    return "\n".join(lines) + "\n" + quorum().text()


@dataclass(frozen=True, slots=True)
class Seen:
    """A witness of the policy, and the checkpoint that it cosigned last."""

    name: str
    size: int | None
    at: datetime | None
    away: bool
    """It is asked, and has not cosigned for more than ten minutes."""


def witnesses(now: datetime) -> list[Seen]:
    """Every witness of the policy, as of `now`."""
    last = {one.witness: one for one in cosigned.cosignatures()}
    found = []
    for one in quorum().witnesses:
        newest = last.get(one.verifier.name)
        away = bool(one.url) and (newest is None or newest.at < now - SILENT)
        found.append(Seen(one.name, newest.size if newest else None, newest.at if newest else None, away))
    return found


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature under a checkpoint: by our ledger's key, by a witness of the policy, or by nobody whom we know."""

    by: Literal["ledger", "witness", "unknown"]
    name: str
    at: datetime | None = None
    """When a witness signed; the ledger's signature holds no time."""


def signatures(note: str) -> list[Signature]:
    """Who signed `note`, each signature verified; one that does not verify is by nobody. Raises BadNoteError."""
    checkpoint = signing.read_note(note)[0]
    keys = [
        signing.read_verifier(key.vkey).key for key in notes.ring().of(checkpoint.origin) if key.signs(checkpoint.size)
    ]
    return [_signature(checkpoint, line, keys) for line in note.partition("\n\n")[2].splitlines(keepends=True)]


def _signature(checkpoint: signing.Checkpoint, line: str, keys: list[Ed25519PublicKey]) -> Signature:
    name = line.split(" ")[1]
    for witness in quorum().witnesses:
        at = signing.cosigned_at(checkpoint, line, witness.verifier)
        if at is not None:
            return Signature("witness", witness.name, datetime.fromtimestamp(at, UTC))
    try:
        signing.verify(f"{checkpoint.text()}\n{line}", *keys)
    except signing.BadNoteError:
        return Signature("unknown", name)
    return Signature("ledger", name)


def quorum() -> Quorum:
    """The witnesses of the file in the settings. Raises BadPolicyError, and OSError where it cannot be read."""
    path: Path | None = settings.WITNESSES
    return read_quorum(path.read_text()) if path else Quorum()
