"""Who vouches: witnesses and quorums, and keys that are replaced."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oversight_verify.findings import Exit, Findings
from tests.verify import writer
from tests.verify.running import said, verify

OLD, NEW, THIRD = (writer.Signer(writer.ORIGIN, seed=seed) for seed in ("", "second", "third"))
Verified = Callable[..., Findings]


def test_a_quorum_is_met_said_and_dated(export: Path, witnessed: Path):
    findings = verify(export, "--policy", witnessed)
    assert findings.exit is Exit.PROVEN
    assert any(
        sentence.startswith("2 witnesses cosigned the checkpoint (A at 2026-11-18 11:06:40 UTC, B at ")
        for sentence in findings.proven
    )
    assert not any("Nobody but" in sentence for sentence in findings.open)


@pytest.mark.parametrize(
    ("quorum", "signers", "code"),
    [
        ("all", 1, Exit.UNPROVEN), ("2", 1, Exit.UNPROVEN), ("any", 0, Exit.UNPROVEN),
        ("any", 1, Exit.PROVEN), ("1", 1, Exit.PROVEN), ("all", 2, Exit.PROVEN),
    ],
)  # fmt: skip
def test_a_quorum_counts(quorum: str, signers: int, code: Exit, tmp_path: Path):
    (tmp_path / "policy").write_bytes(writer.two_witnesses(quorum))
    writer.write(tmp_path / "export", writer.bodies(3), writer.LOG, *writer.WITNESSES[:signers])
    assert verify(tmp_path / "export", "--policy", tmp_path / "policy").exit is code


def test_a_witness_that_signs_twice_counts_once(tmp_path: Path, witnessed: Path):
    writer.write(tmp_path / "export", writer.bodies(3), writer.LOG, *[writer.WITNESSES[0]] * 2)
    assert verify(tmp_path / "export", "--policy", witnessed).exit is Exit.UNPROVEN


def test_groups_of_groups_count_each_witness_in_one_way(tmp_path: Path):
    witnesses = [writer.Signer(f"w{number}.example", 4) for number in range(5)]
    lines = [f"witness w{number} {signer.vkey}" for number, signer in enumerate(witnesses)]
    lines += ["group X 2 w0 w1 w2", "group Y any w3 w4", "group both all X Y"]
    (tmp_path / "policy").write_bytes(writer.policy(*lines, quorum="both"))
    for name, chosen, code in (
        ("three", (0, 2, 4), Exit.PROVEN),
        ("only X", (0, 1, 2), Exit.UNPROVEN),
        ("one of X", (1, 3, 4), Exit.UNPROVEN),
    ):
        writer.write(tmp_path / name, writer.bodies(1), writer.LOG, *(witnesses[number] for number in chosen))
        assert verify(tmp_path / name, "--policy", tmp_path / "policy").exit is code, name


def test_a_cosignature_with_another_time_or_without_one_is_refused(tmp_path: Path, witnessed: Path):
    leaves = writer.write(tmp_path / "export", writer.bodies(3))
    text = writer.checkpoint(leaves).decode().partition("\n\n")[0] + "\n"
    first, second = writer.WITNESSES
    genuine = first.line(text, at=1_795_000_000)
    signature = base64.b64decode(genuine.split(" ")[2])[12:]
    untimed, moved = (
        f"— {first.name} {writer.b64(first.id + raw)}\n"
        for raw in (first.key.sign(text.encode()), (1_795_000_001).to_bytes(8, "big") + signature)
    )
    endless = first.line(text, at=2**63)
    for line in (untimed, endless, moved):
        note = f"{text}\n{writer.LOG.line(text)}{line}{second.line(text)}"
        (tmp_path / "export" / "checkpoint").write_text(note)
        assert verify(tmp_path / "export", "--policy", witnessed).exit is Exit.REFUTED
    (tmp_path / "export" / "checkpoint").write_text(f"{text}\n{writer.LOG.line(text)}{genuine}{second.line(text)}")
    assert verify(tmp_path / "export", "--policy", witnessed).exit is Exit.PROVEN


def test_strangers_signatures_are_counted_and_not_looked_at(tmp_path: Path, trusted: Path):
    strangers = [writer.Signer(f"s{number}.example", 4) for number in range(20)]
    writer.write(tmp_path / "export", writer.bodies(1), *strangers, writer.LOG)
    findings = verify(tmp_path / "export", "--policy", trusted)
    assert findings.exit is Exit.PROVEN
    assert any(
        sentence.startswith("20 signatures of keys that the policy does not name") for sentence in findings.noted
    )


def rotated(seq: int, old: writer.Signer, new: writer.Signer, from_size: Any) -> bytes:
    facts = {"kv": 1, "old": old.vkey, "new": new.vkey, "from_size": from_size}
    return writer.canonical(writer.envelope(seq, kind="key.rotated", actor="system", src="", src_seq=None, facts=facts))


@pytest.fixture
def check(tmp_path: Path) -> Verified:
    """Verifies a ledger of 20 entries whose entry 9 rotates from OLD to NEW from size 12 on."""

    def made(
        *signers: writer.Signer, policy: tuple[writer.Signer, ...] = (OLD,), size: int = 20,
        older: tuple[int, tuple[writer.Signer, ...]] | None = None, entry: bytes = rotated(9, OLD, NEW, 12),
    ) -> Findings:  # fmt: skip
        entries = writer.bodies(size)
        if size > 9:
            entries[9] = entry
        folder = tmp_path / f"export-{len(list(tmp_path.iterdir()))}"
        leaves = writer.write(folder, entries, *signers)
        (tmp_path / "policy").write_text("".join(f"log {key.vkey}\n" for key in policy) + "quorum none\n")
        given: list[str | Path] = []
        if older:
            (tmp_path / "older").write_bytes(writer.checkpoint(leaves[: older[0]], *older[1]))
            given = ["--checkpoint", tmp_path / "older"]
        return verify(folder, "--policy", tmp_path / "policy", *given)

    return made


def test_while_both_keys_sign_the_old_policy_is_enough(check: Verified):
    findings = check(OLD, NEW)
    assert findings.exit is Exit.PROVEN, said(findings)
    assert any(
        f"was replaced by {NEW.name}+{NEW.id.hex()} from size 12 on (entry 9)" in said for said in findings.proven
    )


def test_after_the_overlap_a_kept_checkpoint_of_both_leads_from_the_old_policy_to_the_new_key(check: Verified):
    assert check(NEW, older=(12, (OLD, NEW))).exit is Exit.PROVEN
    # The old key's word alone will do too: its checkpoint holds the entry that names the new key.
    assert check(NEW, older=(10, (OLD,))).exit is Exit.PROVEN


def test_after_the_overlap_the_old_policy_alone_proves_nothing(check: Verified):
    for older in (None, (9, (OLD,)), (12, (NEW,))):
        findings = check(NEW, older=older)
        assert findings.exit is Exit.UNPROVEN
        assert "nothing of the old key confirms it" in said(findings)


def test_a_policy_that_names_the_new_key_is_enough(check: Verified):
    assert check(NEW, policy=(NEW,)).exit is Exit.PROVEN
    assert check(NEW, policy=(OLD, NEW)).exit is Exit.PROVEN


def test_the_retired_key_may_not_sign_alone(check: Verified):
    for policy in ((OLD,), (OLD, NEW)):
        assert check(OLD, policy=policy).exit is Exit.REFUTED
    assert check(OLD, size=11).exit is Exit.PROVEN
    assert check(OLD, size=12).exit is Exit.REFUTED


def test_the_new_key_may_not_sign_before_its_time(check: Verified):
    assert check(NEW, policy=(OLD, NEW), size=11).exit is Exit.REFUTED
    assert check(NEW, policy=(OLD, NEW), size=12).exit is Exit.PROVEN


def test_a_rotation_that_a_forger_wrote_makes_no_key_trusted(check: Verified):
    thief = writer.Signer(writer.ORIGIN, seed="thief")
    assert check(thief, entry=rotated(9, OLD, thief, 12)).exit is Exit.UNPROVEN
    assert check(thief, entry=rotated(9, THIRD, thief, 12)).exit is Exit.UNPROVEN
    assert check(thief, entry=rotated(9, OLD, NEW, 12)).exit is Exit.REFUTED


@pytest.mark.parametrize("size", [9, 0, -1, "12", None, True, 12.0])
def test_a_rotation_into_the_past_or_in_another_form_is_refused(size: Any, check: Verified):
    assert check(OLD, NEW, policy=(OLD, NEW), entry=rotated(9, OLD, NEW, size)).exit is Exit.REFUTED


def test_a_rotation_to_itself_to_a_witness_or_to_another_name_is_refused(check: Verified):
    others = (OLD, writer.Signer("other.example/log"), writer.Signer(writer.ORIGIN, 4))
    for other in others:
        findings = check(OLD, entry=rotated(9, OLD, other, 12))
        assert findings.exit is Exit.REFUTED
        assert "entry 9 rotates a key" in said(findings)


def test_one_key_is_rotated_once(tmp_path: Path):
    entries = writer.bodies(20)
    entries[5], entries[9] = rotated(5, OLD, NEW, 7), rotated(9, OLD, THIRD, 12)
    writer.write(tmp_path / "export", entries, OLD, NEW, THIRD)
    findings = verify(tmp_path / "export", "--vkey", OLD.vkey)
    assert "a second time" in said(findings)


def test_a_chain_of_rotations_is_followed(tmp_path: Path):
    entries = writer.bodies(20)
    entries[5], entries[9] = rotated(5, OLD, NEW, 7), rotated(9, NEW, THIRD, 12)
    leaves = writer.write(tmp_path / "export", entries, THIRD)
    (tmp_path / "first").write_bytes(writer.checkpoint(leaves[:8], OLD, NEW))
    (tmp_path / "second").write_bytes(writer.checkpoint(leaves[:13], NEW, THIRD))
    given: list[str | Path] = ["--checkpoint", tmp_path / "first", "--checkpoint", tmp_path / "second"]
    assert verify(tmp_path / "export", "--vkey", OLD.vkey, *given).exit is Exit.PROVEN
    assert verify(tmp_path / "export", "--vkey", OLD.vkey, *given[:2]).exit is Exit.UNPROVEN
    assert verify(tmp_path / "export", "--vkey", OLD.vkey, *given[2:]).exit is Exit.UNPROVEN
