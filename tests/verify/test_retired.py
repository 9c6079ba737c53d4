"""Ledgers whose name was retired: what the entry says that does it, and checkpoints that were signed under the old name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from oversight_verify.findings import Exit, Findings
from tests.verify import writer
from tests.verify.running import said, verify

NEXT = "oversight.example/ledger2"
OLD, NEW = writer.LOG, writer.Signer(NEXT)
SIGNED, SEQ, SIZE = 300, 320, 600
ROOT = writer.mth([writer.leaf_hash(body) for body in writer.bodies(SIGNED)])
HONEST: dict[str, Any] = {
    "kv": 1, "old": OLD.vkey, "new": NEW.vkey, "from_size": SEQ + 1, "origin": NEXT,
    "signed": {"size": SIGNED, "root": ROOT.hex()}, "kept_size": SIGNED,
}  # fmt: skip
LOST = HONEST | {"signed": {"size": SIGNED + 5, "root": "ab" * 32}}
"""Of the 305 entries that were signed, five are gone; others were recorded under the old name after them."""


def entries(facts: dict[str, Any] = HONEST, seq: int = SEQ, size: int = SIZE) -> list[bytes]:
    """A ledger whose entry `seq` retires its name; what came before is signed up to entry 300."""
    made = writer.bodies(seq)
    told: dict[str, Any] = {"kind": "key.rotated", "actor": "system", "src": "", "src_seq": None, "facts": facts}
    made.append(writer.canonical(writer.envelope(seq, log=NEXT, **told)))
    return made + [writer.canonical(writer.envelope(at, log=NEXT)) for at in range(seq + 1, size)]


@dataclass
class Check:
    """Verifies such a ledger with checkpoints that the auditor kept, and a policy of some keys."""

    folder: Path
    kept: list[str | Path] = field(default_factory=list)

    def keep(self, size: int, root: bytes, signer: writer.Signer = OLD) -> None:
        path = self.folder / f"kept-{len(self.kept)}"
        path.write_bytes(writer.note(signer.name, size, root, signer))
        self.kept += ["--checkpoint", path]

    def __call__(
        self, facts: dict[str, Any] = HONEST, *, policy: tuple[writer.Signer, ...] = (OLD, NEW), seq: int = SEQ,
        signer: writer.Signer = NEW,
    ) -> Findings:  # fmt: skip
        export = self.folder / f"export-{len(list(self.folder.iterdir()))}"
        writer.write(export, entries(facts, seq), signer, origin=NEXT)
        trusted = self.folder / "policy"
        trusted.write_text("".join(f"log {key.vkey}\n" for key in policy) + "quorum none\n")
        return verify(export, "--policy", trusted, *self.kept)


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return Check(tmp_path)


def root_at(size: int) -> bytes:
    return writer.mth([writer.leaf_hash(body) for body in entries()[:size]])


def test_a_retired_name_of_which_all_is_kept_is_proven(check: Check):
    findings = check()
    assert findings.exit is Exit.PROVEN, said(findings)
    assert any(sentence.startswith(f"Entry {SEQ} retires the name {writer.ORIGIN}") for sentence in findings.proven)
    assert findings.facts["retired"] == [
        {"seq": SEQ, "name": writer.ORIGIN, "size": SIGNED, "root": ROOT.hex(), "kept": SIGNED}
    ]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, SIGNED])
def test_a_checkpoint_of_the_old_name_is_compared_with_the_tree(size: int, check: Check):
    check.keep(size, root_at(size))
    findings = check()
    assert findings.exit is Exit.PROVEN, said(findings)
    assert any(f"signed by {OLD.name}+{OLD.id.hex()}) is of this ledger" in sentence for sentence in findings.proven)
    for facts in (HONEST, LOST):
        other = Check(check.folder)
        other.keep(size, bytes(32))
        assert other(facts).exit is Exit.REFUTED


def test_so_is_the_checkpoint_in_a_receipt(check: Check):
    leaves = [writer.leaf_hash(body) for body in entries()]
    for number, some in enumerate((leaves[:257], [writer.leaf_hash(b"another"), *leaves[1:257]])):
        path = check.folder / f"{number}.tlog-proof"
        path.write_bytes(writer.receipt(7, some))
        check.kept = ["--checkpoint", path]
        assert check().exit is (Exit.REFUTED if number else Exit.PROVEN)


def test_two_checkpoints_of_both_names_are_shown_by_the_export(check: Check):
    check.keep(256, root_at(256))
    check.keep(SIZE, root_at(SIZE), NEW)
    assert check().exit is Exit.PROVEN
    export = next(path for path in check.folder.iterdir() if path.is_dir())
    given = [check.kept[1], check.kept[3], "--export", export, "--policy", check.folder / "policy"]
    assert verify(*given).exit is Exit.PROVEN


def test_what_was_signed_and_is_gone_is_said_and_not_proven(check: Check):
    findings = check(LOST)
    assert findings.exit is Exit.PROVEN
    assert any("305 entries were signed and 300 are kept" in sentence for sentence in findings.open)
    assert check(LOST | {"signed": {"size": 10_000, "root": "ab" * 32}}).exit is Exit.PROVEN, (
        "more than is exported now"
    )
    check.keep(SIGNED + 3, b"x" * 32)
    findings = check(LOST)
    assert findings.exit is Exit.UNPROVEN
    assert "the first 300 entries are kept, says entry 320, and the rest is gone" in said(findings)


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in HONEST.items() if name != key}


LITTLE = {
    "not what was signed": HONEST | {"signed": None},
    "not what is kept": HONEST | {"kept_size": None},
    "no word of either": without("signed"),
    "no word of what is kept": without("kept_size"),
    "less than the tree shows": HONEST | {"kept_size": SIGNED - 1},
    "nothing kept": HONEST | {"kept_size": 0},
}


@pytest.mark.parametrize("name", LITTLE)
def test_a_retirement_that_says_too_little_is_refuted(name: str, check: Check):
    findings = check(LITTLE[name])
    assert findings.exit is Exit.REFUTED
    assert f"entry {SEQ}" in said(findings)
    assert "says too little" in said(findings)


def test_a_checkpoint_beyond_the_last_that_it_names_shows_that_it_says_too_little(check: Check):
    check.keep(SIGNED + 1, root_at(SIGNED + 1))
    findings = check()
    assert findings.exit is Exit.REFUTED
    assert "says too little: that 300 entries were signed last" in said(findings)


def test_a_checkpoint_of_what_is_kept_though_it_says_gone_shows_that_it_says_too_little(check: Check):
    check.keep(SIGNED, root_at(SIGNED))
    assert check(LOST).exit is Exit.PROVEN
    findings = check(LOST | {"kept_size": SIGNED - 10})
    assert findings.exit is Exit.UNPROVEN, "the operator may have had no other checkpoint left"
    assert "it says too little, that 290 entries are kept" in said(findings)


WRONG: dict[str, dict[str, Any]] = {
    "another root": HONEST | {"signed": {"size": SIGNED, "root": "ab" * 32}},
    "another size": HONEST | {"signed": {"size": SIGNED + 1, "root": ROOT.hex()}, "kept_size": SIGNED + 1},
    "a smaller size": HONEST | {"signed": {"size": SIGNED - 1, "root": ROOT.hex()}, "kept_size": SIGNED - 1},
    "more kept than signed": HONEST | {"kept_size": SIGNED + 1},
    "more kept than there was": LOST | {"signed": {"size": SEQ + 9, "root": "ab" * 32}, "kept_size": SEQ + 1},
    "less than nothing kept": LOST | {"kept_size": -1},
    "a size below nothing": HONEST | {"signed": {"size": -1, "root": ROOT.hex()}, "kept_size": -1},
    "kept as text": HONEST | {"kept_size": "300"},
    "kept as a word": HONEST | {"kept_size": True},
    "a size as text": HONEST | {"signed": {"size": "300", "root": ROOT.hex()}},
    "a size as a word": HONEST | {"signed": {"size": True, "root": ROOT.hex()}, "kept_size": 1},
    "a short root": HONEST | {"signed": {"size": SIGNED, "root": ROOT.hex()[:-1]}},
    "a root in capitals": HONEST | {"signed": {"size": SIGNED, "root": "AB" * 32}},
    "a root as a number": HONEST | {"signed": {"size": SIGNED, "root": 7}},
    "no root": HONEST | {"signed": {"size": SIGNED}},
    "more beside the root": HONEST | {"signed": {"size": SIGNED, "root": ROOT.hex(), "note": 1}},
    "signed as a list": HONEST | {"signed": [SIGNED, ROOT.hex()]},
    "another first size": HONEST | {"from_size": SEQ + 2},
    "an earlier first size": HONEST | {"from_size": SEQ},
    "no first size": without("from_size"),
    "no old key": without("old"),
    "an old key of another ledger": HONEST | {"old": writer.Signer("other.example/log").vkey},
    "the new key as the old": HONEST | {"old": NEW.vkey},
    "an old key that is none": HONEST | {"old": "key"},
    "an old key as a number": HONEST | {"old": 1},
    "no new key": without("new"),
    "an empty new key": HONEST | {"new": ""},
    "the old key as the new": HONEST | {"new": OLD.vkey},
    "a new key that did not sign": HONEST | {"new": writer.Signer(NEXT, seed="thief").vkey},
    "a witness for the new key": HONEST | {"new": writer.Signer(NEXT, 4).vkey},
    "no new name": HONEST | {"origin": None},
    "another new name": HONEST | {"origin": "other.example/log"},
    "the old name as the new": HONEST | {"origin": writer.ORIGIN},
    "a name as a number": HONEST | {"origin": 7},
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_retirement_that_says_anything_else_is_refuted(name: str, check: Check):
    findings = check(WRONG[name])
    assert findings.exit is Exit.REFUTED, findings.proven
    assert "Traceback" not in said(findings)


def test_another_key_of_the_old_name_is_noted(check: Check):
    odd = HONEST | {"old": writer.Signer(writer.ORIGIN, seed="thief").vkey}
    words = "a key of oversight.example/ledger1 that neither the policy nor another entry names"
    for facts, noted in ((odd, True), (HONEST | {"old": ""}, True), (HONEST, False)):
        assert any(words in sentence for sentence in check(facts).noted) is noted
    # Who knows no key of the old name has nothing to compare it with.
    assert not any(words in sentence for sentence in check(odd, policy=(NEW,)).noted)


def test_a_policy_of_the_old_name_vouches_for_nobody_under_the_new(check: Check):
    findings = check(policy=(OLD,))
    assert findings.exit is Exit.UNPROVEN
    assert "Get the policy from the operator again" in said(findings)
    assert check(policy=(writer.Signer("other.example/log"),)).exit is Exit.REFUTED


def test_a_checkpoint_of_the_new_name_before_it_began_is_refuted(check: Check):
    check.keep(SEQ, root_at(SEQ), NEW)
    assert "a name that the ledger has had from entry 320 on" in said(check())
    other = Check(check.folder)
    other.keep(SEQ + 1, root_at(SEQ + 1), NEW)
    assert other().exit is Exit.PROVEN


def test_an_empty_checkpoint_of_the_new_name_is_of_this_ledger(check: Check):
    check.keep(0, writer.mth([]), NEW)
    assert check().exit is Exit.PROVEN


def test_a_fork_of_what_was_signed_last_is_refuted_though_it_is_gone(check: Check):
    check.keep(SIGNED + 5, b"x" * 32)
    assert "one of them is a fork" in said(check(LOST))


def test_a_checkpoint_of_more_than_is_exported_may_be_gone(check: Check):
    check.keep(SIZE + 1, b"x" * 32)
    findings = check(LOST | {"signed": {"size": 10_000, "root": "ab" * 32}})
    assert findings.exit is Exit.UNPROVEN
    assert "the rest is gone" in said(findings)


def test_a_checkpoint_of_a_name_that_the_ledger_never_had_is_refuted(check: Check):
    check.keep(256, root_at(256), writer.Signer("other.example/log"))
    assert "is of another ledger" in said(check())


@pytest.mark.parametrize("facts", [HONEST, HONEST | {"origin": writer.ORIGIN}], ids=["its own", "the other"])
def test_a_name_is_given_by_the_first_entry_under_it(facts: dict[str, Any], tmp_path: Path):
    made = entries()
    told: dict[str, Any] = {"kind": "key.rotated", "actor": "system", "src": "", "src_seq": None, "facts": facts}
    made[500] = writer.canonical(writer.envelope(500, log=NEXT, **told))
    writer.write(tmp_path / "export", made, NEW, origin=NEXT)
    assert "entry 500 gives the ledger a name" in said(verify(tmp_path / "export", "--vkey", NEW.vkey))


def test_a_name_that_was_retired_does_not_come_back(tmp_path: Path):
    made = entries()[:500]
    signed = {"size": 400, "root": writer.mth([writer.leaf_hash(body) for body in made[:400]]).hex()}
    facts = {**HONEST, "old": NEW.vkey, "new": OLD.vkey, "origin": OLD.name, "from_size": 501, "signed": signed}
    told: dict[str, Any] = {"kind": "key.rotated", "actor": "system", "facts": facts | {"kept_size": 400}}
    writer.write(tmp_path / "export", [*made, writer.canonical(writer.envelope(500, **told))])
    assert "a name that was retired before" in said(verify(tmp_path / "export", "--vkey", OLD.vkey))


def test_what_is_gone_vouches_for_no_key_in_what_is_left(check: Check):
    """A key that replaced the old name's, in an entry that came after what was lost, is no key of a checkpoint of the lost ones."""
    third = writer.Signer(writer.ORIGIN, seed="third")
    facts = {"kv": 1, "old": OLD.vkey, "new": third.vkey, "from_size": 302, "origin": None, "signed": None}
    made = entries(LOST)
    made[301] = writer.canonical(writer.envelope(301, kind="key.rotated", actor="system", facts=facts))
    writer.write(check.folder / "export", made, NEW, origin=NEXT)
    (check.folder / "policy").write_text(f"log {OLD.vkey}\nlog {NEW.vkey}\nquorum none\n")
    check.keep(303, bytes(32))
    findings = verify(check.folder / "export", "--policy", check.folder / "policy", *check.kept)
    assert findings.exit is Exit.UNPROVEN
    assert not any("was replaced by" in sentence for sentence in findings.proven)


