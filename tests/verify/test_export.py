"""Exports as they should be, of every awkward size: proven, and said of whom."""

from pathlib import Path

import pytest

from oversight_verify.findings import Exit
from tests.verify import writer
from tests.verify.running import said, verify


@pytest.mark.parametrize("first", range(1, 301, 50))
def test_every_small_size_is_proven(first: int, tmp_path: Path, trusted: Path):
    entries = writer.bodies(300)
    for size in range(first, first + 50):
        writer.write(tmp_path / str(size), entries[:size])
        findings = verify(tmp_path / str(size), "--policy", trusted)
        assert (findings.exit, findings.facts["size"]) == (Exit.PROVEN, size), said(findings)


@pytest.mark.parametrize("size", [65_537, *(pytest.param(n, marks=pytest.mark.deep) for n in (65_535, 65_536, 65_538))])
def test_sizes_at_the_third_level_are_proven_with_an_older_checkpoint(size: int, tmp_path: Path, trusted: Path):
    entries = [writer.canonical(writer.envelope(seq, facts={"kv": 1})) for seq in range(size)]
    leaves = writer.write(tmp_path / "export", entries)
    for old in (256, 65_535):
        (tmp_path / f"old-{old}").write_bytes(writer.checkpoint(leaves[:old]))
    findings = verify(
        tmp_path / "export",
        "--policy",
        trusted,
        "--checkpoint",
        tmp_path / "old-256",
        "--checkpoint",
        tmp_path / "old-65535",
    )
    assert findings.exit is Exit.PROVEN, said(findings)
    assert sum("is of this ledger" in sentence for sentence in findings.proven) == 2


def test_an_empty_ledger_is_proven_empty(tmp_path: Path, trusted: Path):
    writer.write(tmp_path / "export", [])
    assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.PROVEN


def test_an_empty_ledger_with_another_root_is_refuted(tmp_path: Path, trusted: Path):
    (tmp_path / "export").mkdir()
    text = f"{writer.ORIGIN}\n0\n{writer.b64(bytes(32))}\n"
    (tmp_path / "export" / "checkpoint").write_text(text + "\n" + writer.LOG.line(text))
    assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.REFUTED


def test_every_older_size_is_compared(export: Path, tmp_path: Path, trusted: Path):
    leaves = [writer.leaf_hash(body) for body in writer.bodies(300)]
    given: list[str | Path] = []
    for size in (0, 1, 2, 255, 256, 257, 299, 300):
        (tmp_path / f"old-{size}").write_bytes(writer.checkpoint(leaves[:size]))
        given += ["--checkpoint", tmp_path / f"old-{size}"]
    findings = verify(export, "--policy", trusted, *given)
    assert findings.exit is Exit.PROVEN, said(findings)
    assert sum("is of this ledger" in sentence for sentence in findings.proven) == 8


@pytest.mark.parametrize("size", [1, 255, 256, 257, 299, 300])
def test_a_forked_older_checkpoint_is_refuted(size: int, export: Path, tmp_path: Path, trusted: Path):
    forked = writer.bodies(300)
    forked[0] = writer.canonical(writer.envelope(0, kind="verdict.given"))
    (tmp_path / "old").write_bytes(writer.checkpoint([writer.leaf_hash(body) for body in forked[:size]]))
    findings = verify(export, "--policy", trusted, "--checkpoint", tmp_path / "old")
    assert findings.exit is Exit.REFUTED
    assert "rewritten" in said(findings)


def test_an_older_checkpoint_over_more_entries_shows_the_removed_end(tmp_path: Path, trusted: Path):
    entries = writer.bodies(300)
    leaves = writer.write(tmp_path / "long", entries)
    writer.write(tmp_path / "cut", entries[:299])
    (tmp_path / "old").write_bytes(writer.checkpoint(leaves))
    findings = verify(tmp_path / "cut", "--policy", trusted, "--checkpoint", tmp_path / "old")
    assert findings.exit is Exit.REFUTED
    assert "its end was removed" in said(findings)


def test_without_a_key_nothing_is_vouched_for(export: Path):
    (export / "policy").write_bytes(writer.policy())
    findings = verify(export)
    assert findings.exit is Exit.UNPROVEN
    assert "no key was given" in said(findings)


