"""Exports that somebody changed: every change is found, whatever was made to fit it."""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oversight_verify.findings import Exit
from tests.verify import writer
from tests.verify.running import said, verify

FAILED = {Exit.REFUTED, Exit.UNREADABLE, Exit.UNPROVEN}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flips(folder: Path, bits: Callable[[int], Iterator[int]]) -> Iterator[str]:
    """Flip each of `bits(number of bits)` in each file, one at a time; the file and bit of each flip."""
    for path in files(folder):
        kept = path.read_bytes()
        for bit in bits(8 * len(kept)):
            changed = bytearray(kept)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            yield f"{path.relative_to(folder)} bit {bit}"
        path.write_bytes(kept)


def test_a_flipped_bit_in_any_byte_is_found(tmp_path: Path, witnessed: Path):
    writer.write(tmp_path / "export", writer.bodies(2), writer.LOG, *writer.WITNESSES)
    assert verify(tmp_path / "export", "--policy", witnessed).exit is Exit.PROVEN
    chance = random.Random(4)
    for flipped in flips(tmp_path / "export", lambda bits: (at + chance.randrange(8) for at in range(0, bits, 8))):
        assert verify(tmp_path / "export", "--policy", witnessed).exit in FAILED, flipped
    assert verify(tmp_path / "export", "--policy", witnessed).exit is Exit.PROVEN


@pytest.mark.deep
def test_any_flipped_bit_is_found(tmp_path: Path, witnessed: Path):
    writer.write(tmp_path / "export", writer.bodies(3), writer.LOG, *writer.WITNESSES)
    for flipped in flips(tmp_path / "export", lambda bits: iter(range(bits))):
        assert verify(tmp_path / "export", "--policy", witnessed).exit in FAILED, flipped


def test_a_flipped_bit_in_a_larger_ledger_is_found_and_its_entry_named(export: Path, witnessed: Path):
    chance = random.Random(7)
    for flipped in flips(export, lambda bits: (chance.randrange(bits) for _ in range(8))):
        assert verify(export, "--policy", witnessed).exit in FAILED, flipped
    path = export / "tile/entries/001.p/44"
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b'"src_seq":260', b'"src_seq":261'))
    assert said(verify(export, "--policy", witnessed)).startswith("entry 260: its bytes do not have the hash")


