"""Board reports in PDF: what they prove alone, with a receipt and with an export, and each way to pass off another one."""

import hashlib
import io
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from approvals.models import Report, ReportBuild
from approvals.reports import pdf
from approvals.reports.dataset import canonical, report_of
from approvals.reports.files import folder
from approvals.reports.run import run
from decisions import checkpoints, clock, published
from decisions.export import export
from decisions.models import Agent
from decisions.proofs import receipt
from oversight_verify.attachments import read_attachments
from oversight_verify.cli import main
from oversight_verify.faults import Unreadable
from oversight_verify.findings import Exit, Findings
from oversight_verify.report import begin
from tests.approvals.reports.factory import facts
from tests.factories import event, send
from tests.verify import writer
from tests.verify.running import said, verify

COUNTED, SEQ = 260, 270
LEAVES = [writer.leaf_hash(body) for body in writer.bodies(COUNTED)]
ROOT = writer.mth(LEAVES)
HEAD = writer.checkpoint(LEAVES[:250], writer.LOG).decode()


def drawn(*, root: bytes = ROOT, counted: int = COUNTED, note: str = HEAD, said_root: bytes | None = None) -> bytes:
    """A report as the product draws it."""
    dataset = canonical(report_of(facts(seq_limit=counted - 1, root=(said_root or root).hex()), {}))
    return pdf.render(dataset, canonical({"checkpoint": note, "seq_limit": counted - 1, "root": root.hex()}))


@pytest.fixture(scope="module")
def genuine() -> bytes:
    return drawn()


def recorded(raw: bytes, **over: Any) -> bytes:
    """The entry that records the report `raw`."""
    files = {"pdf": raw, "json": attached(raw)["report.json"], "proof": attached(raw)["proof.json"]}
    made = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    told = {"kv": 1, "report": "r", "period": "2026-10", "seq_limit": COUNTED - 1, "files": made} | over
    return writer.canonical(writer.envelope(SEQ, kind="report.built", actor="system", facts=told))


def issued(raw: bytes, **over: Any) -> bytes:
    """The entry that issues the report `raw`."""
    files = {"pdf": raw, "json": attached(raw)["report.json"], "proof": attached(raw)["proof.json"]}
    made = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    told = {"kv": 1, "report": "r", "number": 3, "supersedes": None, "seq_limit": COUNTED - 1, "files": made} | over
    return writer.canonical(writer.envelope(SEQ + 1, kind="report.issued", actor="person:1", facts=told))


def attached(raw: bytes) -> dict[str, bytes]:
    return {name: bytes(files[0]) for name, files in PdfReader(io.BytesIO(raw)).attachments.items()}


@dataclass
class Check:
    """Verifies a report of a ledger whose entry 270 is `entry`."""

    folder: Path

    def ledger(self, entry: bytes) -> list[bytes]:
        made = writer.bodies(300)
        made[SEQ] = entry
        return made

    def __call__(self, raw: bytes, *given: str | Path, key: writer.Signer = writer.LOG) -> Findings:
        (self.folder / "report.pdf").write_bytes(raw)
        return verify("report", self.folder / "report.pdf", "--vkey", key.vkey, *given)

    def by_export(self, raw: bytes, entry: bytes) -> Findings:
        writer.write(self.folder / "export", self.ledger(entry))
        return self(raw, "--export", self.folder / "export")

    def by_receipt(self, raw: bytes, entry: bytes, index: int = SEQ) -> Findings:
        entries = self.ledger(entry)
        leaves = [writer.leaf_hash(body) for body in entries]
        (self.folder / "receipt").write_bytes(writer.receipt(index, leaves, extra=entries[index]))
        return self(raw, "--receipt", self.folder / "receipt")


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return Check(tmp_path)


def test_our_reader_of_attachments_finds_what_another_finds(genuine: bytes):
    assert read_attachments(genuine) == attached(genuine)


def test_a_report_that_the_ledger_recorded_is_proven(check: Check, genuine: bytes):
    for findings in (check.by_export(genuine, recorded(genuine)), check.by_receipt(genuine, recorded(genuine))):
        assert findings.exit is Exit.PROVEN, said(findings)
        assert findings.facts["recorded"] == SEQ
        assert any("recorded this very file, byte for byte" in sentence for sentence in findings.proven)
        assert findings.subject == "Board report, counted from 260 entries of the ledger oversight.example/ledger1"


def told(findings: Findings) -> str:
    return " ".join([*findings.proven, *findings.open])


def with_issue(check: Check, genuine: bytes, *more: bytes) -> Findings:
    """By an export that goes on after the entry that recorded the report."""
    entries = check.ledger(recorded(genuine))
    for place, entry in enumerate(more, SEQ + 1):
        entries[place] = entry
    writer.write(check.folder / "export", entries)
    return check(genuine, "--export", check.folder / "export")


