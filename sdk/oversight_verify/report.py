"""Checks a board report in PDF: the head of the ledger in it, and whether the ledger recorded this very file.

It must not judge a figure: which figures follow from the entries is for who computes them anew.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from oversight_verify.attachments import read_attachments
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.findings import Findings
from oversight_verify.leaf import read_leaf
from oversight_verify.note import Checkpoint, read_checkpoint
from oversight_verify.policy import Policy
from oversight_verify.receipt import check_receipt, read_receipt
from oversight_verify.signers import NO_POLICY, Signers
from oversight_verify.strict import count, shown
from oversight_verify.whole import Whole

BUILT, ISSUED = "report.built", "report.issued"
UNRECORDED = (
    "That this file is the report that the ledger recorded: give the export with --export, or with --receipt the receipt of the "
    "entry that recorded it. Anyone can attach genuine proofs to other pages."
)
_ROOT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Report:
    """A report, and what the files attached to it say of the ledger that it was counted from."""

    digests: dict[str, str]
    """Of the PDF and the files in it, by the names under which an entry has them."""
    checkpoint: Checkpoint
    size: int
    """How many entries were counted."""
    root: bytes


def read_report(raw: bytes) -> Report:
    """The report in the PDF `raw`. Raises Unreadable, or Refuted where its parts contradict each other."""
    attached = read_attachments(raw)
    if attached.keys() != {"report.json", "proof.json"}:
        raise Unreadable("a report has report.json and proof.json attached, and nothing else")
    said, proof = _object(attached["report.json"]), _object(attached["proof.json"])
    last, root, note = proof.get("seq_limit"), proof.get("root"), proof.get("checkpoint")
    if (
        type(last) is not int
        or last < -1
        or not isinstance(note, str)
        or not isinstance(root, str)
        or not _ROOT.fullmatch(root)
    ):
        raise Unreadable("proof.json does not have seq_limit, root and checkpoint")
    printed = said.get("proof")
    if not isinstance(printed, dict) or (printed.get("last"), printed.get("root")) != (last, root):
        raise Refuted("report.json was counted from another state of the ledger than proof.json proves")
    checkpoint = read_checkpoint(note.encode(errors="replace"))
    if checkpoint.size > last + 1 or (checkpoint.size == last + 1 and checkpoint.root.hex() != root):
        raise Refuted(
            f"the checkpoint in the report is not of the {last + 1:,} entries that were counted: one of them was changed"
        )
    files = {"pdf": raw, "json": attached["report.json"], "proof": attached["proof.json"]}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return Report(digests, checkpoint, last + 1, bytes.fromhex(root))


def begin(raw: bytes, findings: Findings) -> Report:
    """The report in the PDF `raw`, and into `findings` what it is. Raises Refuted or Unreadable."""
    report = read_report(raw)
    findings.facts |= {"counted": report.size, "sha256": report.digests["pdf"]}
    findings.open.append("That its figures follow from the entries: who wants to know counts them anew.")
    return report


def alone(report: Report, policy: Policy | None, findings: Findings) -> None:
    """Put into `findings` what `report` proves by itself. Raises Refuted."""
    _subject(report, findings)
    _judge(report, policy, findings)
    findings.missing.append(UNRECORDED)


def by_receipt(report: Report, receipt: bytes, policy: Policy | None, findings: Findings) -> None:
    """As `alone`, with the receipt of the entry that recorded the report."""
    held = read_receipt(receipt)
    if held.extra is None:
        raise Unreadable("the receipt does not hold its entry")
    check_receipt(receipt, None, policy, findings)
    leaf = read_leaf(held.extra)
    if (
        leaf["kind"] not in (BUILT, ISSUED)
        or leaf["log"] != report.checkpoint.origin
        or not _records(leaf["facts"], report)
    ):
        raise Refuted(f"entry {held.index} did not record this file: it is another one, or was changed since")
    _judge(report, policy, findings)
    _say_recorded(held.index, report, findings)
    if leaf["kind"] == ISSUED:
        _say_issued(held.index, leaf["facts"], findings)
    else:
        findings.open.append(
            "That it was signed and issued: give the receipt of the entry that issued it, or the export."
        )
    _subject(report, findings)


def by_export(report: Report, whole: Whole, findings: Findings) -> None:
    """As `alone`, with a ledger that was checked together with the report's own checkpoint."""
    if report.size > whole.size:
        raise Refuted(
            f"the report counted {report.size:,} entries and the export has only {whole.size:,}: export anew, or its end was removed"
        )
    if whole.root_at(report.size) != report.root:
        raise Refuted(
            f"the root in the report is not that of the first {report.size:,} entries: it was counted from other ones"
        )
    findings.proven.append(
        f"The root in the report is that of the {count(report.size, 'entry', 'entries')} that were counted."
    )
    recorded = [seq for seq, facts in whole.reports if _records(facts, report)]
    if recorded:
        _say_recorded(recorded[0], report, findings)
        _say_what_became_of_it(report, whole, findings)
    elif any(_digest(facts, "json") == report.digests["json"] for _, facts in whole.reports):
        raise Refuted("the ledger recorded another PDF of the same data: this one was changed")
    else:
        findings.missing.append("That this file is a report of this ledger: no entry of the export recorded it.")
    _subject(report, findings)


