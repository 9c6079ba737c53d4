"""Write the published ledger as static files that anyone can check without this system. The exit code is the result."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from decisions.export import ExportError, export


class Command(BaseCommand):
    help = "Bring DIR to the newest checkpoint: tiles, entries, policy, checkpoint (C2SP tlog-tiles). Only what is new is written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument(
            "--with-disclosures",
            action="store_true",
            help="also write disclosures.jsonl: names, reasons and agents' words, as far as they are not erased",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = export(options["folder"], disclosed=options["with_disclosures"], progress=self._progress)
        except (ExportError, OSError) as error:
            raise CommandError(f"Nothing was published: {error}.") from None
        self.stdout.write(
            f"{done.size:,} entries of {done.origin}, root {done.root.hex()}, are in {options['folder']}."
        )

    def _progress(self, written: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{written:,} of {total:,} entries", ending="\n" if written == total else "")