def test_what_no_witness_saw_is_said_of_a_proven_ledger(tmp_path: Path):
    writer.write(tmp_path / "export", writer.bodies(3))
    findings = verify(tmp_path / "export", "--vkey", writer.LOG.vkey)
    assert findings.exit is Exit.PROVEN
    assert any(sentence.startswith("Nobody but the holder of the log key vouches for it") for sentence in findings.open)
    assert "the policy trusts" in findings.as_text().splitlines()[-1]


def spoiled(path: Path) -> bytes:
    """Change the last byte of a file; returns what it held."""
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    return kept


def test_partial_tiles_of_older_sizes_may_stay_and_are_checked(tmp_path: Path, trusted: Path):
    entries = writer.bodies(300)
    for size in (3, 256, 299, 300):
        writer.write(tmp_path / "export", entries[:size])
    assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.PROVEN
    for stale in ("tile/0/000.p/3", "tile/entries/000.p/3", "tile/0/001.p/43", "tile/entries/001.p/43"):
        kept = spoiled(tmp_path / "export" / stale)
        assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.REFUTED, stale
        (tmp_path / "export" / stale).write_bytes(kept)


@pytest.mark.deep
def test_partial_tiles_of_higher_levels_may_stay_and_are_checked(tmp_path: Path, trusted: Path):
    entries = [writer.canonical(writer.envelope(seq, facts={"kv": 1})) for seq in range(65_537)]
    for size in (300, 65_537):
        writer.write(tmp_path / "export", entries[:size])
    assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.PROVEN
    for edge in ("tile/1/000.p/1", "tile/2/000.p/1"):
        kept = spoiled(tmp_path / "export" / edge)
        assert edge in said(verify(tmp_path / "export", "--policy", trusted))
        (tmp_path / "export" / edge).write_bytes(kept)


def test_gaps_in_a_sources_counter_are_listed_and_refute_nothing(tmp_path: Path, trusted: Path):
    numbers = [5, 6, 9, 10, 14, 12, 12]
    entries = [writer.canonical(writer.envelope(seq, src_seq=number)) for seq, number in enumerate(numbers)]
    entries.append(writer.canonical(writer.envelope(7, actor="agent:b-2", src_seq=1)))
    writer.write(tmp_path / "export", entries)
    findings = verify(tmp_path / "export", "--policy", trusted)
    assert findings.exit is Exit.PROVEN
    assert findings.facts["gaps"] == [
        {"actor": "agent:a-1", "source": "agent:a-1", "left_out": [(7, 8), (11, 11), (13, 13)]}
    ]
    noted = "\n".join(findings.noted)
    assert "left out 7 to 8, 11, 13." in noted
    assert "used 1 number more than once" in noted


def test_an_answer_refers_to_the_entry_that_was_seen(tmp_path: Path, trusted: Path):
    entries = writer.bodies(300)
    seen = {"seq": 7, "leaf": writer.leaf_hash(entries[7]).hex()}
    entries.append(writer.canonical(writer.envelope(300, kind="verdict.given", actor="person:p-1", ref=seen)))
    writer.write(tmp_path / "right", entries)
    findings = verify(tmp_path / "right", "--policy", trusted)
    assert findings.exit is Exit.PROVEN
    assert any(sentence.endswith("exactly the entry that they saw: 1.") for sentence in findings.proven)
    for number, ref in enumerate([{**seen, "seq": 8}, {**seen, "seq": 300}, {**seen, "seq": 301}, {**seen, "seq": -1}]):
        entries[300] = writer.canonical(writer.envelope(300, kind="verdict.given", actor="person:p-1", ref=ref))
        writer.write(tmp_path / str(number), entries)
        assert verify(tmp_path / str(number), "--policy", trusted).exit is Exit.REFUTED


def test_files_beside_the_ledger_are_named_as_not_looked_at(export: Path, trusted: Path):
    (export / "notes\x1b[31m.txt").write_text("x")
    findings = verify(export, "--policy", trusted)
    assert findings.exit is Exit.PROVEN
    assert any("notes\\u{1b}[31m.txt" in sentence for sentence in findings.noted)