def _subject(report: Report, findings: Findings) -> None:
    counted = count(report.size, "entry", "entries")
    findings.subject = f"Board report, counted from {counted} of the ledger {shown(report.checkpoint.origin)}"


def _judge(report: Report, policy: Policy | None, findings: Findings) -> None:
    """Who signed the checkpoint in the report, and how much of what was counted it covers."""
    head = report.checkpoint
    if policy is None:
        findings.missing += [NO_POLICY] if NO_POLICY not in findings.missing else []
    else:
        Signers(policy, head.origin).judge(head, findings)
    if head.size == report.size:
        findings.proven.append(
            f"The checkpoint in the report is of the very {count(head.size, 'entry', 'entries')} that were counted."
        )
    else:
        findings.open.append(
            f"That the {report.size - head.size:,} entries counted beyond the checkpoint in the report are those of the ledger: give --export."
        )


def _records(facts: dict[str, Any], report: Report) -> bool:
    return facts.get("seq_limit") == report.size - 1 and all(
        _digest(facts, name) == digest for name, digest in report.digests.items()
    )


def _say_what_became_of_it(report: Report, whole: Whole, findings: Findings) -> None:
    """Whether an entry issued it, and whether another edition took its place."""
    issued = [(seq, facts) for seq, facts in whole.issued if _records(facts, report)]
    if not issued:
        findings.open.append("That it is more than a draft: no entry of the export issued it.")
        return
    seq, facts = issued[0]
    _say_issued(seq, facts, findings)
    for later, said in whole.issued:
        if said.get("supersedes") is not None and said.get("supersedes") == facts.get("report"):
            findings.open.append(
                f"What it says is no longer the last word: entry {later:,} issued another edition in its place."
            )


def _say_issued(seq: int, facts: dict[str, Any], findings: Findings) -> None:
    findings.facts["issued"] = seq
    findings.proven.append(f"Entry {seq:,} signed and issued it as report {facts.get('number')}.")


def _digest(facts: dict[str, Any], name: str) -> object:
    files = facts.get("files")
    made = files.get(name) if isinstance(files, dict) else None
    return made.get("sha256") if isinstance(made, dict) else None


def _say_recorded(seq: int, report: Report, findings: Findings) -> None:
    findings.facts["recorded"] = seq
    findings.proven.append(
        f"Entry {seq:,} recorded this very file, byte for byte, and both files that are attached to it (SHA-256 {report.digests['pdf']})."
    )


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Unreadable("a file attached to the report is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("a file attached to the report is not a JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found
