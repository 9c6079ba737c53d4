"""Replay the ledger into the read models, or check that it would change nothing. The exit code is the result."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from decisions.rebuild import rebuild


class Command(BaseCommand):
    help = "Empty every read model and replay all entries into it. Writers wait until it is done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if a row would differ")

    def handle(self, *args: Any, **options: Any) -> None:
        rebuilt = rebuild(check=options["check"], progress=self._progress)
        self.stdout.write(f"{rebuilt.entries:,} entries make {rebuilt.rows:,} rows; {len(rebuilt.differences)} differ.")
        for difference in rebuilt.differences:
            self.stdout.write(difference)
        if options["check"] and rebuilt.differences:
            sys.exit(1)

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {total:,} entries", ending="\n" if done == total else "")
