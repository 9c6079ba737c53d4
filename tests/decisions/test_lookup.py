"""Entries are found by what is known of them; a hash in the tiles, without an index and without reading without end."""

import base64
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import ledger, lookup
from decisions.lookup import Found, read_hash
from decisions.models import Agent
from decisions.models.ledger import TileRow
from decisions.vocab import Kind
from tests.factories import event, send
from tests.tampering import as_owner

HASHES = st.binary(min_size=32, max_size=32)


@given(HASHES)
def test_a_hash_is_read_however_it_is_written(leaf: bytes) -> None:
    plain, for_urls = base64.b64encode(leaf).decode(), base64.urlsafe_b64encode(leaf).decode()
    for text in (leaf.hex(), leaf.hex().upper(), plain, for_urls, plain.rstrip("="), for_urls.rstrip("=")):
        assert read_hash(text) == leaf


@given(st.text(max_size=80))
def test_what_is_no_hash_is_none(text: str) -> None:
    found = read_hash(text)
    assert found is None or (len(found) == 32 and len(text) in (43, 44, 64))


@pytest.fixture
def leaves(agent: Agent) -> list[bytes]:
    """Three full tiles and a part of one."""
    while ledger.size() < 3 * 256 + 9:
        send(agent, *[event() for _ in range(100)])
    return list(ledger.leaves(0, ledger.size()))


@pytest.mark.django_db
def test_every_entry_is_found_by_its_hash(leaves: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "TILES_AT_ONCE", 2)
    for seq in (0, 1, 255, 256, 511, 512, 767, 768, len(leaves) - 1):
        assert lookup.of_leaf(leaves[seq]).seq == seq
    assert lookup.of_leaf(bytes(32)) == Found(None, 0)
    assert lookup.of_leaf(leaves[300], before=300) == Found(None, 0)
    assert lookup.of_leaf(leaves[299], before=300).seq == 299


@pytest.mark.django_db
def test_half_of_one_hash_and_half_of_the_next_are_no_hash(leaves: list[bytes]) -> None:
    assert lookup.of_leaf(leaves[20][16:] + leaves[21][:16]) == Found(None, 0)


@pytest.mark.django_db
def test_a_tile_that_is_not_stored_is_made_of_its_entries(leaves: list[bytes]) -> None:
    as_owner("DELETE FROM tile WHERE level = 0 AND n = 1")
    assert TileRow.objects.filter(level=0).count() == len(leaves) // 256 - 1
    assert lookup.of_leaf(leaves[300]).seq == 300


@pytest.mark.django_db
def test_it_looks_so_far_and_says_how_far(leaves: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "MOST_TILES", 1)
    tiles = len(leaves) // 256
    found = lookup.of_leaf(leaves[3])
    assert found == Found(None, (tiles - 1) * 256)
    steps = 1
    while found.seq is None:
        assert found.before > 0
        found, steps = lookup.of_leaf(leaves[3], before=found.before), steps + 1
    assert (found.seq, steps) == (3, tiles)


@pytest.mark.django_db
def test_by_id_and_by_kind(agent: Agent) -> None:
    seqs = [send(agent, event()).first_seq for _ in range(3)]
    row = next(ledger.stored(seqs[1], seqs[1] + 1))
    assert lookup.of_id(row.id) == seqs[1]
    assert lookup.of_id(uuid.uuid4()) is None
    assert [entry.seq for entry in lookup.newest(Kind.ACTION_REPORTED, 2)] == [seqs[2], seqs[1]]
    assert [entry.seq for entry in lookup.newest(Kind.ACTION_REPORTED, 2, before=seqs[1])] == [seqs[0]]
    assert lookup.entry(ledger.size()) is None
