"""The signer by itself: it signs what extends what it signed, and has forgotten nothing when the signature leaves."""

import base64
import fcntl
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import durable, signing, submission
from decisions.merkle import EMPTY_ROOT, consistency_proof, root_of
from decisions.signer import RefusedError, Signer
from decisions.signing import Checkpoint
from decisions.submission import BadSubmissionError, Submission

ORIGIN = "oversight.local/ledger1"
LEAVES = [bytes([number]) * 32 for number in range(40)]
FORGED = [*LEAVES[:3], bytes(32), *LEAVES[4:]]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "keys", ORIGIN)


def asked(old: int, new: int, leaves: list[bytes] = LEAVES, **over: Any) -> str:
    proof = consistency_proof(old, leaves[:new]) if 0 < old < new else []
    submitted = Submission(old, tuple(proof), Checkpoint(over.pop("origin", ORIGIN), new, root_of(leaves[:new])))
    return submitted.text()


def signed_by(signer: Signer, lines: str, size: int, leaves: list[bytes] = LEAVES) -> list[str]:
    """The verifier keys of the signatures in `lines`, all of which must verify."""
    note = f"{Checkpoint(signer.state().signed.origin, size, root_of(leaves[:size])).text()}\n{lines}"
    publics = [signing.read_verifier(key.vkey).key for key in signer.state().keys]
    _, found = signing.verified(note, *publics)
    assert len(found) == len(lines.splitlines()), "no signature of a stranger"
    return [signing.vkey(ORIGIN, public) for public in found]


def refused(signer: Signer, body: str) -> tuple[int, str]:
    before = (signer.path / "ledger.signed").read_bytes() if (signer.path / "ledger.signed").exists() else b""
    with pytest.raises(RefusedError) as told:
        signer.add(body)
    if before:
        assert (signer.path / "ledger.signed").read_bytes() == before, "a refusal changes nothing"
    return told.value.status, told.value.why


def test_it_signs_what_extends_what_it_signed(signer: Signer) -> None:
    last = 0
    for size in (1, 2, 3, 7, 8, 40):
        lines = signer.add(asked(last, size))
        assert len(signed_by(signer, lines, size)) == 1
        last = size
    assert signer.state().signed == Checkpoint(ORIGIN, 40, root_of(LEAVES))


def test_nothing_is_made_by_looking(signer: Signer) -> None:
    assert signer.state().signed == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert not signer.path.exists()


def test_the_same_again_has_the_same_signature(signer: Signer) -> None:
    first = signer.add(asked(0, 7))
    assert signer.add(asked(7, 7)) == first


def test_files_are_nobody_elses(signer: Signer) -> None:
    signer.add(asked(0, 7))
    assert {path.stat().st_mode & 0o777 for path in signer.path.iterdir()} == {0o600}


def test_a_rewritten_history_is_refused(signer: Signer) -> None:
    signer.add(asked(0, 7))
    assert refused(signer, asked(7, 20, FORGED))[0] == 422
    assert refused(signer, asked(7, 7, FORGED))[0] == 422
    assert refused(signer, asked(0, 20, FORGED)) == (409, "7\n")


def test_a_cut_tail_is_refused(signer: Signer) -> None:
    signer.add(asked(0, 7))
    assert refused(signer, asked(7, 7).replace("\n7\n", "\n5\n"))[0] == 400
    assert refused(signer, asked(5, 5)) == (409, "7\n")


def test_another_ledger_is_refused(signer: Signer) -> None:
    assert refused(signer, asked(0, 7, origin="oversight.local/ledger2"))[0] == 404


def test_a_proof_from_nothing_must_say_nothing(signer: Signer) -> None:
    body = asked(0, 7).replace("old 0\n", f"old 0\n{base64.b64encode(bytes(32)).decode()}\n")
    assert refused(signer, body)[0] == 422
    empty = Submission(0, (), Checkpoint(ORIGIN, 0, bytes(32))).text()
    assert refused(signer, empty)[0] == 422


@pytest.mark.parametrize(
    "body",
    [
        "",
        "old 0",
        "old 00\n\n",
        "OLD 0\n\na\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        asked(1, 7).replace("old 1", "old -1"),
        asked(1, 7).replace("old 1", "old 01"),
        asked(1, 7).replace("old 1", "old \N{ARABIC-INDIC DIGIT ONE}"),
        asked(1, 7).replace("old 1\n", "old 1\nAAAA\n"),
        asked(1, 7).replace("old 1\n", "old 1\n" + "A" * 43 + "=\n" * 64),
        asked(1, 7).replace("\n7\n", "\n+7\n"),
        asked(1, 7).replace(ORIGIN, ""),
    ],
)
def test_what_is_no_submission_is_refused(signer: Signer, body: str) -> None:
    assert refused(signer, body)[0] == 400
    with pytest.raises(BadSubmissionError):
        submission.read(body)


