"""The Merkle tree of RFC 9162 (hashing of RFC 6962): frontier, roots and proofs. Pure; it must not know an entry."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

EMPTY_ROOT = hashlib.sha256(b"").digest()
_NODE = hashlib.sha256(b"\x01")


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def pairs_above(hashes: bytes) -> bytes:
    """The node hashes over consecutive pairs of an even number of hashes, joined as they are; raises ValueError for others."""
    if len(hashes) % 64:
        raise ValueError("the hashes are no pairs")
    above = []
    for at in range(0, len(hashes), 64):
        # A copy of what has read the prefix takes a fifth less than a new one: proofs spend all their time here.
        node = _NODE.copy()
        node.update(hashes[at : at + 64])
        above.append(node.digest())
    return b"".join(above)


@dataclass
class Frontier:
    """The roots of the complete subtrees of a tree of `size` leaves, largest first: all that appending needs."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def from_bytes(cls, size: int, raw: bytes) -> "Frontier":
        if len(raw) != 32 * size.bit_count():
            raise ValueError(f"a frontier of size {size} holds {size.bit_count()} hashes, not {len(raw) / 32}")
        return cls(size, [raw[i : i + 32] for i in range(0, len(raw), 32)])

    def to_bytes(self) -> bytes:
        return b"".join(self.peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash; amortised two hashes."""
        size, peaks = self.size, self.peaks
        while size & 1:
            leaf = node_hash(peaks.pop(), leaf)
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The audit path of leaf `index`, from the leaf's sibling up."""
    if not 0 <= index < len(leaves):
        raise ValueError("the index is outside the tree")
    if len(leaves) == 1:
        return []
    cut = _split(len(leaves))
    if index < cut:
        return [*inclusion_proof(index, leaves[:cut]), root_of(leaves[cut:])]
    return [*inclusion_proof(index - cut, leaves[cut:]), root_of(leaves[:cut])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` is at `index` in the tree of `size` leaves with `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or any(len(part) != 32 for part in (leaf, root, *proof)):
        return False
    fn, sn, node = index, size - 1, leaf
    for part in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(part, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, part)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


def consistency_proof(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that the first `old` leaves are a prefix of `leaves` (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= len(leaves):
        raise ValueError("the older size is outside the tree")

    def subproof(m: int, part: Sequence[bytes], *, whole: bool) -> list[bytes]:
        if m == len(part):
            return [] if whole else [root_of(part)]
        cut = _split(len(part))
        if m <= cut:
            return [*subproof(m, part[:cut], whole=whole), root_of(part[cut:])]
        return [*subproof(m - cut, part[cut:], whole=False), root_of(part[:cut])]

    return subproof(old, leaves, whole=True)


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows the tree of `old` leaves to be a prefix of that of `new` (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new or any(len(part) != 32 for part in (old_root, new_root, *proof)):
        return False
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for part in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(part, fr), node_hash(part, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, part)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root
