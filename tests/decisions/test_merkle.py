"""The Merkle tree against published answers, and exhaustively for small trees."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import merkle
from decisions.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash, root_of

VECTORS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "rfc6962.json").read_text())
LEAVES = [leaf_hash(bytes([number])) for number in range(70)]
# The reference implementation's well-known example of eight leaves.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("name", VECTORS["inclusion"])
def test_an_inclusion_vector(name: str) -> None:
    vector = VECTORS["inclusion"][name]
    proof = [raw(part) for part in vector["proof"] or ()]
    index, size, root = vector["leafIdx"], vector["treeSize"], raw(vector["root"])
    assert merkle.verify_inclusion(raw(vector["leafHash"]), index, size, proof, root) is not vector["wantErr"]


@pytest.mark.parametrize("name", VECTORS["consistency"])
def test_a_consistency_vector(name: str) -> None:
    vector = VECTORS["consistency"][name]
    roots, proof = (raw(vector["root1"]), raw(vector["root2"])), [raw(part) for part in vector["proof"] or ()]
    # One vector's roots are words, not hashes, and it does not care: what is no hash is refused here.
    refused = vector["wantErr"] or len(roots[0]) != 32
    assert merkle.verify_consistency(vector["size1"], vector["size2"], *roots, proof) is not refused


@pytest.mark.parametrize("size", ROOTS)
def test_it_has_the_published_roots(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS[:size]]
    assert root_of(leaves).hex() == ROOTS[size]


def test_the_empty_tree_and_the_domains_of_hashes() -> None:
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def reference_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    return node_hash(reference_root(leaves[:cut]), reference_root(leaves[cut:]))


def test_every_prefix_of_a_frontier_has_the_root_of_the_definition() -> None:
    frontier = Frontier()
    for size, leaf in enumerate([*LEAVES, b""]):
        assert frontier.root() == reference_root(LEAVES[:size])
        again = Frontier.from_bytes(frontier.size, frontier.to_bytes())
        assert again == frontier
        frontier.append(leaf)


def test_every_inclusion_proof_up_to_seventy_leaves() -> None:
    for size in range(1, 71):
        root = root_of(LEAVES[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, LEAVES[:size])
            assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
            assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof, root], root)
            assert not merkle.verify_inclusion(LEAVES[index - 1], index, size, proof, root) or size == 1
            if proof:
                assert not merkle.verify_inclusion(LEAVES[index], index, size, proof[:-1], root)


def test_every_consistency_proof_up_to_seventy_leaves() -> None:
    roots = [root_of(LEAVES[:size]) for size in range(71)]
    for new in range(1, 71):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, LEAVES[:new])
            assert merkle.verify_consistency(old, new, roots[old], roots[new], proof)
            assert not merkle.verify_consistency(old, new, roots[old], roots[new], [*proof, roots[1]])
            assert not merkle.verify_consistency(old, new, EMPTY_ROOT, roots[new], proof)
            assert not merkle.verify_consistency(old, new, roots[old], EMPTY_ROOT, proof)


def test_nothing_is_consistent_with_nothing() -> None:
    # From size 0 any proof would do: it is refused, and the empty root is compared by whoever asks.
    assert not merkle.verify_consistency(0, 3, EMPTY_ROOT, root_of(LEAVES[:3]), [])
    with pytest.raises(ValueError, match="outside"):
        merkle.consistency_proof(0, LEAVES)
    with pytest.raises(ValueError, match="outside"):
        merkle.inclusion_proof(70, LEAVES)


@given(st.integers(1, 2**40), st.binary(max_size=2048))
def test_a_frontier_that_does_not_fit_its_size_is_refused(size: int, raw_bytes: bytes) -> None:
    if len(raw_bytes) != 32 * size.bit_count():
        with pytest.raises(ValueError, match="frontier"):
            Frontier.from_bytes(size, raw_bytes)
