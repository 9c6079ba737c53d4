"""What the product itself records, exported: the verifier and the server agree on the form of an entry, though they share no code."""

import json
from pathlib import Path

import pytest

from decisions import envelope, signing
from decisions.canonical import encode_restricted
from oversight_verify.disclosed import digest
from oversight_verify.findings import Exit
from oversight_verify.keys import LOG, read_key
from oversight_verify.leaf import KEYS, read_leaf
from oversight_verify.note import read_checkpoint
from oversight_verify.tree import EMPTY_ROOT
from tests.contracts.tree import ROOT
from tests.verify import writer
from tests.verify.running import said, verify

CORPUS = sorted((ROOT / "tests" / "corpus").glob("*.jsonl"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_ledger_of_every_version_is_proven_with_its_disclosures(path: Path, tmp_path: Path):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    entries = [row["body"].encode() for row in rows]
    origin = json.loads(entries[-1])["log"]
    log = writer.Signer(origin)
    if (last := json.loads(entries[-1]))["kind"] == "key.rotated":
        # Its own secret key is in no corpus.
        entries[-1] = entries[-1].replace(last["facts"]["new"].encode(), log.vkey.encode())
    writer.write(tmp_path / "export", entries, log, origin=origin)
    lines = [
        json.dumps({"seq": seq, "name": name, "text": text})
        for seq, row in enumerate(rows)
        for name, text in row["disclosures"]
    ]
    (tmp_path / "export" / "disclosures.jsonl").write_text("".join(f"{line}\n" for line in lines))
    findings = verify(tmp_path / "export", "--vkey", log.vkey)
    assert findings.exit is Exit.PROVEN, said(findings)
    facts = findings.facts
    held = sum(len(json.loads(entry)["_sd"]) for entry in entries)
    gone = held - len(lines)
    assert (facts["size"], facts["disclosed"], facts["erased"] + facts["withheld"]) == (len(rows), len(lines), gone)
    # The first versions had no entry that says so.
    erasures = [row for row in rows if json.loads(row["body"])["kind"] == "disclosure.erased"]
    assert facts["withheld"] == (0 if erasures else gone)
    assert gone, "something of each corpus was erased"
    assert len([said for said in findings.noted if " erased on " in said]) == len(erasures)
    assert any("exactly the entry that they saw" in sentence for sentence in findings.proven)


def test_the_two_agree_on_the_form_of_an_entry_and_of_a_disclosure():
    assert KEYS == envelope.KEYS
    text = envelope.disclose("names", {"who": "Zoë"})
    assert digest(text) == envelope.disclosure_digest(text)
    made = writer.envelope(7, _sd=[digest(text)])
    assert read_leaf(encode_restricted(made), writer.ORIGIN) == made


def test_a_checkpoint_that_the_product_signs_is_proven(tmp_path: Path):
    key = signing.load_key(tmp_path / "key")
    note = signing.sign(signing.Checkpoint(writer.ORIGIN, 0, EMPTY_ROOT), key)
    assert read_checkpoint(note.encode()).origin == writer.ORIGIN
    vkey = signing.vkey(writer.ORIGIN, key.public_key())
    assert read_key(vkey, LOG).public == key.public_key().public_bytes_raw()
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "checkpoint").write_text(note)
    assert verify(tmp_path / "export", "--vkey", vkey).exit is Exit.PROVEN
