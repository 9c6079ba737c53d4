"""An auditor who has a folder or a receipt, a key, and the published specifications. It must not use the product's code."""

import base64
import hashlib
import struct
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Leaves = list[bytes]


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


class Definition:
    """RFC 6962 §2.1, word for word, over `leaves` (hashes)."""

    def __init__(self, leaves: Leaves) -> None:
        self.leaves = leaves
        self.root = cache(self._root)

    def _root(self, first: int, end: int) -> bytes:
        if end - first == 0:
            return sha()
        if end - first == 1:
            return self.leaves[first]
        cut = first + largest_power_below(end - first)
        return sha(b"\x01", self.root(first, cut), self.root(cut, end))

    def path(self, index: int, first: int, end: int) -> list[bytes]:
        if end - first == 1:
            return []
        cut = first + largest_power_below(end - first)
        if index < cut:
            return [*self.path(index, first, cut), self.root(cut, end)]
        return [*self.path(index, cut, end), self.root(first, cut)]

    def proof(self, old: int, first: int, end: int, *, whole: bool = True) -> list[bytes]:
        if old == end - first:
            return [] if whole else [self.root(first, end)]
        power = largest_power_below(end - first)
        cut = first + power
        if old <= power:
            return [*self.proof(old, first, cut, whole=whole), self.root(cut, end)]
        return [*self.proof(old - power, cut, end, whole=False), self.root(first, cut)]

    def tile(self, level: int, n: int, width: int) -> bytes:
        """tlog-tiles: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]) for i from 0."""
        step = 256**level
        return b"".join(self.root((n * 256 + i) * step, (n * 256 + i + 1) * step) for i in range(width))


def largest_power_below(number: int) -> int:
    power = 1
    while power * 2 < number:
        power *= 2
    return power


def read_note(note: str) -> tuple[str, int, bytes, list[tuple[str, bytes]]]:
    """(origin, size, root, signatures)."""
    text, signatures = note.split("\n\n")
    origin, size, root = text.split("\n")
    lines = [line.split(" ") for line in signatures.splitlines()]
    assert all(dash == "—" for dash, _, _ in lines)
    return origin, int(size), base64.b64decode(root), [(name, base64.b64decode(raw)) for _, name, raw in lines]


def check_note(note: str, policy: str) -> tuple[int, bytes]:
    """(size, root) of a checkpoint that the log of `policy` has signed."""
    origin, size, root, signatures = read_note(note)
    [log, quorum] = policy.splitlines()
    assert quorum == "quorum none"
    name, key_id, key = log.removeprefix("log ").split("+", 2)
    raw = base64.b64decode(key)
    assert (name, raw[0]) == (origin, 1)
    assert sha(name.encode(), b"\n", raw)[:4].hex() == key_id
    [mine] = [signed for signer, signed in signatures if signer == name and signed[:4].hex() == key_id]
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(mine[4:], (note.split("\n\n", maxsplit=1)[0] + "\n").encode())
    return size, root


def place(n: int) -> str:
    text = f"{n % 1000:03}"
    while n := n // 1000:
        text = f"x{n % 1000:03}/{text}"
    return text


def expected(size: int) -> dict[str, tuple[int, int, int]]:
    """Where a tree of `size` has its tiles → (level, n, width)."""
    found = {}
    for level in range(8):
        count = size // 256**level
        for n in range(-(-count // 256)):
            width = min(256, count - n * 256)
            found[f"tile/{level}/{place(n)}" + (f".p/{width}" if width < 256 else "")] = (level, n, width)
    return found


def entries_of(bundle: bytes) -> list[bytes]:
    found = []
    while bundle:
        [length] = struct.unpack(">H", bundle[:2])
        assert len(bundle) >= 2 + length
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def check_export(folder: Path) -> list[bytes]:
    """The entries in `folder` after checking all of it. Raises for whatever does not hold."""
    size, root = check_note((folder / "checkpoint").read_text(), (folder / "policy").read_text())
    places = expected(size)
    bundles = {name: tile for name, tile in places.items() if tile[0] == 0}
    entries: list[bytes] = []
    for name, (_, _, width) in bundles.items():
        held = entries_of((folder / name.replace("tile/0/", "tile/entries/")).read_bytes())
        assert len(held) == width, name
        entries += held
    assert len(entries) == size
    tree = Definition([sha(b"\x00", body) for body in entries])
    assert tree.root(0, size) == root
    for name, tile in places.items():
        assert (folder / name).read_bytes() == tree.tile(*tile), name
    return entries


def check_receipt(receipt: str, policy: str, entry: bytes | None = None) -> int:
    """The index of the entry that the receipt proves; `entry` defaults to the bytes that it carries."""
    proof, note = receipt.split("\n\n", 1)
    size, root = check_note(note, policy)
    head, extra, index, *path = proof.split("\n")
    assert head == "c2sp.org/tlog-proof@v1"
    at = int(index.removeprefix("index "))
    assert at < size
    node = sha(b"\x00", base64.b64decode(extra.removeprefix("extra ")) if entry is None else entry)
    assert climb(node, at, size, [base64.b64decode(part) for part in path]) == root
    return at


def climb(node: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that `path` leads to, by the recursion of the definition."""
    if size == 1:
        assert not path
        return node
    power = largest_power_below(size)
    if index < power:
        return sha(b"\x01", climb(node, index, power, path[:-1]), path[-1])
    return sha(b"\x01", path[-1], climb(node, index - power, size - power, path[:-1]))
