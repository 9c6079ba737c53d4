"""Whoever owns the database turns its guards off, rewrites history with everything that follows from it, and lets us append on.

The database is then without fault in itself. Signer, witness, the holder of an old checkpoint and the holder of an old
receipt each find it by themselves.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from decisions import cosigned, notes, proofs, published, signers, signing
from decisions.checkpoints import DisagreementError, publish
from decisions.envelope import Draft
from decisions.merkle import verify_consistency
from decisions.models import Alarm
from decisions.models.ledger import EntryRow, Head
from decisions.recording import record
from decisions.signer import RefusedError
from decisions.signing import Checkpoint
from decisions.submission import Submission
from decisions.tiles import Tile
from decisions.verify import verify_ledger
from decisions.vocab import Kind
from decisions.witnesses import gather
from tests import auditor
from tests.tampering import as_owner, rewrite, set_head, set_tiles
from tests.witness import Served, Witness

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
REWRITTEN = 77


@dataclass
class Held:
    """What others hold from before the attack, and the witness's address."""

    checkpoint: str
    receipt: str
    policy: str
    entry: bytes
    witness: Served


def append(count: int) -> None:
    drafts = [
        Draft(Kind.ATTEMPT_REFUSED, "system", {"kv": 1, "problem": "forbidden", "subject": ""}) for _ in range(count)
    ]
    record(lambda _: drafts, principal="system")


@pytest.fixture
def held(data_dir: Path, settings: Any) -> Iterator[Held]:
    """A ledger of several tiles, signed, cosigned, and known to others."""
    append(600)
    publish()
    with Served(Witness("witness.example/w1", [notes.ring().keys[0].vkey])) as witness:
        settings.WITNESSES = data_dir / "witnesses"
        settings.WITNESSES.write_text(f"{witness.line}\nquorum w1\n")
        gather()
        stored, policy = cosigned.last_checkpoint(), f"log {notes.ring().keys[0].vkey}\nquorum none\n"
        assert stored is not None
        entry = bytes(EntryRow.objects.get(seq=REWRITTEN).body)
        yield Held(stored.note, proofs.receipt(REWRITTEN), policy, entry, witness)


def attack() -> None:
    rewrite(REWRITTEN, lambda envelope: envelope["facts"].update(problem="nothing-happened"), tree=True)
    append(300)


def forget_what_is_kept_here() -> None:
    """The attacker reaches the notes too, inside and outside the database."""
    as_owner("DELETE FROM checkpoint")
    as_owner("DELETE FROM cosignature")
    for path in notes.folder().glob("[!k]*"):
        path.unlink()


def test_the_application_notices_nothing_and_the_database_is_whole(held: Held) -> None:
    attack()
    forget_what_is_kept_here()
    verdict = verify_ledger()
    assert (verdict.clean, verdict.size) == (True, 900), verdict.faults


def test_the_signer_finds_it(held: Held) -> None:
    attack()
    forget_what_is_kept_here()
    with pytest.raises(DisagreementError, match="the first 600 entries are not those that were signed"):
        publish()
    assert Alarm.objects.get().kind == "ledger_disagreement"
    assert Head.objects.get().halted


def test_the_signer_finds_it_whatever_it_is_told(held: Held) -> None:
    """As from a process that does not compare for itself."""
    attack()
    tree = proofs.tree(900)
    for old in (600, 0):
        proof = tuple(tree.consistency(old)) if old else ()
        forged = Submission(old, proof, Checkpoint("oversight.local/ledger1", 900, tree.root()))
        with pytest.raises(RefusedError) as told:
            signers.own().add(forged.text())
        assert told.value.status == (422 if old else 409)
    assert signers.own().state().signed.size == 600


def stolen_key_signs(size: int) -> tuple[str, Checkpoint]:
    """A note of the forged tree by the genuine key: the attacker has that too."""
    forged = Checkpoint("oversight.local/ledger1", size, proofs.tree(size).root())
    return signing.sign(forged, signing.load_key(signers.own().path / "ledger")), forged


def asked(held: Held, old: int, size: int) -> int:
    note, forged = stolen_key_signs(size)
    proof = tuple(proofs.tree(size).consistency(old)) if 0 < old < size else ()
    return held.witness.witness.ask(Submission(old, proof, forged).text(note.partition("\n\n")[2]))[0]


def test_the_witness_finds_it_even_with_the_genuine_key(held: Held) -> None:
    assert asked(held, 600, 600) == 200
    attack()
    assert asked(held, 600, 900) == 422, "forged growth"
    assert asked(held, 600, 600) == 409, "a fork of the same size"
    assert asked(held, 600, 500) == 400, "truncation"
    assert asked(held, 0, 900) == 409, "as if it knew nothing"
    assert held.witness.witness.seen["oversight.local/ledger1"].size == 600


def test_the_witness_tells_people(held: Held) -> None:
    """Where the attacker has the signer's machine too: it starts anew, with the genuine key."""
    attack()
    as_owner("DELETE FROM checkpoint")
    note, forged = stolen_key_signs(900)
    cosigned.keep_checkpoint(forged.size, note, Head.objects.get().at)
    gather()
    assert Alarm.objects.get().kind == "witness_disagreement"
    stored = cosigned.last_checkpoint()
    assert stored is not None
    assert len(signing.read_note(stored.note)[1]) == 1, "no cosignature"


def test_the_holder_of_an_old_checkpoint_finds_it(held: Held, tmp_path: Path) -> None:
    attack()
    forget_what_is_kept_here()
    kept = tmp_path / "mine.note"
    kept.write_text(held.checkpoint)
    [fault] = verify_ledger(checkpoints=[notes.read(kept)]).faults
    assert "history was rewritten after it was signed" in fault.what
    size, root = auditor.check_note(held.checkpoint, held.policy)
    tree = proofs.tree(900)
    assert not verify_consistency(size, 900, root, tree.root(), tree.consistency(size))


def test_the_holder_of_an_old_receipt_finds_it(held: Held) -> None:
    attack()
    assert auditor.check_receipt(held.receipt, held.policy) == REWRITTEN
    now = published.entries(Tile(0, 0))[REWRITTEN]
    assert now != held.entry
    with pytest.raises(AssertionError):
        auditor.check_receipt(held.receipt, held.policy, now)
    carried = held.receipt.split("\n")[1].removeprefix("extra ")
    assert base64.b64decode(carried) == held.entry, "and has what was there"


def test_a_cut_tail_is_found_by_each(held: Held, tmp_path: Path) -> None:
    as_owner("DELETE FROM entry WHERE seq >= 500")
    set_head(500)
    set_tiles()
    forget_what_is_kept_here()
    append(300)
    with pytest.raises(DisagreementError):
        publish()
    assert asked(held, 600, 800) == 422
    kept = tmp_path / "mine.note"
    kept.write_text(held.checkpoint)
    assert not verify_ledger(checkpoints=[notes.read(kept)]).clean
