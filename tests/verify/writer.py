"""Writes ledgers as the specifications define them: recursive, slow, plain. It must share no code with the product or the verifier."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "oversight.example/ledger1"


def sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1 over leaf hashes."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162 §2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162 §2.1.4.1; PROOF where `known`."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m <= k:
        return [*proof(m, leaves[:k], known=known), mth(leaves[k:])]
    return [*proof(m - k, leaves[k:], known=False), mth(leaves[:k])]


def leaf_hash(body: bytes) -> bytes:
    return sha256(b"\x00" + body)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Signer:
    """A key with a name: a log, or with `use` 4 a witness."""

    def __init__(self, name: str, use: int = 1, seed: str = "") -> None:
        self.name, self.use = name, use
        self.key = Ed25519PrivateKey.from_private_bytes(sha256(f"{name}{use}{seed}".encode()))
        self.public = self.key.public_key().public_bytes_raw()
        self.id = sha256(name.encode() + b"\n" + bytes([use]) + self.public)[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(bytes([self.use]) + self.public)}"

    def line(self, text: str, at: int = 1_795_000_000) -> str:
        if self.use == 1:
            raw = self.key.sign(text.encode())
        else:
            raw = at.to_bytes(8, "big") + self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"— {self.name} {b64(self.id + raw)}\n"


LOG = Signer(ORIGIN)
WITNESSES = [Signer("witness.example/w1", 4), Signer("witness.example/w2", 4)]


def checkpoint(leaves: Sequence[bytes], *signers: Signer, origin: str = ORIGIN) -> bytes:
    return note(origin, len(leaves), mth(leaves), *signers)


def note(origin: str, size: int, root: bytes, *signers: Signer) -> bytes:
    text = f"{origin}\n{size}\n{b64(root)}\n"
    return (text + "\n" + "".join(signer.line(text) for signer in signers or (LOG,))).encode()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def disclosure(name: str, value: Any, salt: str) -> tuple[str, str]:
    """(text, digest) as RFC 9901 §4.2 has them."""
    text = json.dumps([salt, name, value], separators=(",", ":"))
    inner = base64.urlsafe_b64encode(text.encode()).rstrip(b"=")
    return text, base64.urlsafe_b64encode(sha256(inner)).rstrip(b"=").decode()


def envelope(seq: int, **over: Any) -> dict[str, Any]:
    seconds, micro = divmod(seq, 1_000_000)
    return {
        "v": 1,
        "log": ORIGIN,
        "id": f"00000000-0000-7000-8000-{seq:012x}",
        "ts": f"2026-11-22T{3 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micro:06d}Z",
        "kind": "action.reported",
        "actor": "agent:a-1",
        "src": "agent:a-1",
        "src_seq": seq,
        "ref": None,
        "policy": {"version": 3, "sha256": "ab" * 32},
        "facts": {"kv": 1, "tier": seq % 4, "service": "checkout", "replayed": False, "owner": None},
        "_sd_alg": "sha-256",
        "_sd": [],
        **over,
    }


def bodies(size: int) -> list[bytes]:
    return [canonical(envelope(seq)) for seq in range(size)]


def number(n: int) -> str:
    """N of tlog-tiles: 1234067 is x001/x234/067."""
    text = f"{n % 1000:03d}"
    while n := n // 1000:
        text = f"x{n % 1000:03d}/{text}"
    return text


def write(folder: Path, entries: Sequence[bytes], *signers: Signer, origin: str = ORIGIN) -> list[bytes]:
    """An export of `entries` in `folder`, by the formulas of tlog-tiles. Returns the leaf hashes."""
    leaves = [leaf_hash(body) for body in entries]
    write_tiles(folder, entries, leaves)
    (folder / "checkpoint").write_bytes(checkpoint(leaves, *signers, origin=origin))
    return leaves


def entries(folder: Path) -> list[bytes]:
    """The entries of an export, as they were given to `write`."""
    size, found = int((folder / "checkpoint").read_text().split("\n")[1]), list[bytes]()
    for n in range(-(-size // 256)):
        width = min(256, size - 256 * n)
        raw = (folder / "tile/entries" / (number(n) + ("" if width == 256 else f".p/{width}"))).read_bytes()
        while raw:
            end = 2 + int.from_bytes(raw[:2])
            found.append(raw[2:end])
            raw = raw[end:]
    return found


def write_tiles(folder: Path, entries: Sequence[bytes], leaves: Sequence[bytes]) -> None:
    size = len(entries)
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(-(-size // 256)):
        some = entries[256 * n : 256 * (n + 1)]
        put(folder, "entries", n, len(some), b"".join(len(body).to_bytes(2, "big") + body for body in some))
    level = 0
    while size >> 8 * level:
        span = 256**level
        hashes = [mth(leaves[at * span : (at + 1) * span]) for at in range(size // span)]
        for n in range(-(-len(hashes) // 256)):
            some = hashes[256 * n : 256 * (n + 1)]
            put(folder, str(level), n, len(some), b"".join(some))
        level += 1


def put(folder: Path, level: str, n: int, width: int, raw: bytes) -> None:
    place = folder / "tile" / level / (number(n) + ("" if width == 256 else f".p/{width}"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(raw)


def receipt(index: int, leaves: Sequence[bytes], *signers: Signer, extra: bytes | None = None) -> bytes:
    head = "c2sp.org/tlog-proof@v1\n" + (f"extra {b64(extra)}\n" if extra is not None else "") + f"index {index}\n"
    return (head + "".join(f"{b64(part)}\n" for part in path(index, leaves)) + "\n").encode() + checkpoint(
        leaves, *signers
    )


def policy(*lines: str, quorum: str = "none", log: Signer = LOG) -> bytes:
    return "".join(f"{line}\n" for line in [f"log {log.vkey}", *lines, f"quorum {quorum}"]).encode()


def two_witnesses(quorum: str = "all") -> bytes:
    first, second = WITNESSES
    return policy(f"witness A {first.vkey}", f"witness B {second.vkey}", f"group both {quorum} A B", quorum="both")