@pytest.mark.parametrize(
    "name", ["checkpoint", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]
)
def test_a_truncated_a_longer_and_a_missing_file_are_found(name: str, export: Path, witnessed: Path):
    path = export / name
    kept = path.read_bytes()
    for length in (0, 1, len(kept) // 2, len(kept) - 1):
        path.write_bytes(kept[:length])
        assert verify(export, "--policy", witnessed).exit in FAILED
    path.write_bytes(kept + b"\0")
    assert verify(export, "--policy", witnessed).exit in FAILED
    path.unlink()
    assert verify(export, "--policy", witnessed).exit in FAILED


def rewritten(seq: int, size: int = 300) -> list[bytes]:
    entries = writer.bodies(size)
    entries[seq] = writer.canonical(writer.envelope(seq, facts={"kv": 1, "tier": 3, "service": "nothing to see"}))
    return entries


@pytest.mark.parametrize("seq", [0, 255, 256, 299])
def test_a_rewritten_entry_with_recomputed_tiles_is_found(seq: int, export: Path, witnessed: Path):
    entries = rewritten(seq)
    writer.write_tiles(export, entries, [writer.leaf_hash(body) for body in entries])
    findings = verify(export, "--policy", witnessed)
    assert findings.exit is Exit.REFUTED
    assert "do not lead to the root" in said(findings)


def test_a_rewritten_ledger_that_the_log_signed_anew_lacks_its_witnesses(tmp_path: Path, witnessed: Path):
    leaves = writer.write(tmp_path / "export", rewritten(7), writer.LOG)
    findings = verify(tmp_path / "export", "--policy", witnessed)
    assert findings.exit is Exit.UNPROVEN
    assert "no witness cosigned" in said(findings)
    # Cosignatures of the genuine ledger do not fit the new one.
    genuine = writer.checkpoint([writer.leaf_hash(body) for body in writer.bodies(300)], writer.LOG, *writer.WITNESSES)
    lines = genuine.decode().splitlines(keepends=True)[-2:]
    (tmp_path / "export" / "checkpoint").write_text(writer.checkpoint(leaves).decode() + "".join(lines))
    assert verify(tmp_path / "export", "--policy", witnessed).exit is Exit.REFUTED


def test_a_tail_that_was_cut_off_with_the_genuine_key_is_found_by_what_is_left(export: Path, witnessed: Path):
    """Files beyond the checkpoint: the ledger was once larger than it says."""
    leaves = [writer.leaf_hash(body) for body in writer.bodies(299)]
    (export / "checkpoint").write_bytes(writer.checkpoint(leaves, writer.LOG, *writer.WITNESSES))
    findings = verify(export, "--policy", witnessed)
    assert findings.exit is Exit.REFUTED
    assert "the checkpoint does not cover it" in said(findings)


def test_a_foreign_key_and_a_foreign_origin_are_refused(tmp_path: Path, trusted: Path):
    entries = writer.bodies(3)
    writer.write(tmp_path / "thief", entries, writer.Signer(writer.ORIGIN, seed="thief"))
    assert verify(tmp_path / "thief", "--policy", trusted).exit is Exit.REFUTED
    # The genuine key id in front of the thief's signature.
    thief = writer.Signer(writer.ORIGIN, seed="thief")
    thief.id = writer.LOG.id
    writer.write(tmp_path / "posing", entries, thief)
    assert "does not fit" in said(verify(tmp_path / "posing", "--policy", trusted))
    writer.write(tmp_path / "other", entries, writer.Signer("other.example/log"), origin="other.example/log")
    assert "another ledger" in said(verify(tmp_path / "other", "--policy", trusted))
    theirs = [writer.canonical(writer.envelope(seq, log="other.example/log")) for seq in range(3)]
    writer.write(tmp_path / "theirs", theirs, writer.Signer("other.example/log"), origin="other.example/log")
    assert "no key of the ledger" in said(verify(tmp_path / "theirs", "--policy", trusted))
    # The genuine key, named for one ledger, signs a note of another.
    writer.write(tmp_path / "renamed", theirs, writer.LOG, origin="other.example/log")
    assert verify(tmp_path / "renamed", "--policy", trusted).exit is Exit.REFUTED


def test_a_name_or_an_id_alone_is_no_key(tmp_path: Path, trusted: Path):
    """Name and key id must both match: a signature under either alone is a stranger's."""
    for number, (name, key_id) in enumerate([("else.example", writer.LOG.id), (writer.ORIGIN, b"\0\0\0\0")]):
        signer = writer.Signer(writer.ORIGIN)
        signer.name, signer.id = name, key_id
        writer.write(tmp_path / str(number), writer.bodies(2), signer)
        assert "no key that the policy names" in said(verify(tmp_path / str(number), "--policy", trusted))


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002", "tile/0/001", "tile/0/001.p/45", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/044",
        "tile/0/x000/001", "tile/00/000", "tile/0/0", "tile/2/000.p/1", "tile/1/000.p/2", "tile/entries/002.p/1",
        "tile/entries/000.json", "tile/0/.000", "tile/0/000.tmp", "tile/64/000", "tile/notes", "tile/0/xx01/000",
    ],
)  # fmt: skip
def test_a_file_that_is_no_part_of_the_ledger_is_found(path: str, export: Path, witnessed: Path):
    extra = export / path
    if extra.parent.is_file():
        pytest.skip("a file is there already")
    extra.parent.mkdir(parents=True, exist_ok=True)
    extra.write_bytes(bytes(32))
    findings = verify(export, "--policy", witnessed)
    assert findings.exit is Exit.REFUTED
    assert "is no part of a ledger of 300 entries" in said(findings)