@given(old=st.integers(1, 40), new=st.integers(1, 40), turned=st.integers(0, 2000))
def test_a_submission_reads_back_and_no_turned_bit_extends(old: int, new: int, turned: int) -> None:
    old, new = sorted((old, new))
    body = asked(old, new)
    read = submission.read(body)
    assert read.text() == body
    assert read.extends(root_of(LEAVES[:old]))
    hashes = [*read.proof, read.checkpoint.root]
    at = turned % len(hashes)
    bad = bytearray(hashes[at])
    bad[turned % 32] ^= 1 << turned % 8
    hashes[at] = bytes(bad)
    changed = Submission(old, tuple(hashes[:-1]), Checkpoint(ORIGIN, new, hashes[-1]))
    assert not changed.extends(root_of(LEAVES[:old]))


# -- the state


def test_the_state_is_on_the_disk_before_the_signature_leaves(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    signer.add(asked(0, 7))
    done: list[str] = []
    sync, sign = os.fsync, signing.signature

    def synced(handle: int) -> None:
        done.append("fsync")
        sync(handle)

    def signs(checkpoint: Checkpoint, key: Any) -> str:
        done.append("sign")
        assert b'"size": 20' in (signer.path / "ledger.signed").read_bytes()
        return sign(checkpoint, key)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(signing, "signature", signs)
    signer.add(asked(7, 20))
    assert done == ["fsync", "sign"]


def test_where_the_state_cannot_be_written_nothing_is_signed(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    signer.add(asked(0, 7))

    def full(*_: Any) -> int:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            signer.add(asked(7, 20))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 512, b"[]", b'{"inode": "x"}'])
def test_a_state_that_cannot_be_read_signs_nothing(signer: Signer, content: bytes) -> None:
    signer.add(asked(0, 7))
    (signer.path / "ledger.signed").write_bytes(content)
    with pytest.raises(RefusedError, match="not known"):
        signer.add(asked(7, 20))


@pytest.mark.parametrize("how", [shutil.copy, shutil.copy2])
def test_a_copy_of_the_state_signs_nothing(signer: Signer, how: Any) -> None:
    signer.add(asked(0, 7))
    state = signer.path / "ledger.signed"
    how(state, state.with_suffix(".old"))
    signer.add(asked(7, 20))
    state.with_suffix(".old").rename(state)
    assert refused(signer, asked(7, 9, FORGED))[0] == 503


def test_a_whole_folder_that_was_put_back_signs_nothing(signer: Signer, tmp_path: Path) -> None:
    signer.add(asked(0, 7))
    shutil.copytree(signer.path, tmp_path / "backup")
    for file in (tmp_path / "backup").iterdir():
        # Of an hour ago: where a file system gives a number out again at once, the times alone tell.
        os.utime(file, (time.time() - 3600, time.time() - 3600))
    signer.add(asked(7, 20))
    shutil.rmtree(signer.path)
    shutil.copytree(tmp_path / "backup", signer.path)
    assert refused(signer, asked(7, 9))[0] == 503


@pytest.mark.parametrize("name", ["ledger", "ledger.signed"])
def test_what_is_gone_is_not_made_anew(signer: Signer, name: str) -> None:
    signer.add(asked(0, 7))
    (signer.path / name).unlink()
    with pytest.raises(RefusedError, match="gone"):
        signer.add(asked(7, 20))
    assert not (signer.path / name).exists()


def test_it_takes_over_what_an_earlier_version_signed(signer: Signer) -> None:
    """That one kept a frontier beside its key."""
    key = signing.load_key(signer.path / "ledger")
    peaks = [root_of(LEAVES[:4]), root_of(LEAVES[4:6]), LEAVES[6]]
    frontier = signer.path / "ledger.frontier"
    frontier.write_text('{"size": 7, "frontier": "' + b"".join(peaks).hex() + '"}')
    assert signer.state().signed == Checkpoint(ORIGIN, 7, root_of(LEAVES[:7]))
    assert refused(signer, asked(0, 7))[0] == 409
    assert signed_by(signer, signer.add(asked(7, 20)), 20) == [signing.vkey(ORIGIN, key.public_key())]
    assert not frontier.exists()


