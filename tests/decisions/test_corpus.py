"""Ledgers that earlier versions wrote: this version reads them, verifies them and makes of them what those made."""

import json
from pathlib import Path

import pytest

from decisions import ledger, rebuild
from decisions.canonical import encode_restricted
from decisions.envelope import open_leaf
from decisions.verify import verify_ledger
from decisions.vocab import Kind
from tests.corpus import replay

CORPUS = sorted(replay.FOLDER.glob("*.jsonl"))

WITHOUT_A_WORD = {"v1": [19], "v2": [19]}
"""The entries of which their makers took something by hand, before an erasure was an entry of its own."""


@pytest.mark.django_db
@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_ledger_of_an_earlier_version_is_clean_and_makes_the_same_read_models(path: Path) -> None:
    about, entries = replay.read(path)
    replay.put(entries)
    verdict = verify_ledger()
    missing = WITHOUT_A_WORD.get(path.stem, [])
    assert [fault.first for fault in verdict.faults] == missing
    assert (verdict.size, verdict.root, verdict.erased) == (about["size"], about["root"], about.get("erased", 0))
    assert missing or verdict.erased
    rebuild.rebuild(check=False)
    assert replay.tables(about["tables"]) == about["tables"]
    assert len(list(ledger.entries(0, about["size"] - 1))) == about["size"]


def test_the_newest_corpus_has_an_entry_of_every_kind() -> None:
    assert replay.kinds(replay.read(CORPUS[-1])[1]) == set(Kind)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_its_leaves_are_still_in_canonical_form(path: Path) -> None:
    for entry in replay.read(path)[1]:
        assert encode_restricted(open_leaf(entry.body)) == entry.body
        assert all(len(json.loads(text)) == 3 for _, text in entry.disclosures)
