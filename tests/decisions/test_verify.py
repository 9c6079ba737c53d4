"""Verification finds what somebody changed who owns the database, names the first bad entry, and says what is wrong."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection

from approvals.actions import erase as action
from approvals.actions.erase import Why
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import checkpoints, ledger, notes, signers, signing
from decisions.keyring import Keyring
from decisions.merkle import leaf_hash
from decisions.models import Person
from decisions.models.ledger import Disclosure, Head, StoredCheckpoint
from decisions.signing import Checkpoint
from decisions.verify import Verdict, verify_ledger
from tests.factories import event, send
from tests.tampering import as_owner, rewrite, set_head

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir", "written")]
SIZE = 29


@pytest.fixture
def written(agent: Any, data_dir: Path) -> None:
    """A ledger of 29 entries with a checkpoint at 21, 25 and 29."""
    for _ in range(3):
        send(agent, *[event() for _ in range(4)])
        checkpoints.publish()
    assert ledger.size() == SIZE


def first(verdict: Verdict) -> tuple[int | None, int | None, str]:
    assert not verdict.clean
    assert verdict.first is not None
    return verdict.first.first, verdict.first.last, verdict.first.what


def test_a_ledger_that_nobody_touched_is_clean() -> None:
    seen: list[tuple[int, int]] = []
    verdict = verify_ledger(progress=lambda done, total: seen.append((done, total)))
    assert verdict.clean, verdict.faults
    assert (verdict.size, verdict.root, verdict.erased) == (SIZE, bytes(Head.objects.get().root).hex(), 0)
    assert verdict.checkpoints == 6, "three in files, three in the database"
    assert seen == [(SIZE, SIZE)]


def test_a_changed_row_is_named() -> None:
    as_owner("UPDATE entry SET body = %s WHERE seq = 23", [b'{"v":1}'])
    assert first(verify_ledger()) == (
        23,
        23,
        "its bytes do not have the hash that was stored with them: they were changed",
    )


def test_a_row_changed_together_with_its_hash_lies_between_two_checkpoints() -> None:
    rewrite(23, lambda envelope: envelope.update(actor="agent:another"), tree=False)
    low, high, what = first(verify_ledger())
    assert (low, high) == (21, 24)
    assert "rewritten" in what


def test_a_rewritten_history_does_not_agree_with_a_kept_checkpoint() -> None:
    rewrite(22, lambda envelope: envelope.update(actor="agent:another"), tree=True)
    as_owner("DELETE FROM checkpoint")
    for path in notes.folder().glob("[!k]*"):
        if path.name != "29.txt":
            path.unlink()
    low, high, what = first(verify_ledger())
    assert (low, high) == (0, 28)
    assert "29.txt was signed over other entries" in what


def test_a_rewritten_history_is_found_with_the_one_note_that_an_auditor_kept(tmp_path: Path) -> None:
    kept = tmp_path / "auditor.note"
    kept.write_text((notes.folder() / "25.txt").read_text())
    rewrite(22, lambda envelope: envelope.update(actor="agent:another"), tree=True)
    as_owner("DELETE FROM checkpoint")
    for path in notes.folder().glob("[!k]*"):
        path.unlink()
    assert verify_ledger().clean, "nothing here is left to say so"
    low, high, what = first(verify_ledger(checkpoints=[notes.read(kept)]))
    assert (low, high) == (0, 24)
    assert str(kept) in what


def test_a_removed_end_is_found_by_any_checkpoint() -> None:
    as_owner("DELETE FROM disclosure WHERE seq >= 24")
    as_owner("DELETE FROM entry WHERE seq >= 24")
    set_head(24)
    low, high, what = first(verify_ledger())
    assert (low, high) == (24, 24)
    assert what.endswith("was signed over 25 entries and only 24 are left: the end was removed")


def test_a_removed_end_without_its_head_is_found_without_a_checkpoint() -> None:
    as_owner("DELETE FROM entry WHERE seq >= 24")
    assert first(verify_ledger())[:2] == (24, 24)


def test_a_missing_entry_is_named() -> None:
    as_owner("DELETE FROM entry WHERE seq = 7")
    low, _, what = first(verify_ledger())
    assert low == 7
    assert "missing" in what


@pytest.mark.parametrize(
    ("column", "value"),
    [("kind", "verdict.given"), ("at", "2020-01-01 00:00:00+00:00"), ("id", "00000000-0000-4000-8000-000000000000")],
)
def test_a_column_that_does_not_say_what_the_bytes_say_is_found(column: str, value: str) -> None:
    if connection.vendor == "sqlite":
        value = value.replace("+00:00", "").replace("-", "" if column == "id" else "-")
    as_owner(f"UPDATE entry SET {column} = %s WHERE seq = 20", [value])
    assert first(verify_ledger()) == (20, 20, "its columns (id, kind, time) do not say what its bytes say")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda envelope: envelope.update(log="oversight.local/another"), "it is an entry of another ledger"),
        (lambda envelope: envelope.update(extra=1), "it is not an entry of a form"),
        (lambda envelope: envelope.update(v=2), "it is not an entry of a form"),
        (lambda envelope: envelope.update(kind="made.up"), "it is not an entry of a form"),
        (lambda envelope: envelope.update(kind=[]), "it is not an entry of a form"),
        (lambda envelope: envelope.update(_sd=[[]]), "it is not an entry of a form"),
        (lambda envelope: envelope.update(_sd=["x"]), "what is disclosed of it as"),
    ],
)
def test_an_entry_that_could_not_have_been_recorded_is_found(change: Any, what: str) -> None:
    rewrite(SIZE - 1, change, tree=True)
    assert first(verify_ledger())[2].startswith(what)


@pytest.mark.parametrize(
    "body", [b"[]", b"\xff", b'{"b":1,"a":1}', b'{"a":1,"a":1}', b'{"a": 1}', b'{"a":1.0}', b"[" * 70000]
)
def test_bytes_that_are_no_canonical_object_are_found(body: bytes) -> None:
    as_owner("UPDATE entry SET body = %s, leaf = %s WHERE seq = 20", [body, leaf_hash(body)])
    assert first(verify_ledger()) == (20, 20, "its bytes are not an entry in canonical form")


def test_an_entry_earlier_than_the_one_before_it_is_found() -> None:
    rewrite(SIZE - 1, lambda envelope: envelope.update(ts="2020-01-01T00:00:00.000000Z"), tree=True)
    at = "2020-01-01 00:00:00" + ("+00:00" if connection.vendor == "postgresql" else "")
    as_owner("UPDATE entry SET at = %s WHERE seq = %s", [at, SIZE - 1])
    assert first(verify_ledger())[2] == "its time is before that of the entry before it"


def erase(seq: int, admin: Person, *names: str) -> None:
    why = Why(ErasureBasis.SUBJECT_REQUEST, "Request 17 of 21 November", "They asked for it in writing.")
    erased = action.erase(ErasureOf.ENTRIES, [seq], names=names, why=why, actor=admin.id)
    assert erased.entries == 1


def test_what_was_erased_is_counted_and_no_fault(admin: Person) -> None:
    erase(20, admin, "account", "event")
    verdict = verify_ledger()
    assert (verdict.faults, verdict.erased) == ([], 2)


def test_what_is_missing_without_a_word_is_a_fault() -> None:
    assert Disclosure.objects.filter(seq=20, name="account").delete()[0] == 1
    gone = "what was disclosed of it is missing, and no entry says that it was erased"
    assert first(verify_ledger()) == (20, 20, gone)


def test_what_is_missing_beside_what_was_erased_is_a_fault(admin: Person) -> None:
    erase(20, admin, "account")
    assert Disclosure.objects.filter(seq=20, name="event").delete()[0] == 1
    assert first(verify_ledger())[:2] == (20, 20)


def test_what_is_said_to_be_erased_and_is_there_is_a_fault(admin: Person) -> None:
    kept = Disclosure.objects.get(seq=20, name="account")
    erase(20, admin, "account")
    kept.save(force_insert=True)
    what = "it says that something of entry 20 was erased, which is still there"
    assert first(verify_ledger()) == (SIZE, SIZE, what)


@pytest.mark.parametrize("change", ["text", "place", "key"])
def test_a_changed_disclosure_is_found(change: str) -> None:
    row = Disclosure.objects.get(seq=20, name="account")
    salt, name, _ = json.loads(ledger.texts_of([20])[20]["account"])
    if change == "text":
        text = json.dumps([salt, name, {"confidence": 1}])
        row.key, row.sealed = ledger.keyring().seal("20:account", text.encode())
    elif change == "place":
        other = Disclosure.objects.get(seq=21, name="account")
        row.key, row.sealed = other.key, other.sealed
    else:
        row.key, _ = Keyring([bytes(32)]).seal("20:account", b"")
    row.save()
    low, _, what = first(verify_ledger())
    assert (low, what) == (
        20,
        "what is disclosed of it as 'account' is not what was recorded: it was changed or put there later",
    )


def test_a_disclosure_under_another_name_or_of_no_entry_is_found() -> None:
    row = Disclosure.objects.get(seq=20, name="account")
    text = ledger.texts_of([20])[20]["account"]
    key, sealed = ledger.keyring().seal("20:opinion", text.encode())
    Disclosure.objects.filter(id=row.id).update(name="opinion", key=key, sealed=sealed)
    assert first(verify_ledger())[2] == "what is disclosed of it as 'opinion' was recorded under another name"
    row.save()
    Disclosure.objects.create(seq=SIZE, name="account", key=b"", sealed=b"")
    assert first(verify_ledger())[2] == "1 disclosures belong to no entry"


def test_an_entry_beyond_the_head_is_found() -> None:
    as_owner(
        "INSERT INTO entry (seq, id, kind, at, body, leaf) SELECT %s, %s, kind, at, body, leaf FROM entry WHERE seq = 0",
        [SIZE, "0" * 32],
    )
    assert first(verify_ledger())[2] == "1 entries lie beyond the head: they were not written by the spine"


@pytest.mark.parametrize("column", ["root", "frontier"])
def test_a_changed_head_is_found(column: str) -> None:
    value = bytes(32) if column == "root" else bytes(Head.objects.get().frontier)[32:] + bytes(32)
    as_owner(f"UPDATE head SET {column} = %s", [value])
    assert (
        first(verify_ledger())[2]
        == {
            "root": "the head's root is not that of the entries: one of them, or the head, was changed",
            "frontier": "the head's frontier is not that of the entries: the head was changed",
        }[column]
    )


def test_a_forged_note_is_found() -> None:
    forged = signing.sign(Checkpoint("oversight.local/ledger1", 21, bytes(32)), Ed25519PrivateKey.generate())
    as_owner("UPDATE checkpoint SET note = %s WHERE size = 21", [forged])
    low, _, what = first(verify_ledger())
    assert (low, what) == (
        None,
        "the checkpoint of size 21 in the database cannot be relied on: no signature of the expected key",
    )


def test_a_note_of_another_ledger_is_no_proof(data_dir: Path) -> None:
    key = signing.load_key(signers.own().path / "ledger")
    (notes.folder() / "5.txt").write_text(signing.sign(Checkpoint("another", 5, bytes(32)), key))
    assert first(verify_ledger())[2].endswith("it is of another ledger, another")


def test_an_auditor_may_bring_a_key_of_their_own() -> None:
    assert verify_ledger(public_key=signing.load_key(signers.own().path / "ledger").public_key()).clean
    verdict = verify_ledger(public_key=Ed25519PrivateKey.generate().public_key())
    assert len(verdict.faults) == 6


def test_where_nothing_was_ever_signed_no_note_can_be_relied_on(data_dir: Path) -> None:
    (notes.root() / "keys.json").unlink()
    assert "there is no key" in first(verify_ledger())[2]
    assert not (notes.root() / "keys.json").exists(), "checking makes no key"


# -- the command


def run(*words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_ledger", *words, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_ends_with_the_result(tmp_path: Path) -> None:
    note = notes.folder() / "25.txt"
    key = signing.vkey("oversight.local/ledger1", signing.load_key(signers.own().path / "ledger").public_key())
    code, text = run("--checkpoint", str(note), "--key", key)
    assert (code, text.splitlines()[-1]) == (0, "The ledger is clean.")
    rewrite(23, lambda envelope: envelope.update(actor="agent:another"), tree=True)
    code, text = run()
    assert code == 1
    assert "The ledger is NOT clean. Entries 21 to 24: " in text


def test_the_command_speaks_json() -> None:
    as_owner("DELETE FROM entry WHERE seq = 7")
    code, text = run("--json")
    answer = json.loads(text)
    assert (code, answer["clean"], answer["first"]["first"]) == (1, False, 7)


@pytest.mark.parametrize("words", [("--checkpoint", "/no/such/file"), ("--key", "rubbish")])
def test_the_command_refuses_what_it_cannot_read(words: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        run(*words)


def test_nothing_that_was_kept_is_changed_by_verifying() -> None:
    def kept() -> tuple[int, list[str], int]:
        return StoredCheckpoint.objects.count(), sorted(path.name for path in notes.folder().iterdir()), ledger.size()

    before = kept()
    verify_ledger()
    assert kept() == before
