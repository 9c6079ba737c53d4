"""Tiles and the proofs made of them, against the definition of the tree."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.merkle import EMPTY_ROOT, leaf_hash
from decisions.tiles import LEVELS, Tile, Tree, full_tiles, named, partial_tiles, siblings
from tests.auditor import Definition, expected, place

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(65_600)]
DEFINITION = Definition(LEAVES)
EDGES = (65_534, 65_535, 65_536, 65_537, 65_538)


def read(level: int, n: int, width: int) -> bytes:
    return DEFINITION.tile(level, n, width)


def around(size: int) -> list[int]:
    """Places in a tree of `size` where something changes, each once."""
    found = {0, 1, size // 3, size - 1, size}
    for edge in (256, 65_536, size - size % 256):
        found |= {edge - 1, edge}
    return sorted(number for number in found if 0 <= number <= size)


def check(size: int, places: list[int]) -> None:
    tree = Tree(size, read)
    assert tree.root() == DEFINITION.root(0, size)
    for number in places:
        if number < size:
            assert tree.inclusion(number) == DEFINITION.path(number, 0, size), (number, size)
        if number > 0:
            assert tree.consistency(number) == DEFINITION.proof(number, 0, size), (number, size)


@pytest.mark.deep
def test_proofs_of_every_size_up_to_eleven_hundred() -> None:
    for size in range(1, 1101):
        check(size, around(size))


def test_every_proof_of_every_size_up_to_seventy_and_around_a_tile() -> None:
    for size in (*range(1, 71), 255, 256, 257, 513):
        check(size, list(range(size + 1)))


def test_each_hash_of_a_path_is_over_the_leaves_that_it_is_said_to_be_over() -> None:
    for size in (*range(1, 40), 255, 256, 257, 65_537):
        for index in around(size)[:-1]:
            over = [DEFINITION.root(first, end) for first, end in siblings(index, size)]
            assert over == DEFINITION.path(index, 0, size), (index, size)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5)])
def test_there_is_no_path_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        siblings(index, size)


@pytest.mark.deep
def test_every_proof_of_every_size_up_to_eleven_hundred() -> None:
    for size in range(1, 1101):
        check(size, list(range(size + 1)))


@pytest.mark.parametrize("size", EDGES)
def test_proofs_where_a_second_level_is_full(size: int) -> None:
    check(size, [*around(size), *range(7, size, 4_999)])


def test_which_tiles_a_tree_has() -> None:
    for size in (*range(1101), *EDGES, 70_000, 2**24, 2**40 + 300):
        partial = {(tile.level, tile.n, tile.width) for tile in partial_tiles(size)}
        if size < 2**20:
            full = {(level, n, 256) for level in range(LEVELS) for n in range(full_tiles(size, level))}
            assert full | partial == set(expected(size).values())
        assert all(size in Tile(*tile).sizes for tile in partial)
        assert all(0 < width < 256 for _, _, width in partial)
    # The specification's own example.
    assert (full_tiles(70_000, 0), full_tiles(70_000, 1), full_tiles(70_000, 2)) == (273, 1, 0)
    assert list(partial_tiles(70_000)) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_the_empty_tree() -> None:
    assert Tree(0, read).root() == EMPTY_ROOT
    assert list(partial_tiles(0)) == []
    for wrong in (0, 1):
        with pytest.raises(ValueError, match="outside"):
            Tree(0, read).inclusion(wrong)
        with pytest.raises(ValueError, match="outside"):
            Tree(0, read).consistency(wrong)


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    tree = Tree(300, read)
    for wrong in (-1, 300, 301):
        with pytest.raises(ValueError, match="outside"):
            tree.inclusion(wrong)
    for wrong in (-1, 0, 301):
        with pytest.raises(ValueError, match="outside"):
            tree.consistency(wrong)


def test_a_tile_that_falls_short_is_not_taken_for_a_smaller_one() -> None:
    with pytest.raises(ValueError, match="tile 0/1 holds 43 hashes and not 44"):
        Tree(300, lambda level, n, width: read(level, n, width - 1) if n else read(level, n, width)).inclusion(0)


def test_each_tile_is_read_once_and_few_of_them() -> None:
    asked: list[tuple[int, int, int]] = []

    def counted(level: int, n: int, width: int) -> bytes:
        asked.append((level, n, width))
        return read(level, n, width)

    Tree(65_538, counted).inclusion(300)
    assert sorted(asked) == [(0, 1, 256), (0, 256, 2), (1, 0, 256)]


@pytest.mark.parametrize(
    ("n", "name"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1_234_067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_names(n: int, name: str) -> None:
    assert Tile(0, n).name == place(n) == name
    assert named(3, name) == Tile(3, n)
    assert Tile(0, n, 7).name == f"{name}.p/7"
    assert named(0, f"{name}.p/7") == Tile(0, n, 7)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0",
        "00",
        "0000",
        "x000/000",
        "001/000",
        "x001/x000",
        "x01/000",
        "000/",
        "/000",
        "000.p",
        "000.p/",
        "000.p/0",
        "000.p/01",
        "000.p/256",
        "000.p/-1",
        "000.p/1/",
        "٠٠٠",
        "000\n",
        " 000",
        "x999/" * 12 + "999",
        "000.p/1000",
    ],
)
def test_what_is_no_name(name: str) -> None:
    assert named(0, name) is None


@pytest.mark.parametrize("level", [-1, LEVELS, 63, 64])
def test_what_is_no_level(level: int) -> None:
    assert named(level, "000") is None


@given(st.text(alphabet="0123456789x/.p", max_size=30))
def test_a_tile_has_one_name(text: str) -> None:
    tile = named(0, text)
    assert tile is None or (tile.name == text and 1 <= tile.width <= 256)


@given(st.integers(0, 10**15), st.integers(1, 256), st.integers(0, LEVELS - 1))
def test_a_name_leads_back(n: int, width: int, level: int) -> None:
    tile: Any = Tile(level, n, width)
    assert named(level, tile.name) == tile
