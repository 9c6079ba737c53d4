"""Check the ledger from its first entry to its last. The exit code is the result; it must not repair anything."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from decisions import notes, signing
from decisions.signing import BadNoteError
from decisions.verify import Verdict, verify_ledger


class Command(BaseCommand):
    help = "Recompute the whole ledger from its entries and compare it with its head and every checkpoint kept of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoint",
            action="append",
            default=[],
            metavar="FILE",
            help="a signed note kept elsewhere; may be repeated",
        )
        parser.add_argument("--key", metavar="VKEY", help="the verifier key to trust, instead of this ledger's own")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            given = [notes.read(Path(name)) for name in options["checkpoint"]]
            key = signing.read_vkey(options["key"])[1] if options["key"] else None
        except (OSError, BadNoteError) as error:
            raise CommandError(str(error)) from None
        verdict = verify_ledger(checkpoints=given, public_key=key, progress=self._progress)
        self.stdout.write(_as_json(verdict) if options["json"] else _as_text(verdict))
        if not verdict.clean:
            sys.exit(1)

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {total:,} entries", ending="\n" if done == total else "")


def _as_json(verdict: Verdict) -> str:
    first = verdict.first
    whole = {"clean": verdict.clean, **asdict(verdict), "first": asdict(first) if first else None}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _as_text(verdict: Verdict) -> str:
    lines = [
        f"{verdict.size:,} entries, root {verdict.root}",
        f"{verdict.tiles:,} stored tiles are those of the entries",
        f"{verdict.checkpoints:,} kept checkpoints agree; {verdict.erased:,} disclosures are erased",
    ]
    if verdict.first is None:
        return "\n".join([*lines, "The ledger is clean."])
    lines.append(f"The ledger is NOT clean. {verdict.first.words}")
    lines += [fault.words for fault in verdict.faults[1:]]
    return "\n".join(lines)