def test_whether_it_was_issued_is_said(check: Check, genuine: bytes):
    draft = with_issue(check, genuine)
    assert draft.exit is Exit.PROVEN
    assert "no entry of the export issued it" in told(draft)
    findings = with_issue(check, genuine, issued(genuine))
    assert findings.facts["issued"] == SEQ + 1
    assert "signed and issued it as report 3" in told(findings)
    assert "last word" not in told(findings)


def test_an_edition_in_whose_place_another_was_issued(check: Check, genuine: bytes):
    later = {"kv": 1, "report": "s", "number": 4, "supersedes": "r", "seq_limit": 280, "files": {}}
    entry = writer.canonical(writer.envelope(SEQ + 2, kind="report.issued", actor="person:1", facts=later))
    assert "entry 272 issued another edition in its place" in told(with_issue(check, genuine, issued(genuine), entry))


def test_the_receipt_of_the_issue_is_enough(check: Check, genuine: bytes):
    entries = check.ledger(recorded(genuine))
    entries[SEQ + 1] = issued(genuine)
    leaves = [writer.leaf_hash(body) for body in entries]
    (check.folder / "receipt").write_bytes(writer.receipt(SEQ + 1, leaves, extra=entries[SEQ + 1]))
    findings = check(genuine, "--receipt", check.folder / "receipt")
    assert (findings.exit, findings.facts["issued"]) == (Exit.PROVEN, SEQ + 1), said(findings)
    entries[SEQ + 1] = issued(genuine, files={"pdf": {"sha256": "00" * 32}})
    leaves = [writer.leaf_hash(body) for body in entries]
    (check.folder / "receipt").write_bytes(writer.receipt(SEQ + 1, leaves, extra=entries[SEQ + 1]))
    assert check(genuine, "--receipt", check.folder / "receipt").exit is Exit.REFUTED


def test_alone_it_proves_its_checkpoint_and_not_itself(check: Check, genuine: bytes):
    findings = check(genuine)
    assert findings.exit is Exit.UNPROVEN
    assert any(sentence.startswith("The log key") for sentence in findings.proven)
    assert "Anyone can attach genuine proofs to other pages" in said(findings)
    assert any("the 10 entries counted beyond the checkpoint" in sentence for sentence in findings.open)
    assert verify(check.folder / "report.pdf").exit is Exit.UNPROVEN, "without the word, and without a key"


def test_a_page_that_was_changed_is_refuted(check: Check, genuine: bytes):
    at = genuine.index(b"/Title(") + len(b"/Title(")
    changed = genuine[:at] + bytes([genuine[at] ^ 1]) + genuine[at + 1 :]
    assert read_attachments(changed) == read_attachments(genuine)
    assert "this one was changed" in said(check.by_export(changed, recorded(genuine)))
    assert "did not record this file" in said(check.by_receipt(changed, recorded(genuine)))


@pytest.mark.parametrize(
    "over",
    [{"seq_limit": 1}, {"files": {}}, {"files": None}, {"files": {"pdf": "x"}}, {"files": {"pdf": {"sha256": "00"}}}],
)
def test_an_entry_that_records_another_file_records_nothing(over: dict[str, Any], check: Check, genuine: bytes):
    entry = recorded(genuine, **over)
    assert check.by_receipt(genuine, entry).exit is Exit.REFUTED
    assert check.by_export(genuine, entry).exit in {Exit.UNPROVEN, Exit.REFUTED}


def test_another_entry_records_no_report(check: Check, genuine: bytes):
    assert check.by_receipt(genuine, recorded(genuine), index=7).exit is Exit.REFUTED
    findings = check.by_export(genuine, writer.bodies(SEQ + 1)[SEQ])
    assert findings.exit is Exit.UNPROVEN
    assert "no entry of the export recorded it" in said(findings)


def test_a_receipt_without_its_entry_is_not_enough(check: Check, genuine: bytes):
    leaves = [writer.leaf_hash(body) for body in check.ledger(recorded(genuine))]
    (check.folder / "receipt").write_bytes(writer.receipt(SEQ, leaves))
    assert check(genuine, "--receipt", check.folder / "receipt").exit is Exit.UNREADABLE


FORGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "data of another state": (lambda: drawn(said_root=bytes(32)), "counted from another state"),
    "another root of as many": (
        lambda: drawn(note=writer.checkpoint(LEAVES).decode(), root=bytes(32)),
        "is not of the 260 entries that were counted",
    ),
    "a checkpoint of more": (lambda: drawn(counted=249), "is not of the 249 entries"),
    "a checkpoint of a thief": (
        lambda: drawn(note=writer.checkpoint(LEAVES[:250], writer.Signer(writer.ORIGIN, seed="thief")).decode()),
        "no key that the policy names",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_report_that_contradicts_itself_is_refuted(name: str, check: Check):
    draw, words = FORGED[name]
    findings = check(draw())
    assert findings.exit is Exit.REFUTED
    assert words in said(findings)


def test_a_root_that_the_checkpoint_does_not_cover_is_compared_with_the_export(check: Check):
    forged = drawn(root=bytes(32))
    assert check(forged).exit is Exit.UNPROVEN
    findings = check.by_export(forged, recorded(forged))
    assert "not that of the first 260 entries" in said(findings)
    fork = drawn(note=writer.note(writer.ORIGIN, 250, bytes(32)).decode())
    assert "the checkpoint in the report, of size 250, has another root" in said(check.by_export(fork, recorded(fork)))
    larger = drawn(counted=301)
    assert "the export has only 300" in said(check.by_export(larger, recorded(larger)))


def test_another_form_of_file_is_not_read(genuine: bytes):
    update = genuine + b"\n1 0 obj\n<<>>\nendobj\nxref\n0 0\ntrailer\n<</Size 1/Root 1 0 R>>\nstartxref\n9\n%%EOF"
    start = int(re.findall(rb"startxref\n([0-9]+)", genuine)[0])
    at = genuine.index(b"<</Type/Filespec/F(proof.json)")
    others = [
        b"", b"%PDF-1.7\n", b"%PDF-1.7\ntrailer\n", update, genuine[:-6], genuine + b"x", genuine[1:],
        genuine.replace(b"/Names<</EmbeddedFiles", b"/Nemes<</EmbeddedFiles"),
        re.sub(rb"\(report\.json\)([0-9]+)", rb"(proof.json)\g<1>0", genuine),
        genuine.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + 1)),
        genuine.replace(b"startxref\n%d" % start, b"startxref\n999999999"),
        genuine[:at] + genuine[at:].replace(b"/UF(proof.json)", b"/UF(qroof.json)", 1),
        genuine.replace(b"/Type/EmbeddedFile/Filter/FlateDecode", b"/Type/EmbeddedFile/Filter/FlateDecodf"),
        re.sub(rb"<</Length ([0-9])([0-9]+)/Type/EmbeddedFile", rb"<</Length 1\2/Type/EmbeddedFile", genuine),
        genuine.replace(b"xref\n0 ", b"xref\n1 ", 1),
    ]  # fmt: skip
    for number, other in enumerate(others):
        assert other != genuine, number
        with pytest.raises(Unreadable):
            read_attachments(other)


SAID = json.dumps({"proof": {"last": 1, "root": "ab" * 32}}).encode()
PROOF = {"seq_limit": 1, "root": "ab" * 32, "checkpoint": HEAD}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"report.json": SAID},
        {"report.json": SAID, "proof.json": b"{}", "more.json": b"{}"},
        *(
            {"report.json": SAID, "proof.json": raw}
            for raw in (b"", b"[]", b"{}", b"\xff", b'{"a":1,"a":1}', b"[" * 9999)
        ),
        *(
            {"report.json": SAID, "proof.json": json.dumps(PROOF | over).encode()}
            for over in ({"seq_limit": "1"}, {"seq_limit": True}, {"seq_limit": -2}, {"root": "ab"}, {"root": 1})
        ),
        *(
            {"report.json": SAID, "proof.json": json.dumps(PROOF | {"checkpoint": note}).encode()}
            for note in ("", 1, "\ud800")
        ),
        {"report.json": b"[]", "proof.json": json.dumps(PROOF).encode()},
    ],
)
def test_attachments_of_another_form_are_not_read(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("oversight_verify.report.read_attachments", lambda _: files)
    with pytest.raises(Unreadable):
        begin(b"", Findings())


def test_options_that_say_nothing_about_a_report_or_twice_the_same_are_refused(tmp_path: Path):
    for given in (
        ["r.pdf", "--proof", "p"],
        [str(tmp_path), "--receipt", "r"],
        ["r.pdf", "--export", "e", "--receipt", "r"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(given)
        assert ended.value.code == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("data_dir")
def test_a_report_of_the_product_is_proven_by_its_export_and_by_its_receipt(agent: Agent, tmp_path: Path):
    send(agent, event(decision="rb-1", outcome={"status": "succeeded", "detail": "ok"}))
    now = clock.now()
    build = ReportBuild.objects.create(id=uuid.uuid4(), period=f"{now:%Y-%m}", requested_at=now, updated_at=now)
    run(build)
    checkpoints.publish()
    export(tmp_path / "export")
    policy, proof = tmp_path / "policy", tmp_path / "report.tlog-proof"
    policy.write_text(published.policy() or "")
    row = Report.objects.get()
    proof.write_text(receipt(row.seq))
    file = folder(build.id) / "report.pdf"
    choices: list[list[str | Path]] = [["--export", tmp_path / "export"], ["--receipt", proof]]
    for given in choices:
        findings = verify("report", file, "--policy", policy, *given)
        assert findings.exit is Exit.PROVEN, said(findings)
        assert (findings.facts["recorded"], findings.facts["counted"]) == (row.seq, row.seq_limit + 1)
    assert json.loads(attached(file.read_bytes())["proof.json"])["seq_limit"] == row.seq_limit
