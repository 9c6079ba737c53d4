"""The command `oversight-verify`: what is given on the command line, and what is printed. It must not check anything itself."""

import argparse
import os
import sys
from pathlib import Path

from oversight_verify.attachments import MAX_PDF
from oversight_verify.export import check_export
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.findings import Findings
from oversight_verify.layout import read_file
from oversight_verify.note import read_checkpoint
from oversight_verify.older import Older
from oversight_verify.pair import MAX_PROOF, check_order, check_pair, read_proof
from oversight_verify.policy import MAX_POLICY, Policy, of_key, read_policy
from oversight_verify.receipt import FIRST_LINE, MAX_RECEIPT, check_receipt, read_receipt
from oversight_verify.report import alone, begin, by_export, by_receipt
from oversight_verify.strict import shown

MAX_ENTRY = 65_535
EXPORT, RECEIPT, PAIR, REPORT = "an export", "a receipt", "two checkpoints", "a report"
FITS = {
    "checkpoint": {EXPORT, REPORT},
    "entry": {RECEIPT},
    "export": {PAIR, REPORT},
    "proof": {PAIR},
    "receipt": {REPORT},
}
EPILOG = "Exit code: 0 proven, 1 refuted, 2 cannot be read, 3 not proven as asked."


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="oversight-verify", description=__doc__, epilog=EPILOG)
    made.description = "Check an Oversight ledger offline: an export, a receipt, two checkpoints (the older one first), or a report in PDF."
    made.add_argument(
        "what",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a folder, a .tlog-proof file, two checkpoints, or [report] FILE.pdf",
    )
    trust = made.add_mutually_exclusive_group()
    trust.add_argument("--policy", type=Path, help="whom you trust: a tlog-policy file")
    trust.add_argument("--vkey", help="the log's key as name+id+key, where no witness is asked for")
    made.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="OLD",
        help="one that you kept, or a receipt with one; repeatable",
    )
    made.add_argument("--entry", type=Path, help="the bytes of the receipt's entry")
    made.add_argument(
        "--export",
        type=Path,
        metavar="DIR",
        help="the export that shows two checkpoints, or a report, to be of one ledger",
    )
    made.add_argument("--receipt", type=Path, help="the receipt of the entry that recorded the report")
    made.add_argument("--proof", type=Path, help="a consistency proof that shows it, one base64 hash a line")
    made.add_argument("--workers", type=int, default=cores(), help="processes; by default one for each core")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(argv: list[str] | None = None) -> int:
    asked = parser()
    chosen = asked.parse_args(argv)
    kind = kind_of(chosen.what)
    for option, fits in FITS.items():
        if getattr(chosen, option) and kind not in fits:
            asked.error(f"--{option} says nothing about {kind}")
    if chosen.export and chosen.receipt:
        asked.error("--export shows all that --receipt shows: give one of them")
    findings = run(kind, chosen)
    text = findings.as_json() + "\n" if chosen.json else findings.as_text()
    # A terminal of another encoding must not turn a verdict into a traceback.
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", errors="replace"))
    sys.stdout.flush()
    return int(findings.exit)


def kind_of(what: list[Path]) -> str:
    if what[-1].suffix.lower() == ".pdf" and what[:-1] in ([], [Path("report")]):
        return REPORT
    if len(what) == 2:
        return PAIR
    return EXPORT if len(what) == 1 and what[0].is_dir() else RECEIPT


def run(kind: str, chosen: argparse.Namespace) -> Findings:
    """What the check of `chosen` finds; whatever goes wrong is in the findings."""
    findings = Findings()
    try:
        _check(kind, chosen, findings)
    except Refuted as fault:
        findings.refuted += str(fault).split("\n")
    except Unreadable as fault:
        findings.unreadable.append(str(fault))
    except OSError as error:
        findings.unreadable.append(f"{shown(str(error.filename or 'a file'))}: {error.strerror or 'it cannot be read'}")
    return findings


def _check(kind: str, chosen: argparse.Namespace, findings: Findings) -> None:
    if len(chosen.what) > 2:
        raise Unreadable("give one folder, one receipt, or two checkpoints")
    policy = _policy(chosen)
    if kind == EXPORT:
        older = [_checkpoint(path) for path in chosen.checkpoint]
        check_export(chosen.what[0], policy, older, findings, chosen.workers)
    elif kind == REPORT:
        _report(chosen, policy, findings)
    elif kind == RECEIPT:
        entry = _read(chosen.entry, MAX_ENTRY) if chosen.entry else None
        check_receipt(_read(chosen.what[0], MAX_RECEIPT), entry, policy, findings)
    else:
        old, new = (_checkpoint(path) for path in chosen.what)
        if chosen.export:
            # The entries themselves show it: each checkpoint is compared with the tree at its size, also under a retired name.
            if old.checkpoint.origin == new.checkpoint.origin:
                check_order(old.checkpoint, new.checkpoint)
            check_export(chosen.export, policy, [old, new], findings, chosen.workers)
        else:
            proof = read_proof(_read(chosen.proof, MAX_PROOF)) if chosen.proof else None
            check_pair(old.checkpoint, new.checkpoint, proof, policy, findings)


def _report(chosen: argparse.Namespace, policy: Policy | None, findings: Findings) -> None:
    report = begin(_read(chosen.what[-1], MAX_PDF), findings)
    if chosen.export:
        older = [Older("the checkpoint in the report", report.checkpoint), *map(_checkpoint, chosen.checkpoint)]
        by_export(report, check_export(chosen.export, policy, older, findings, chosen.workers), findings)
    elif chosen.receipt:
        by_receipt(report, _read(chosen.receipt, MAX_RECEIPT), policy, findings)
    else:
        alone(report, policy, findings)


def _policy(chosen: argparse.Namespace) -> Policy | None:
    if chosen.vkey is not None:
        return of_key(chosen.vkey.strip())
    return read_policy(_read(chosen.policy, MAX_POLICY)) if chosen.policy else None


def _checkpoint(path: Path) -> Older:
    raw = _read(path, MAX_RECEIPT)
    try:
        found = read_receipt(raw).checkpoint if raw.startswith(FIRST_LINE) else read_checkpoint(raw)
        return Older(shown(str(path)), found)
    except Unreadable as fault:
        raise Unreadable(f"{shown(str(path))}: {fault}") from None


def _read(path: Path, limit: int) -> bytes:
    try:
        # A link that the auditor names is the auditor's; only those inside an export are not followed.
        return read_file(path.resolve(), limit)
    except Unreadable as fault:
        raise Unreadable(f"{shown(str(path))}: {fault}") from None
