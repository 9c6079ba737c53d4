"""The Merkle tree of RFC 9162: hashes, roots, and the two proofs. Pure; it must not know what an entry is."""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
_sha256 = hashlib.sha256


def leaf_hash(body: bytes) -> bytes:
    return _sha256(b"\x00" + body).digest()


def leaf_hashes(bodies: Iterable[bytes]) -> list[bytes]:
    sha256 = _sha256
    return [sha256(b"\x00" + body).digest() for body in bodies]


def node_hash(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\x01" + left + right).digest()


def full_root(hashes: list[bytes]) -> bytes:
    """The root over `hashes`, whose number is a power of two."""
    sha256 = _sha256
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


class Peaks:
    """The roots of the complete subtrees of a growing tree, largest first: all that is needed to append and to have a root."""

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def append(self, node: bytes) -> None:
        size = self.size
        while size & 1:
            node = node_hash(self.hashes.pop(), node)
            size >>= 1
        self.hashes.append(node)
        self.size += 1

    def root(self, tail: Iterable[bytes] = ()) -> bytes:
        """The root of this tree with the leaves `tail` after it, which must be fewer than one of its own leaves spans."""
        rest = Peaks()
        for leaf in tail:
            rest.append(leaf)
        return fold([*self.hashes, *rest.hashes])


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, the largest and leftmost first; that of nothing is the root of an empty tree."""
    if not peaks:
        return EMPTY_ROOT
    *others, root = peaks
    for left in reversed(others):
        root = node_hash(left, root)
    return root


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` leads from `leaf` at `index` to the root of the tree of `size` leaves (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or any(len(part) != 32 for part in (leaf, root, *path)):
        return False
    here, last, node = index, size - 1, leaf
    for part in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(part, node)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, part)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` shows the tree of `old` leaves to be the beginning of that of `new` (RFC 9162 §2.1.4.2).

    An empty old tree is refused: any tree begins with it, so that there is nothing to show.
    """
    if not 0 < old <= new or any(len(part) != 32 for part in (old_root, new_root, *path)):
        return False
    if old == new:
        return not path and old_root == new_root
    whole = old & (old - 1) == 0
    if not whole and not path:
        return False
    first, rest = (old_root, path) if whole else (path[0], path[1:])
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = first
    for part in rest:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node_hash(part, before), node_hash(part, after)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            after = node_hash(after, part)
        here, last = here >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
