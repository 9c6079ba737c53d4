"""What leaves hold as digests: disclosed and right, withheld, erased, or made up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oversight_verify.disclosed import digest
from oversight_verify.findings import Exit, Findings
from tests.verify import writer
from tests.verify.running import said, verify

Lines = list[dict[str, Any]]


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """The disclosures of a ledger of 300 entries, of which every third holds two."""
    entries, found = [], Lines()
    for seq in range(300):
        made = (
            [writer.disclosure(name, {"n": seq, "é": None}, f"salt-{seq}") for name in ("action", "names")]
            if seq % 3 == 0
            else []
        )
        entries.append(writer.canonical(writer.envelope(seq, _sd=sorted(sealed for _, sealed in made))))
        found += [
            {"seq": seq, "name": name, "text": text} for name, (text, _) in zip(("action", "names"), made, strict=False)
        ]
    entries.append(writer.canonical(writer.envelope(300, kind="disclosure.erased", facts={"kv": 1, "seq": 0})))
    entries.append(writer.canonical(writer.envelope(301, kind="disclosure.erased", facts={"kv": 1, "seqs": [3, 6]})))
    writer.write(tmp_path / "export", entries)
    return found


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


def test_all_that_is_disclosed_is_right(lines: Lines, check: Callable[..., Findings]):
    findings = check(lines)
    assert findings.exit is Exit.PROVEN, said(findings)
    assert (findings.facts["disclosed"], findings.facts["erased"], findings.facts["withheld"]) == (200, 0, 0)


def test_what_is_erased_is_told_from_what_is_withheld(lines: Lines, check: Callable[..., Findings]):
    gone = [(0, "action"), (0, "names"), (3, "action"), (6, "names"), (9, "action")]
    findings = check([line for line in lines if (line["seq"], line["name"]) not in gone])
    assert findings.exit is Exit.PROVEN
    assert (findings.facts["disclosed"], findings.facts["erased"], findings.facts["withheld"]) == (195, 4, 1)
    assert any("Erased, and the ledger says so: 4 values" in sentence for sentence in findings.noted)
    assert any("The content of 1 value: withheld" in sentence for sentence in findings.open)


def test_without_the_file_nothing_is_said_of_the_values(lines: Lines, tmp_path: Path, trusted: Path):
    findings = verify(tmp_path / "export", "--policy", trusted)
    assert findings.exit is Exit.PROVEN
    assert any("the export discloses none" in sentence for sentence in findings.open)


def test_a_changed_a_moved_or_a_made_up_value_is_refuted(lines: Lines, check: Callable[..., Findings]):
    changed = lines[4] | {"text": lines[4]["text"].replace("6", "7")}
    made_up = {"seq": 1, "name": "action", "text": lines[4]["text"]}
    wrong = [
        [*lines[:4], changed, *lines[5:]],
        [*lines[:4], lines[4] | {"name": "names"}, *lines[5:]],
        [*lines[:4], lines[4], lines[4], *lines[5:]],
        [*lines[:2], made_up, *lines[2:]],
        [*lines[2:], *lines[:2]],
        [*lines, lines[0] | {"seq": 302}],
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
