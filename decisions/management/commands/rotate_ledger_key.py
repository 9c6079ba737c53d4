"""Let a new key take the place of the one that signs the ledger. Run it where the signer runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from decisions.signer import RefusedError
from decisions.signers import own

DAY = 86400


class Command(BaseCommand):
    help = "Make a new signing key. Both keys sign for some days, then the old one stops by itself."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--overlap-days", type=int, default=30, help="how long both sign; 0 ends the old key at once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signer = own()
        if not 0 <= options["overlap_days"] <= 3650:
            raise CommandError("The overlap is a number of days from 0 to 3650.")
        try:
            if not signer.state().keys:
                raise CommandError(f"Nothing was ever signed from {signer.path}. Run it where the signer runs.")
            new = signer.rotate(options["overlap_days"] * DAY)
        except RefusedError as error:
            raise CommandError(f"No key was made: {error}.") from None
        self.stdout.write(f"{new.vkey}\nIt signs from {new.first} entries on; the next checkpoint records it.")
