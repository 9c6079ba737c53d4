"""`manage.py find_disclosed TEXT`: the entries that disclose it, to be erased."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from decisions import disclosures


class Command(BaseCommand):
    help = (
        "Open every disclosure and name the entries that hold TEXT, with the names under which they do: what an erasure "
        "takes. Upper and lower case count as one. It reads the whole ledger."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text")

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for seq, names in disclosures.holding(options["text"]):
            found += 1
            self.stdout.write(f"{seq}: {', '.join(names)}")
        self.stdout.write(f"{found:,} entries hold it.")