def test_links_and_devices_are_not_followed(export: Path, witnessed: Path, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    for name in ("tile/0/000", "tile/0", "tile", "checkpoint"):
        shutil.copytree(export, elsewhere, dirs_exist_ok=True)
        path = export / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        path.symlink_to(elsewhere / name)
        assert verify(export, "--policy", witnessed).exit in {Exit.REFUTED, Exit.UNREADABLE}, name
        path.unlink()
        shutil.rmtree(export)
        shutil.copytree(elsewhere, export)
    (export / "tile/0/000").unlink()
    os.mkfifo(export / "tile/0/000")
    assert "is a link or a device" in said(verify(export, "--policy", witnessed))


def test_swapped_tiles_and_bundles_are_found(tmp_path: Path, trusted: Path):
    writer.write(tmp_path / "export", writer.bodies(600))
    for level in ("0", "entries"):
        one, two = (tmp_path / "export/tile" / level / name for name in ("000", "001"))
        kept = one.read_bytes(), two.read_bytes()
        one.write_bytes(kept[1]), two.write_bytes(kept[0])
        assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.REFUTED
        one.write_bytes(kept[0]), two.write_bytes(kept[1])
    # Entries in another order, with everything above them made to fit.
    entries = writer.bodies(600)
    swapped = entries[256:512] + entries[:256] + entries[512:]
    writer.write_tiles(tmp_path / "export", swapped, [writer.leaf_hash(body) for body in swapped])
    assert "its time is before that of the entry before it" in said(verify(tmp_path / "export", "--policy", trusted))


def change(seq: int = 1, **over: Any) -> bytes:
    return writer.canonical(writer.envelope(seq, **over))


def without(key: str) -> bytes:
    made = writer.envelope(1)
    del made[key]
    return writer.canonical(made)


BAD = {
    "another ledger": change(log="other.example/log"),
    "an unknown key": change(extra=1),
    "a version of the future": change(v=2),
    "true for a version": change(v=True),
    "a float": change(facts={"kv": 1, "tier": 1.5}),
    "a large integer": change(facts={"kv": 1, "cost": 2**53}),
    "no time": change(ts="yesterday"),
    "a time with an offset": change(ts="2026-11-22T03:00:00.000001+00:00"),
    "a time that runs backwards": change(ts="2026-11-21T03:00:00.000001Z"),
    "an actor of nowhere": change(actor="root"),
    "a kind that is none": change(kind="Verdict"),
    "an id that is none": change(id="1"),
    "a source that is none": change(src=None),
    "a counter below zero": change(src_seq=-1),
    "a counter of text": change(src_seq="1"),
    "facts that are a list": change(facts=[]),
    "a policy that is a list": change(policy=[]),
    "a reference without its leaf": change(ref={"seq": 0}),
    "a reference to a short leaf": change(ref={"seq": 0, "leaf": "00"}),
    "another digest": change(_sd_alg="sha-1"),
    "digests out of order": change(_sd=["b" * 43, "a" * 43]),
    "a digest twice": change(_sd=["a" * 43, "a" * 43]),
    "a short digest": change(_sd=["a" * 42]),
    "digests joined": change(_sd=["a" * 43 + "," + "b" * 43]),
    "a key that is not ASCII": change(facts={"kv": 1, "größe": 1}),
    "a key twice": change().replace(b'"kind":', b'"id":"x","kind":'),
    "a space": change().replace(b":", b": ", 1),
    "an escape": change().replace(b"checkout", b"check\\u006fut"),
    "a lone surrogate": change().replace(b"checkout", b"\\ud800"),
    "not UTF-8": change().replace(b"checkout", b"\xff\xfe"),
    "NaN": change().replace(b'"tier":1', b'"tier":NaN'),
    "minus zero": change().replace(b'"tier":1', b'"tier":-0'),
    "keys out of order": json.dumps(writer.envelope(1), separators=(",", ":")).encode(),
    "something after it": change() + b" ",
    "a list": b"[]",
    "nothing": b"",
    "deep": b"[" * 30_000 + b"]" * 30_000,
    **{f"no {key}": without(key) for key in writer.envelope(1)},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_entry_of_another_form_is_refuted_though_everything_above_it_fits(name: str, tmp_path: Path, trusted: Path):
    entries = writer.bodies(3)
    assert BAD[name] != entries[1]
    entries[1] = BAD[name]
    writer.write(tmp_path / "export", entries)
    findings = verify(tmp_path / "export", "--policy", trusted)
    assert findings.exit is Exit.REFUTED
    assert said(findings).startswith("entry 1: ")


def test_what_a_leaf_may_hold_is_taken(tmp_path: Path, trusted: Path):
    entries = [
        change(0, facts={"kv": 1, "who": "Zoë 🚀 \x7f\n", "list": [1, [True, None]], "n": -(2**53 - 1)}),
        change(1, kind="of_the.future", src_seq=None, src="", policy=None, actor="system", _sd=["a" * 43, "b" * 43]),
    ]
    writer.write(tmp_path / "export", entries)
    findings = verify(tmp_path / "export", "--policy", trusted)
    assert findings.exit is Exit.PROVEN, said(findings)


def test_an_entry_that_a_bundle_cuts_off_or_runs_past_is_found(tmp_path: Path, trusted: Path):
    writer.write(tmp_path / "export", writer.bodies(3))
    path = tmp_path / "export/tile/entries/000.p/3"
    raw = path.read_bytes()
    for changed in (b"\xff\xff" + raw[2:], b"\0\0" + raw[2:], raw[:-1], raw + b"\0\0", b""):
        path.write_bytes(changed)
        assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.REFUTED


def test_every_bad_entry_of_far_stretches_is_named(tmp_path: Path, trusted: Path):
    entries = writer.bodies(40_000)
    for seq in (5, 20_000, 39_999):
        entries[seq] = change(seq, actor="root")
    writer.write(tmp_path / "export", entries)
    refuted = verify(tmp_path / "export", "--policy", trusted).refuted
    assert [sentence.partition(":")[0] for sentence in refuted] == ["entry 5", "entry 20000", "entry 39999"]