def test_an_empty_ledger_can_be_renamed(check: Check):
    empty = {"signed": {"size": 0, "root": writer.mth([]).hex()}, "kept_size": 0, "from_size": 1}
    for old in ("", OLD.vkey):
        assert check(HONEST | empty | {"old": old}, seq=0).exit is Exit.PROVEN
    wrong: list[dict[str, Any]] = [
        {"signed": {"size": 0, "root": "ab" * 32}},
        {"old": NEW.vkey},
        {"origin": writer.ORIGIN},
    ]
    for over in wrong:
        assert check(HONEST | empty | over, seq=0).exit is Exit.REFUTED, over


def test_a_key_of_the_new_name_is_replaced_as_any_other(tmp_path: Path):
    third = writer.Signer(NEXT, seed="third")
    facts = {"kv": 1, "old": NEW.vkey, "new": third.vkey, "from_size": 502, "origin": None, "signed": None}
    made = entries()
    made[500] = writer.canonical(writer.envelope(500, log=NEXT, kind="key.rotated", actor="system", facts=facts))
    writer.write(tmp_path / "export", made, third, origin=NEXT)
    assert verify(tmp_path / "export", "--vkey", third.vkey).exit is Exit.PROVEN


def test_two_names_that_were_retired(tmp_path: Path):
    """Each checkpoint is judged by the entry that ended its own name."""
    last = writer.Signer("oversight.example/ledger3")
    made = entries()[:500]
    leaves = [writer.leaf_hash(body) for body in made]
    signed = {"size": 400, "root": writer.mth(leaves[:400]).hex()}
    facts = HONEST | {"old": NEW.vkey, "new": last.vkey, "origin": last.name, "from_size": 501, "signed": signed}
    facts |= {"kept_size": 400}
    told: dict[str, Any] = {"kind": "key.rotated", "actor": "system", "src": "", "src_seq": None, "facts": facts}
    made += [writer.canonical(writer.envelope(500, log=last.name, **told))]
    writer.write(tmp_path / "export", made, last, origin=last.name)
    (tmp_path / "policy").write_text("".join(f"log {key.vkey}\n" for key in (OLD, NEW, last)) + "quorum none\n")

    def kept(signer: writer.Signer, size: int) -> Exit:
        (tmp_path / "kept").write_bytes(writer.note(signer.name, size, writer.mth(leaves[:size]), signer))
        given: list[str | Path] = ["--policy", tmp_path / "policy", "--checkpoint", tmp_path / "kept"]
        return verify(tmp_path / "export", *given).exit

    assert [kept(OLD, 300), kept(NEW, 400)] == [Exit.PROVEN] * 2
    assert [kept(OLD, 301), kept(NEW, 401), kept(NEW, 320)] == [Exit.REFUTED] * 3
