"""What leaves hold as digests: disclosed and right, withheld, erased, or made up."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oversight_verify.disclosed import digest
from oversight_verify.findings import Exit, Findings
from tests.verify import writer
from tests.verify.running import said, verify

Lines = list[dict[str, Any]]


ERASED = {0: ("action",), 3: ("action", "names"), 6: ("names",)}
"""Entry → what was erased of it."""


def disclosed(seq: int, name: str) -> tuple[str, str]:
    return writer.disclosure(name, {"n": seq, "é": None}, f"salt-{seq}")


def sealed(seq: int, name: str) -> str:
    return disclosed(seq, name)[1]


def erasure(seq: int, entries: list[bytes], of: int, facts: Any, **over: Any) -> bytes:
    seen = {"seq": of, "leaf": hashlib.sha256(b"\x00" + entries[of]).hexdigest()}
    told = {"kind": "disclosure.erased", "actor": "person:p-1", "ref": seen, "facts": facts}
    return writer.canonical(writer.envelope(seq, **{**told, **over}))


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """The disclosures of a ledger of 300 entries, of which every third holds two."""
    entries, found = [], Lines()
    for seq in range(300):
        names: tuple[str, ...] = ("action", "names") if seq % 3 == 0 else ()
        entries.append(writer.canonical(writer.envelope(seq, _sd=sorted(sealed(seq, name) for name in names))))
        found += [{"seq": seq, "name": name, "text": disclosed(seq, name)[0]} for name in names]
    for seq, (of, names) in enumerate(ERASED.items(), 300):
        told = {"kv": 1, "basis": "subject_request", "erased": {name: sealed(of, name) for name in names}}
        entries.append(erasure(seq, entries, of, told))
    writer.write(tmp_path / "export", entries)
    return [line for line in found if line["name"] not in ERASED.get(line["seq"], ())]


@pytest.fixture
def check(tmp_path: Path, trusted: Path) -> Callable[..., Findings]:
    def made(lines: Lines | bytes) -> Findings:
        raw = lines if isinstance(lines, bytes) else b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        (tmp_path / "export" / "disclosures.jsonl").write_bytes(raw)
        return verify(tmp_path / "export", "--policy", trusted)

    return made


def test_the_example_of_the_specification():
    """RFC 9901 §4.2.3: the digest of the disclosure that §4.2.1 makes of a family name."""
    assert (
        digest('["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]') == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    )


def test_all_that_is_disclosed_is_right_and_what_is_not_was_erased(lines: Lines, check: Callable[..., Findings]):
    findings = check(lines)
    assert findings.exit is Exit.PROVEN, said(findings)
    assert (findings.facts["disclosed"], findings.facts["erased"], findings.facts["withheld"]) == (196, 4, 0)
    assert any("Erased, each named by an entry that says so: 4 values" in sentence for sentence in findings.proven)
    assert findings.noted[:3] == [
        "Entry 0: action erased on 2026-11-22 at 03:00:00 UTC by person:p-1 (entry 300, subject_request).",
        "Entry 3: action, names erased on 2026-11-22 at 03:00:00 UTC by person:p-1 (entry 301, subject_request).",
        "Entry 6: names erased on 2026-11-22 at 03:00:00 UTC by person:p-1 (entry 302, subject_request).",
    ]


def test_what_is_erased_is_told_from_what_is_withheld_of_the_same_entry(lines: Lines, check: Callable[..., Findings]):
    gone = [(0, "names"), (6, "action"), (9, "action"), (9, "names")]
    findings = check([line for line in lines if (line["seq"], line["name"]) not in gone])
    assert findings.exit is Exit.PROVEN
    assert (findings.facts["disclosed"], findings.facts["erased"], findings.facts["withheld"]) == (192, 4, 4)
    assert any("The content of 4 values: withheld" in sentence for sentence in findings.open)
    assert any("how many of each: 0 (1), 6 (1), 9 (2)." in sentence for sentence in findings.open)


def test_many_that_are_withheld_are_counted(lines: Lines, check: Callable[..., Findings]):
    findings = check(lines[:10])
    assert any("78 (2) and 73 more entries." in sentence for sentence in findings.open), findings.open


@pytest.mark.parametrize("of", ERASED)
def test_what_was_erased_and_is_still_there_is_a_contradiction(of: int, lines: Lines, check: Callable[..., Findings]):
    for name in ERASED[of]:
        still = [*lines, {"seq": of, "name": name, "text": disclosed(of, name)[0]}]
        findings = check(sorted(still, key=lambda line: line["seq"]))
        assert findings.exit is Exit.REFUTED
        assert f"{name} of entry {of}: it was erased on 2026-11-22 at 03:00:00 UTC by person:p-1" in said(findings)
        assert "still there" in said(findings)


FALSE: dict[str, tuple[Any, str]] = {
    "of another entry": ({"action": sealed(9, "action")}, "which that entry never held"),
    "made up": ({"action": "a" * 43}, "which that entry never held"),
    "one of two": ({"action": sealed(12, "action"), "more": "a" * 43}, "which that entry never held"),
    "the same twice": ({"action": sealed(12, "action"), "names": sealed(12, "action")}, "one value twice"),
    "nothing": ({}, "does not say what was erased"),
    "names alone": (["action"], "does not say what was erased"),
    "no word": (None, "does not say what was erased"),
    "a short digest": ({"action": sealed(12, "action")[1:]}, "not named by digests"),
    "a digest as a number": ({"action": 7}, "not named by digests"),
}


@pytest.mark.parametrize("name", FALSE)
@pytest.mark.parametrize("with_texts", [True, False])
def test_an_erasure_of_what_was_not_there_is_refuted(
    name: str, with_texts: bool, lines: Lines, tmp_path: Path, check: Callable[..., Findings], trusted: Path
):
    facts, words = FALSE[name]
    entries = writer.entries(tmp_path / "export")
    entries.append(erasure(303, entries, 12, {"kv": 1, "erased": facts}))
    writer.write(tmp_path / "export", entries)
    findings = check(lines) if with_texts else verify(tmp_path / "export", "--policy", trusted)
    assert findings.exit is Exit.REFUTED
    assert words in said(findings)


def test_an_erasure_of_no_entry_and_a_second_of_one_value_are_refuted(
    lines: Lines, tmp_path: Path, check: Callable[..., Findings]
):
    entries = writer.entries(tmp_path / "export")
    told = {"kv": 1, "erased": {"action": sealed(12, "action")}}
    writer.write(tmp_path / "export", [*entries, erasure(303, entries, 12, told, ref=None)])
    assert "entry 303: it does not say what was erased" in said(check(lines))
    shutil.rmtree(tmp_path / "export")
    once, again = (erasure(seq, entries, 12, told) for seq in (303, 304))
    writer.write(tmp_path / "export", [*entries, once, again])
    assert "and so did entry 303 before it" in said(check(lines))


def test_without_the_file_nothing_is_said_of_the_values(lines: Lines, tmp_path: Path, trusted: Path):
    findings = verify(tmp_path / "export", "--policy", trusted)
    assert findings.exit is Exit.PROVEN
    assert any("the export discloses none" in sentence for sentence in findings.open)
    assert any(sentence.startswith("Entry 3: action, names erased on") for sentence in findings.noted)


def test_a_changed_a_moved_or_a_made_up_value_is_refuted(lines: Lines, check: Callable[..., Findings]):
    changed = lines[4] | {"text": lines[4]["text"].replace("12", "13")}
    made_up = {"seq": 1, "name": "action", "text": lines[4]["text"]}
    wrong = [
        [*lines[:4], changed, *lines[5:]],
        [*lines[:4], lines[4] | {"name": "names"}, *lines[5:]],
        [*lines[:4], lines[4], lines[4], *lines[5:]],
        [*lines[:2], made_up, *lines[2:]],
        [*lines[2:], *lines[:2]],
        [*lines, lines[0] | {"seq": 303}],
        [*lines, lines[0] | {"seq": 300}],
        [lines[0] | {"seq": -1}, *lines],
    ]
    for number, some in enumerate(wrong):
        assert check(some).exit is Exit.REFUTED, number


@pytest.mark.parametrize(
    "raw",
    [
        b"{}\n", b"[]\n", b"1\n", b"\n", b"\xff\n", b"{", b'{"seq":0,"name":"a","text":"b"}', b'{"seq":true,"name":"a","text":"b"}\n',
        b'{"seq":"0","name":"a","text":"b"}\n', b'{"seq":0,"name":1,"text":"b"}\n', b'{"seq":0,"name":"a","text":1}\n',
        b'{"seq":0,"name":"a","text":"\\ud800"}\n', b'{"seq":0,"name":"a","text":"b","more":1}\n', b"[" * 100_000 + b"\n",
    ],
)  # fmt: skip
def test_other_lines_are_not_read(raw: bytes, lines: Lines, check: Callable[..., Findings]):
    assert check(raw).exit is Exit.UNREADABLE


def test_a_link_is_not_followed(lines: Lines, tmp_path: Path, trusted: Path):
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "export" / "disclosures.jsonl").symlink_to(tmp_path / "elsewhere")
    assert verify(tmp_path / "export", "--policy", trusted).exit is Exit.REFUTED
