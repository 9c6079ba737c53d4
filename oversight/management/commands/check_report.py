"""Compute a report anew from an export of the ledger and draw it anew. The exit code is the result; it changes nothing here."""

import io
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from approvals.reports.recount import Outcome, UnreadableError, recount
from decisions.reload import ReloadError
from oversight import env

FORMATS = ("json", "proof", "pdf", "html", "xlsx", "csv")
NAMES = {
    format_: f"{'proof' if format_ == 'proof' else 'report'}.{'json' if format_ == 'proof' else format_}"
    for format_ in FORMATS
}


class Command(BaseCommand):
    help = (
        "Recompute REPORT, a PDF or the folder of a report's files, from the export in DIR, and draw its files anew. "
        "It reads these alone: a database of its own is made in a temporary folder and removed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("report", metavar="REPORT", type=Path)
        parser.add_argument(
            "--export",
            metavar="DIR",
            type=Path,
            required=True,
            help="as written by export_ledger --with-disclosures",
        )
        parser.add_argument(
            "--here",
            action="store_true",
            help="use the database of the settings, which must be empty, instead of a new one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["here"]:
            sys.exit(_elsewhere(options["report"], options["export"]))
        call_command("migrate", verbosity=0)
        try:
            outcome = recount(_files(options["report"]), options["export"], progress=self._progress)
        except (ReloadError, UnreadableError, OSError) as error:
            raise CommandError(f"Nothing was compared: {error}.") from None
        self._say(outcome)
        if outcome.wrong:
            sys.exit(1)

    def _say(self, outcome: Outcome) -> None:
        for sign, lines in (("ok", outcome.held), ("WRONG", outcome.wrong), ("left out", outcome.left)):
            for line in lines:
                self.stdout.write(f"{sign:9}{line}")
        self.stdout.write(
            "This report is not what the ledger says." if outcome.wrong else "This report is what the ledger says."
        )

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {total:,} entries", ending="\n" if done == total else "")


def _elsewhere(report: Path, export: Path) -> int:
    """Run in a process whose database is new, and in a folder that is removed with it; its exit code."""
    with tempfile.TemporaryDirectory(prefix="oversight-check-") as scratch:
        command = [sys.executable, sys.argv[0], "check_report", str(report), "--export", str(export), "--here"]
        return subprocess.run(command, env=env.apart(scratch), check=False).returncode  # noqa: S603 - our own command


def _files(report: Path) -> dict[str, bytes]:
    """The files of a report by format: those of the folder, or the PDF and what is attached to it. Raises UnreadableError, OSError."""
    if report.is_dir():
        found = {format_: (report / name).read_bytes() for format_, name in NAMES.items() if (report / name).is_file()}
    else:
        found = {"pdf": report.read_bytes()}
        found |= _attached(found["pdf"])
    if not {"json", "proof"} <= found.keys():
        raise UnreadableError(f"{report} has no report.json with a proof.json")
    return found


def _attached(raw: bytes) -> dict[str, bytes]:
    try:
        held = PdfReader(io.BytesIO(raw)).attachments
        return {format_: held[NAMES[format_]][0] for format_ in ("json", "proof") if held.get(NAMES[format_])}
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableError("the PDF cannot be read") from None
