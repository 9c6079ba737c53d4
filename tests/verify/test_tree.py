"""The verifier's tree against published vectors and against the recursive definition."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight_verify.tree import EMPTY_ROOT, Peaks, consistent, full_root, included
from tests.verify import writer

VECTORS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "rfc6962.json").read_text())
LEAVES = [writer.leaf_hash(bytes([number])) for number in range(67)]
ROOTS = [writer.mth(LEAVES[:size]) for size in range(68)]


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_all_196_vectors_are_there():
    assert len(VECTORS["inclusion"]) == len(VECTORS["consistency"]) == 98


@pytest.mark.parametrize("name", VECTORS["inclusion"])
def test_an_inclusion_vector(name: str):
    vector = VECTORS["inclusion"][name]
    path = [raw(part) for part in vector["proof"] or ()]
    found = included(raw(vector["leafHash"]), vector["leafIdx"], vector["treeSize"], path, raw(vector["root"]))
    assert found is not vector["wantErr"]


@pytest.mark.parametrize("name", VECTORS["consistency"])
def test_a_consistency_vector(name: str):
    vector = VECTORS["consistency"][name]
    roots, path = (raw(vector["root1"]), raw(vector["root2"])), [raw(part) for part in vector["proof"] or ()]
    # One vector has words for roots and wants them taken: what is no hash is refused.
    refused = vector["wantErr"] or len(roots[0]) != 32
    assert consistent(vector["size1"], vector["size2"], *roots, path) is not refused


def test_every_proof_of_every_small_tree_is_taken_and_none_of_another_place():
    for size in range(1, 68):
        for index in range(size):
            path = writer.path(index, LEAVES[:size])
            assert included(LEAVES[index], index, size, path, ROOTS[size])
            assert not included(LEAVES[index], index ^ 1, size, path, ROOTS[size])
            assert not included(LEAVES[index], index, size, [*path, ROOTS[1]], ROOTS[size])
            assert not path or not included(LEAVES[index], index, size, path[:-1], ROOTS[size])


def test_every_growth_of_every_small_tree_is_taken_and_no_other():
    for new in range(1, 68):
        for old in range(1, new + 1):
            path = writer.proof(old, LEAVES[:new])
            assert consistent(old, new, ROOTS[old], ROOTS[new], path)
            assert not consistent(old, new, ROOTS[old - 1], ROOTS[new], path)
            assert not consistent(old, new, ROOTS[old], ROOTS[new - 1], path)
            assert not consistent(old, new, ROOTS[old], ROOTS[new], [*path, ROOTS[1]])
            assert not path or not consistent(old, new, ROOTS[old], ROOTS[new], path[:-1])


def test_trees_that_double_or_promote_the_odd_node_are_told_apart():
    """Other ways to fill up a level give other roots for some sizes: a proof of theirs must not pass."""

    def doubled(level: list[bytes]) -> bytes:
        while len(level) > 1:
            level = [*level, level[-1]] if len(level) % 2 else level
            level = [writer.sha256(b"\x01" + level[at] + level[at + 1]) for at in range(0, len(level), 2)]
        return level[0]

    path = [LEAVES[2], doubled(LEAVES[:2])]
    assert not included(LEAVES[2], 2, 3, path, doubled(LEAVES[:3]))
    assert included(LEAVES[2], 2, 3, path[1:], ROOTS[3])


def test_growth_from_nothing_is_not_a_proof():
    assert not consistent(0, 5, EMPTY_ROOT, ROOTS[5], [])
    assert not consistent(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])


@given(st.integers(0, 67))
def test_peaks_have_the_root_of_what_was_appended(size: int):
    peaks = Peaks()
    for leaf in LEAVES[:size]:
        peaks.append(leaf)
    assert peaks.root() == ROOTS[size]
    bundles = Peaks()
    span = 8
    for at in range(0, size - size % span, span):
        bundles.append(full_root(LEAVES[at : at + span]))
    assert bundles.root(LEAVES[size - size % span : size]) == ROOTS[size]


@given(st.integers(), st.integers(), st.lists(st.binary(max_size=40), max_size=70), st.binary(max_size=40))
def test_nothing_made_up_is_included(index: int, size: int, path: list[bytes], root: bytes):
    assert not included(LEAVES[0], index, size, path, root)
    assert not consistent(index, size, root, ROOTS[3], path)
