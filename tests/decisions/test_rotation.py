"""Keys that take each other's place and names that are retired: the signer does it, the ledger says so, checkers follow."""

import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from decisions import ledger, notes, proofs, published, rebuild, signers, signing
from decisions.checkpoints import DisagreementError, publish
from decisions.models import Agent, Alarm
from decisions.models.ledger import EntryRow, Head, StoredCheckpoint
from decisions.verify import verify_ledger
from decisions.vocab import Kind
from tests.factories import event, send
from tests.tampering import rewrite

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
NEXT = "oversight.local/ledger2"


def add(agent: Agent, count: int = 1) -> None:
    send(agent, *[event() for _ in range(count)])


def rotations() -> list[dict[str, Any]]:
    entries = [entry for page in ledger.pages_of([Kind.KEY_ROTATED], 0, ledger.size()) for entry in page]
    return [dict(entry.facts) for entry in entries]


def signed_with(note: str) -> list[str]:
    """The keys of this ledger that signed `note`, each of which must be right."""
    keys = [signing.read_verifier(key.vkey) for key in signers.own().state().ring.keys]
    checkpoint, found = signing.verified(note, *(key.key for key in keys))
    raw = [public.public_bytes_raw() for public in found]
    assert len(raw) == len(signing.read_note(note)[1])
    return [str(key) for key in keys if key.public in raw and key.name == checkpoint.origin]


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_rotation_is_recorded_once_and_both_keys_sign_until_it_is_over(agent: Agent, monkeypatch: Any) -> None:
    publish()
    said = run("rotate_ledger_key", "--overlap-days", "7")
    old, new = signers.own().state().keys
    assert new.vkey in said
    for _ in range(2):
        assert signed_with(publish()) == [old.vkey, new.vkey]
    [begun] = rotations()
    seq = EntryRow.objects.get(kind="key.rotated").seq
    assert (begun["old"], begun["new"], begun["from_size"], begun["origin"]) == (old.vkey, new.vkey, seq + 1, None)
    add(agent)
    size = signing.read_note(publish())[0].size
    with pytest.raises(CommandError, match="not over"):
        run("rotate_ledger_key")
    later = time.time() + 7 * 86400 + 1
    monkeypatch.setattr(time, "time", lambda: later)
    add(agent)
    assert signed_with(publish()) == [new.vkey]
    publish()
    assert len(rotations()) == 1
    assert [(key.first, key.last) for key in notes.ring().keys] == [(0, size), (new.first, None)]
    assert verify_ledger().clean
    assert not rebuild.rebuild(check=True).differences


def test_a_rotation_without_overlap(agent: Agent) -> None:
    publish()
    run("rotate_ledger_key", "--overlap-days", "0")
    _, new = signers.own().state().keys
    assert signed_with(publish()) == [new.vkey]
    assert verify_ledger().clean


def test_the_policy_lists_keys_with_the_sizes_they_sign(agent: Agent) -> None:
    publish()
    assert published.policy() == f"log {signers.own().state().keys[0].vkey}\nquorum none\n"
    signers.own().rotate(0)
    publish()
    old, new = signers.own().state().keys
    assert published.policy() == (
        f"# sizes 0 to {old.last}\nlog {old.vkey}\n# sizes {new.first} to now\nlog {new.vkey}\nquorum none\n"
    )


def test_a_signature_of_a_key_outside_its_sizes_is_no_proof(agent: Agent) -> None:
    """Whoever steals a key that was replaced cannot sign what came later."""
    publish()
    stolen = signing.load_key(signers.own().path / "ledger")
    signers.own().rotate(0)
    publish()
    add(agent, 3)
    forged = signing.sign(
        signing.Checkpoint("oversight.local/ledger1", ledger.size(), bytes(Head.objects.get().root)), stolen
    )
    (notes.folder() / f"{ledger.size()}.txt").write_text(forged)
    [fault] = verify_ledger().faults
    assert "did not sign trees of that size" in fault.what


