"""Signed notes: what is signed verifies, whatever else does not; the key is kept where others cannot read it."""

import base64
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from decisions import signing
from decisions.signing import BadNoteError, Checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CHECKPOINT = Checkpoint("oversight.example/acme/ledger1", 20852163, bytes(range(32)))
NOTE = signing.sign(CHECKPOINT, KEY)


def test_a_note_has_the_published_form() -> None:
    lines = NOTE.split("\n")
    assert lines[:4] == ["oversight.example/acme/ledger1", "20852163", base64.b64encode(bytes(range(32))).decode(), ""]
    assert lines[4].startswith("— oversight.example/acme/ledger1 ")
    assert lines[5:] == [""]


def test_the_key_id_is_that_of_the_standards_example() -> None:
    # The verifier key of the signed-note specification's example.
    name, key = signing.read_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    text, _, signature = note.partition("\n\n")
    raw = base64.b64decode(signature.split(" ")[2])
    assert raw[:4] == signing.key_id(name, key.public_bytes_raw())
    key.verify(raw[4:], (text + "\n").encode())


def test_what_is_signed_verifies() -> None:
    assert signing.verify(NOTE, KEY.public_key()) == CHECKPOINT


def test_a_signature_of_another_beside_ours_does_not_matter() -> None:
    other = signing.sign(CHECKPOINT, Ed25519PrivateKey.generate()).partition("\n\n")[2]
    assert signing.verify(NOTE + other, KEY.public_key()) == CHECKPOINT


@given(st.integers(0, len(NOTE) - 1), st.characters(exclude_categories=["Cs"]))
def test_a_note_with_one_character_changed_never_verifies_as_something_else(place: int, mark: str) -> None:
    changed = NOTE[:place] + mark + NOTE[place + 1 :]
    try:
        assert signing.verify(changed, KEY.public_key()) == CHECKPOINT
        assert changed == NOTE
    except BadNoteError:
        pass


@pytest.mark.parametrize(
    "note",
    [
        "",
        "a\n1\n" + base64.b64encode(bytes(32)).decode(),
        NOTE.replace("20852163", "020852163"),
        NOTE.replace("20852163", "-1"),
        NOTE.replace("20852163", "٣"),
        NOTE.replace("20852163\n", "20852163\nan extension\n", 1),
        NOTE.rstrip("\n"),
        NOTE + "\n",
        NOTE.replace("—", "-"),
        NOTE.replace("AAECAw", "AAECA"),
        NOTE + NOTE.splitlines()[4] * 20,
        "\n".join([*NOTE.split("\n")[:4], *[NOTE.split("\n")[4]] * 65, ""]),
    ],
)
def test_a_text_of_another_form_is_refused(note: str) -> None:
    with pytest.raises(BadNoteError):
        signing.verify(note, KEY.public_key())


@pytest.mark.parametrize("line", [2, 4])
def test_a_note_has_one_text(line: int) -> None:
    """The last character before the sign that fills up holds two bits that nothing reads."""
    lines = NOTE.split("\n")
    assert lines[line].endswith("=")
    lines[line] = lines[line][:-2] + chr(ord(lines[line][-2]) + 1) + "="
    with pytest.raises(BadNoteError, match="one form"):
        signing.verify("\n".join(lines), KEY.public_key())


def test_a_note_of_another_key_is_refused() -> None:
    with pytest.raises(BadNoteError, match="expected key"):
        signing.verify(NOTE, Ed25519PrivateKey.generate().public_key())


def test_a_cut_signature_is_refused() -> None:
    line = NOTE.splitlines()[4]
    short = base64.b64encode(base64.b64decode(line.split(" ")[2])[:-1]).decode()
    with pytest.raises(BadNoteError, match="does not verify"):
        signing.verify(NOTE.replace(line.split(" ")[2], short), KEY.public_key())


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\u00a0b"])
def test_no_note_is_made_for_an_origin_that_it_could_not_hold(origin: str) -> None:
    with pytest.raises(BadNoteError):
        signing.sign(Checkpoint(origin, 1, bytes(32)), KEY)


def test_a_verifier_key_is_read_back() -> None:
    text = signing.vkey("log", KEY.public_key())
    assert signing.read_vkey(text + "\n")[0] == "log"
    for bad in (text[:-4], "log+00000000+" + text.split("+", 2)[2], "log", "", text.replace("log", "lag")):
        with pytest.raises(BadNoteError):
            signing.read_vkey(bad)


def test_a_key_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ledger"
    made: list[Ed25519PublicKey] = []
    threads = [threading.Thread(target=lambda: made.append(signing.load_key(path).public_key())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({key.public_bytes_raw() for key in made}) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["ledger"]
    path.chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        signing.load_key(path)
