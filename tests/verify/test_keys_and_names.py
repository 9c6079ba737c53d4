"""The product's own exports, with keys replaced, names retired and witnesses, before the verifier."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from decisions import checkpoints, ledger, notes, published, signers
from decisions.envelope import Draft
from decisions.export import export
from decisions.proofs import receipt
from decisions.recording import record
from decisions.vocab import Kind
from decisions.witnesses import gather
from oversight_verify.findings import Exit
from tests.verify.running import said, verify
from tests.witness import Served, Witness

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
NEXT = "oversight.local/ledger2"


def append(count: int) -> None:
    facts = {"kv": 1, "problem": "forbidden", "subject": ""}
    record(lambda _: [Draft(Kind.ATTEMPT_REFUSED, "system", facts) for _ in range(count)], principal="system")


def exported(tmp_path: Path, name: str = "export") -> tuple[Path, Path]:
    """(the export, its policy as an auditor keeps it)."""
    export(tmp_path / name)
    policy = published.policy()
    assert policy is not None
    kept = tmp_path / f"{name}.policy"
    kept.write_text(policy)
    return tmp_path / name, kept


@pytest.fixture
def witnesses(data_dir: Path, settings: Any) -> Iterator[list[Served]]:
    append(300)
    checkpoints.publish()
    known = [Witness(f"witness.example/w{n}", [notes.ring().keys[0].vkey]) for n in (1, 2)]
    with Served(known[0]) as one, Served(known[1]) as two:
        settings.WITNESSES = data_dir / "witnesses"
        settings.WITNESSES.write_text(f"{one.line}\n{two.line}\ngroup both all w1 w2\nquorum both\n")
        yield [one, two]


def test_a_rotation_with_two_witnesses(witnesses: list[Served], tmp_path: Path) -> None:
    gather()
    before = exported(tmp_path, "before")
    signers.own().rotate(3600)
    append(3)
    checkpoints.publish()
    gather()
    after = exported(tmp_path, "after")
    for policy in (before[1], after[1]):
        findings = verify(after[0], "--policy", policy, "--checkpoint", before[0] / "checkpoint")
        assert findings.exit is Exit.PROVEN, said(findings)
        assert any("2 witnesses cosigned" in sentence for sentence in findings.proven)
        assert any("was replaced by" in sentence for sentence in findings.proven)


def test_after_the_overlap_the_new_key_signs_alone(witnesses: list[Served], tmp_path: Path) -> None:
    before = exported(tmp_path, "before")
    signers.own().rotate(0)
    checkpoints.publish()
    append(3)
    checkpoints.publish()
    for one in witnesses:
        one.witness.logs.append(notes.ring().keys[1].vkey)
    gather()
    export_, policy = exported(tmp_path, "after")
    assert verify(export_, "--policy", policy).exit is Exit.PROVEN
    assert verify(export_, "--policy", before[1]).exit is Exit.UNPROVEN, "nothing of the old key confirms the new one"


def retire(tmp_path: Path) -> tuple[Path, Path]:
    """A ledger of which more was signed than is left, under its next name: (the export before, the note of what is lost)."""
    append(300)
    checkpoints.publish()
    before = exported(tmp_path, "before")
    backup = transaction.savepoint()
    append(5)
    checkpoints.publish()
    lost = tmp_path / "lost.note"
    shutil.copy(notes.folder() / "latest", lost)
    transaction.savepoint_rollback(backup)
    signers.own().retire(NEXT)
    append(3)
    checkpoints.publish()
    append(300)
    checkpoints.publish()
    return before[0], lost


def both_names(before: Path, after: Path, tmp_path: Path) -> Path:
    """A policy of an auditor who trusts the key of either name."""
    lines = [line for kept in (before, after) for line in kept.read_text().splitlines() if line.startswith("log ")]
    path = tmp_path / "both.policy"
    path.write_text("\n".join([*lines, "quorum none", ""]))
    return path


def test_a_retired_name_and_what_was_lost_with_it(tmp_path: Path) -> None:
    before, lost = retire(tmp_path)
    export_, policy = exported(tmp_path, "after")
    both = both_names(tmp_path / "before.policy", policy, tmp_path)
    findings = verify(export_, "--policy", both, "--checkpoint", before / "checkpoint")
    assert findings.exit is Exit.PROVEN, said(findings)
    assert (findings.facts["retired"][0]["size"], findings.facts["retired"][0]["kept"]) == (305, 300)
    assert any("305 entries were signed and 300 are kept" in sentence for sentence in findings.open)
    findings = verify(export_, "--policy", both, "--checkpoint", lost)
    assert findings.exit is Exit.UNPROVEN
    assert "of what it covers the first 300 entries are kept" in said(findings)
    assert verify(export_, "--policy", tmp_path / "before.policy").exit is Exit.UNPROVEN


def test_a_name_that_is_retired_though_nothing_is_lost(tmp_path: Path) -> None:
    append(300)
    checkpoints.publish()
    early = tmp_path / "5.tlog-proof"
    early.write_text(receipt(5))
    signers.own().retire(NEXT)
    checkpoints.publish()
    export_, policy = exported(tmp_path)
    findings = verify(export_, "--policy", policy, "--checkpoint", early)
    assert findings.exit is Exit.PROVEN, said(findings)
    assert any("300 entries were signed: all of them are kept" in sentence for sentence in findings.proven)


def test_receipts_of_both_names(tmp_path: Path) -> None:
    retire(tmp_path)
    _, policy = exported(tmp_path, "after")
    for seq, code in ((5, Exit.UNPROVEN), (ledger.size() - 1, Exit.PROVEN)):
        path = tmp_path / f"{seq}.tlog-proof"
        path.write_text(receipt(seq))
        findings = verify(path, "--policy", policy)
        assert findings.exit is code, said(findings)
        assert ("is of the ledger oversight.local/ledger1" in said(findings)) == (code is Exit.UNPROVEN)