def test_where_nothing_was_signed_nothing_is_rotated() -> None:
    with pytest.raises(CommandError, match="where the signer runs"):
        run("rotate_ledger_key")
    with pytest.raises(CommandError, match="where the signer runs"):
        run("retire_ledger", NEXT)


# -- retirement


def restored(agent: Agent) -> tuple[int, int]:
    """A ledger of which more was signed than is left: (what is left, what was signed)."""
    add(agent, 3)
    publish()
    left = ledger.size()
    backup = transaction.savepoint()
    add(agent, 5)
    publish()
    signed = ledger.size()
    transaction.savepoint_rollback(backup)
    with pytest.raises(DisagreementError, match="are left"):
        publish()
    return left, signed


def test_a_restored_ledger_goes_on_under_another_name(agent: Agent) -> None:
    left, signed = restored(agent)
    with pytest.raises(Exception, match="ledger-disagreement"):
        add(agent)
    assert NEXT in run("retire_ledger", NEXT)
    note = publish()
    origin, size = signing.read_note(note)[0].origin, signing.read_note(note)[0].size
    assert (origin, size) == (NEXT, ledger.size() - 1), "signed, and then it was recorded that writing goes on"
    [retired] = rotations()
    assert (retired["origin"], retired["kept_size"], retired["signed"]["size"]) == (NEXT, left, signed)
    kept = (notes.root() / f"{signed}.txt").read_text()
    assert retired["signed"]["root"] == signing.read_note(kept)[0].root.hex(), "it commits to what was signed last"
    names = [bytes(row.body) for row in EntryRow.objects.order_by("seq")]
    first = EntryRow.objects.get(kind="key.rotated").seq
    assert all(b'"log":"oversight.local/ledger1"' in body for body in names[:first])
    assert all(b'"log":"oversight.local/ledger2"' in body for body in names[first:])
    assert Alarm.objects.get().state == "cleared"
    add(agent)
    assert signing.read_note(publish())[0].origin == NEXT
    verdict = verify_ledger()
    assert verdict.clean, verdict.faults
    assert verdict.lost == 1, "the note of what is not here any more"
    assert not rebuild.rebuild(check=True).differences
    policy = published.policy()
    assert policy is not None
    assert [line for line in policy.splitlines() if not line.startswith("#")] == [
        f"log {signers.own().state().keys[0].vkey}",
        "quorum none",
    ]
    assert f"# retired: oversight.local/ledger1, last signed at size {signed}" in policy
    assert proofs.receipt(1).startswith("c2sp.org/tlog-proof@v1")


def test_a_compromised_ledger_goes_on_whole(agent: Agent) -> None:
    """The key was stolen; nothing was lost."""
    add(agent, 3)
    publish()
    size = ledger.size()
    run("retire_ledger", NEXT)
    publish()
    [retired] = rotations()
    assert (retired["kept_size"], retired["signed"]["size"]) == (size, size)
    assert verify_ledger().clean
    assert not Alarm.objects.exists()
    assert not Head.objects.get().halted


def test_a_ledger_can_be_retired_twice(agent: Agent) -> None:
    publish()
    for name in (NEXT, "oversight.local/ledger3"):
        run("retire_ledger", name)
        add(agent)
        publish()
        assert Head.objects.get().origin == name
    assert verify_ledger().clean
    assert sorted(path.name for path in notes.root().glob("*%2F*")) == [
        "oversight.local%2Fledger2",
        "oversight.local%2Fledger3",
    ]


def test_an_entry_that_only_says_it_was_retired_is_found(agent: Agent) -> None:
    add(agent, 3)
    publish()
    rewrite(2, lambda envelope: envelope.update(log=NEXT), tree=True)
    assert any("of another ledger" in fault.what for fault in verify_ledger().faults)


def test_it_is_told_to_whoever_asks(agent: Agent) -> None:
    publish()
    assert Client().get("/readyz").json()["status"] == "ready"
    rewrite(2, lambda envelope: envelope.update(actor="person:another"), tree=True)
    with pytest.raises(DisagreementError):
        publish()
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "read-only")
    assert b"oversight_ledger_read_only 1.0" in Client().get("/metrics").content
    assert StoredCheckpoint.objects.count() == 1
