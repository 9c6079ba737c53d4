"""Receipts: an entry, its number, its path, root and signatures are proven together or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight_verify.faults import Unreadable
from oversight_verify.findings import Exit
from oversight_verify.receipt import read_receipt
from tests.verify import writer
from tests.verify.running import said, verify

ENTRIES = writer.bodies(300)
LEAVES = [writer.leaf_hash(body) for body in ENTRIES]
PLAIN = writer.receipt(7, LEAVES, extra=ENTRIES[7])


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    return tmp_path / "entry-7.tlog-proof"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 300])
def test_every_entry_of_a_ledger_has_a_receipt_that_is_proven(size: int, receipt: Path, trusted: Path):
    for index in sorted({0, size // 2, size - 1}):
        receipt.write_bytes(writer.receipt(index, LEAVES[:size], extra=ENTRIES[index]))
        findings = verify(receipt, "--policy", trusted)
        assert (findings.exit, findings.facts["index"]) == (Exit.PROVEN, index), said(findings)


def test_the_entry_may_come_from_a_file(receipt: Path, trusted: Path, tmp_path: Path):
    receipt.write_bytes(writer.receipt(7, LEAVES))
    assert "give the entry's exact bytes" in said(verify(receipt, "--policy", trusted))
    for name, body, code in (("right", ENTRIES[7], Exit.PROVEN), ("wrong", ENTRIES[8], Exit.REFUTED)):
        (tmp_path / name).write_bytes(body)
        assert verify(receipt, "--policy", trusted, "--entry", tmp_path / name).exit is code


def test_a_receipt_without_its_witnesses_is_not_proven(receipt: Path, witnessed: Path):
    receipt.write_bytes(PLAIN)
    assert verify(receipt, "--policy", witnessed).exit is Exit.UNPROVEN
    receipt.write_bytes(writer.receipt(7, LEAVES, writer.LOG, *writer.WITNESSES, extra=ENTRIES[7]))
    assert verify(receipt, "--policy", witnessed).exit is Exit.PROVEN


def test_without_a_key_a_receipt_is_not_proven(receipt: Path):
    receipt.write_bytes(PLAIN)
    assert verify(receipt).exit is Exit.UNPROVEN


def test_a_signature_of_another_tree_does_not_carry_the_path(receipt: Path, trusted: Path):
    """Path and checkpoint are right, each by itself: together they prove nothing."""
    head = PLAIN.partition(b"\n\n")[0]
    receipt.write_bytes(head + b"\n\n" + writer.checkpoint(LEAVES[:299]))
    assert verify(receipt, "--policy", trusted).exit is Exit.REFUTED


def test_the_root_is_not_an_entry(receipt: Path, trusted: Path):
    """With an empty path the root itself would pass for a leaf, were the length not checked."""
    lines = PLAIN.decode().split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith("index"))
    receipt.write_text("\n".join([*lines[: start + 1], *lines[lines.index("", start) :]]))
    assert verify(receipt, "--policy", trusted).exit is Exit.REFUTED


def test_another_number_or_another_order_of_the_path_is_refuted(receipt: Path, trusted: Path):
    for number in (0, 6, 8, 71, 299, 300, 10**17):
        receipt.write_bytes(PLAIN.replace(b"\nindex 7\n", f"\nindex {number}\n".encode()))
        assert verify(receipt, "--policy", trusted).exit is Exit.REFUTED
    lines = PLAIN.decode().split("\n")
    lines[3], lines[4] = lines[4], lines[3]
    receipt.write_text("\n".join(lines))
    assert verify(receipt, "--policy", trusted).exit is Exit.REFUTED


def test_a_leaf_that_is_no_entry_of_this_ledger_is_refuted(receipt: Path, trusted: Path):
    theirs = writer.canonical(writer.envelope(0, log="other.example/log"))
    receipt.write_bytes(writer.receipt(0, [writer.leaf_hash(theirs)], extra=theirs))
    assert "another ledger" in said(verify(receipt, "--policy", trusted))


def test_a_flipped_bit_in_any_byte_is_found(receipt: Path, trusted: Path):
    for at in range(len(PLAIN)):
        changed = bytearray(PLAIN)
        changed[at] ^= 1 << at % 8
        receipt.write_bytes(changed)
        assert verify(receipt, "--policy", trusted).exit in {Exit.REFUTED, Exit.UNREADABLE}, at


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"proof@v1", b"proof@v2"), (b"proof@v1\n", b"proof@v1\r\n"), (b"index 7", b"index 07"), (b"index 7", b"index +7"),
        (b"index 7", b"index  7"), (b"index 7", b"index 7 "), (b"index 7", b"index 0_7"), (b"index 7", b"Index 7"),
        (b"index 7\n", b"index 7\nindex 7\n"), (b"index 7\n", b"index 7\n\n"), (b"index 7\n", b"index \xd9\xa7\n"),
        (b"extra ", b"extra  "), (b"extra ", b"extra=\nextra "), (b"=\n\n", b"\n\n"), (b"=\n\n", b"==\n\n"), (b"\n300\n", b"\n0300\n"),
        (b"\n300\n", b"\n300\nextension\n"),
    ],
)  # fmt: skip
def test_another_spelling_is_not_read(before: bytes, after: bytes, receipt: Path, trusted: Path):
    assert before in PLAIN
    receipt.write_bytes(PLAIN.replace(before, after, 1))
    assert verify(receipt, "--policy", trusted).exit is Exit.UNREADABLE


@given(st.binary() | st.text().map(str.encode), st.integers(0, len(PLAIN)), st.integers(0, len(PLAIN)))
def test_what_is_made_up_is_unreadable_and_never_a_traceback(made_up: bytes, start: int, end: int):
    for raw in (made_up, b"c2sp.org/tlog-proof@v1\n" + made_up, PLAIN[:start] + made_up + PLAIN[end:]):
        try:
            found = read_receipt(raw)
        except Unreadable:
            continue
        head = "c2sp.org/tlog-proof@v1\n"
        if found.extra is not None:
            head += f"extra {writer.b64(found.extra)}\n"
        again = head + f"index {found.index}\n" + "".join(f"{writer.b64(part)}\n" for part in found.path)
        # Whatever is read has one spelling only: the one that was given.
        assert raw.startswith(again.encode() + b"\n" + found.checkpoint.text + b"\n")
