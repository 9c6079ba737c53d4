"""Two checkpoints: one ledger that grew, or a fork, a cut, a stranger."""

from pathlib import Path

import pytest

from oversight_verify.findings import Exit
from tests.verify import writer
from tests.verify.running import said, verify

ENTRIES = writer.bodies(300)
LEAVES = [writer.leaf_hash(body) for body in ENTRIES]


@pytest.fixture
def notes(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Where the older checkpoint, the newer one and the proof between them are."""
    return tmp_path / "old", tmp_path / "new", tmp_path / "proof"


def proof(old: int, new: int) -> bytes:
    return "".join(f"{writer.b64(part)}\n" for part in writer.proof(old, LEAVES[:new])).encode()


@pytest.mark.parametrize(("old", "new"), [(1, 2), (1, 300), (128, 256), (255, 256), (256, 300), (257, 299), (299, 300)])
def test_growth_is_proven_by_a_proof_and_not_without(old: int, new: int, notes: tuple[Path, Path, Path], trusted: Path):
    first, second, path = notes
    first.write_bytes(writer.checkpoint(LEAVES[:old]))
    second.write_bytes(writer.checkpoint(LEAVES[:new]))
    assert verify(first, second, "--policy", trusted).exit is Exit.UNPROVEN
    path.write_bytes(proof(old, new))
    assert verify(first, second, "--proof", path, "--policy", trusted).exit is Exit.PROVEN
    assert verify(first, second, "--proof", path).exit is Exit.UNPROVEN
    for wrong in (proof(old, new)[45:], proof(old, new) * 2, proof(1, 3) * 3):
        path.write_bytes(wrong)
        assert verify(first, second, "--proof", path, "--policy", trusted).exit is Exit.REFUTED
    path.write_bytes(proof(old, new)[:-2])
    assert verify(first, second, "--proof", path, "--policy", trusted).exit is Exit.UNREADABLE


def test_growth_is_proven_by_an_export(notes: tuple[Path, Path, Path], export: Path, trusted: Path):
    first, second, _ = notes
    first.write_bytes(writer.checkpoint(LEAVES[:100]))
    second.write_bytes(writer.checkpoint(LEAVES[:260]))
    assert verify(first, second, "--export", export, "--policy", trusted).exit is Exit.PROVEN
    forked = [*LEAVES[:259], writer.leaf_hash(b"another")]
    second.write_bytes(writer.checkpoint(forked))
    assert verify(first, second, "--export", export, "--policy", trusted).exit is Exit.REFUTED


def test_a_fork_at_one_size_needs_no_proof(notes: tuple[Path, Path, Path], trusted: Path):
    first, second, _ = notes
    first.write_bytes(writer.checkpoint(LEAVES[:100]))
    second.write_bytes(writer.checkpoint([*LEAVES[:99], LEAVES[0]]))
    findings = verify(first, second, "--policy", trusted)
    assert findings.exit is Exit.REFUTED
    assert "forked" in said(findings)
    second.write_bytes(writer.checkpoint(LEAVES[:100]))
    assert verify(first, second, "--policy", trusted).exit is Exit.PROVEN
    notes[2].write_bytes(proof(1, 2))
    assert verify(first, second, "--proof", notes[2], "--policy", trusted).exit is Exit.REFUTED


def test_fewer_entries_and_another_ledger_are_refuted(notes: tuple[Path, Path, Path], export: Path, trusted: Path):
    first, second, _ = notes
    first.write_bytes(writer.checkpoint(LEAVES[:100]))
    second.write_bytes(writer.checkpoint(LEAVES[:99]))
    choices: list[list[str | Path]] = [[], ["--export", export]]
    for given in choices:
        assert "the end of the ledger was removed" in said(verify(first, second, "--policy", trusted, *given))
    second.write_bytes(writer.checkpoint(LEAVES[:100], writer.Signer("other.example/log"), origin="other.example/log"))
    assert "two ledgers" in said(verify(first, second, "--policy", trusted))


def test_an_empty_older_checkpoint_shows_nothing(notes: tuple[Path, Path, Path], trusted: Path):
    first, second, path = notes
    first.write_bytes(writer.checkpoint([]))
    second.write_bytes(writer.checkpoint(LEAVES))
    findings = verify(first, second, "--policy", trusted)
    assert any("every ledger begins so" in sentence for sentence in findings.open)
    path.write_bytes(proof(1, 2))
    assert verify(first, second, "--proof", path, "--policy", trusted).exit is Exit.REFUTED
    text = f"{writer.ORIGIN}\n0\n{writer.b64(bytes(32))}\n"
    first.write_text(text + "\n" + writer.LOG.line(text))
    assert verify(first, second, "--policy", trusted).exit is Exit.REFUTED


def test_both_must_be_signed_by_a_key_of_the_policy(notes: tuple[Path, Path, Path], trusted: Path):
    first, second, path = notes
    thief = writer.Signer(writer.ORIGIN, seed="thief")
    path.write_bytes(proof(100, 200))
    for old, new, code in ((thief, writer.LOG, Exit.UNPROVEN), (writer.LOG, thief, Exit.REFUTED)):
        first.write_bytes(writer.checkpoint(LEAVES[:100], old))
        second.write_bytes(writer.checkpoint(LEAVES[:200], new))
        assert verify(first, second, "--proof", path, "--policy", trusted).exit is code