def test_of_many_at_once_one_history_is_signed(tmp_path: Path) -> None:
    signers = [Signer(tmp_path / "keys", ORIGIN) for _ in range(8)]
    signers[0].add(asked(0, 7))
    outcomes: list[int] = []

    def ask(signer: Signer, leaves: list[bytes]) -> None:
        try:
            signer.add(asked(7, 20, leaves))
            outcomes.append(200)
        except RefusedError as error:
            outcomes.append(error.status)

    other = [*LEAVES[:9], bytes(32), *LEAVES[10:]]
    threads = [threading.Thread(target=ask, args=(one, (LEAVES, other)[at % 2])) for at, one in enumerate(signers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [200, *[409] * 7]


# -- keys


def test_while_keys_overlap_both_sign(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    signer.add(asked(0, 7))
    [old] = signer.state().keys
    new = signer.rotate(3600)
    assert signed_by(signer, signer.add(asked(7, 7)), 7) == [old.vkey], "what was signed once is signed the same again"
    assert signed_by(signer, signer.add(asked(7, 8)), 8) == [old.vkey, new.vkey]
    with pytest.raises(RefusedError, match="not over"):
        signer.rotate(0)
    now = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: now)
    assert signed_by(signer, signer.add(asked(8, 8)), 8) == [old.vkey, new.vkey]
    assert signed_by(signer, signer.add(asked(8, 9)), 9) == [new.vkey]
    assert [(key.first, key.last) for key in signer.state().keys] == [(0, 8), (8, None)]
    third = signer.rotate(0)
    assert signed_by(signer, signer.add(asked(9, 10)), 10) == [third.vkey]


def test_a_retired_ledger_is_signed_no_more(signer: Signer) -> None:
    signer.add(asked(0, 7))
    assert signer.retire("oversight.local/ledger2") == Checkpoint(ORIGIN, 7, root_of(LEAVES[:7]))
    assert refused(signer, asked(7, 8))[0] == 404
    state = signer.state()
    assert (state.signed.size, [one.size for one in state.ring.retired]) == (0, [7])
    assert [(key.origin, key.last) for key in state.ring.keys] == [(ORIGIN, 7), ("oversight.local/ledger2", None)]
    lines = signer.add(asked(0, 5, FORGED, origin="oversight.local/ledger2"))
    [line] = lines.splitlines()
    assert line.startswith("\N{EM DASH} oversight.local/ledger2 ")
    for name in (ORIGIN, "oversight.local/ledger2", "with space", "with+plus", "", "x" * 256):
        with pytest.raises(RefusedError):
            signer.retire(name)


@pytest.mark.parametrize("spoil", ["ledger.signed", "ledger.keys", "ledger"])
def test_a_retirement_needs_nothing_that_may_be_lost(signer: Signer, spoil: str) -> None:
    signer.add(asked(0, 7))
    (signer.path / spoil).write_bytes(b"rubbish")
    if spoil == "ledger":
        (signer.path / spoil).unlink()
    signer.retire("oversight.local/ledger2")
    assert signer.add(asked(0, 9, FORGED, origin="oversight.local/ledger2"))


def test_a_retirement_that_was_cut_short_is_finished_by_the_next(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer.add(asked(0, 7))

    def crash(*_: Any, **__: Any) -> None:
        raise OSError("the machine stopped")

    with monkeypatch.context() as patch:
        patch.setattr(durable.Open, "write", crash)
        with pytest.raises(OSError, match="stopped"):
            signer.retire("oversight.local/ledger2")
    with pytest.raises(RefusedError, match="run it again"):
        signer.add(asked(7, 8))
    signer.retire("oversight.local/ledger2")
    state = signer.state()
    assert [(key.origin, key.last) for key in state.ring.keys] == [(ORIGIN, 7), ("oversight.local/ledger2", None)]
    assert len(state.ring.retired) == 1


def test_a_slate_does_not_take_what_it_cannot_hold(tmp_path: Path) -> None:
    slate = durable.Slate(tmp_path / "slate")
    with slate.opened(fcntl.LOCK_EX) as held:
        held.write({"is": "kept"})
        with pytest.raises(ValueError, match="do not fit"):
            held.write({"is": "x" * 500})
        content = held.read()
    assert content is not None
    assert content["is"] == "kept"
