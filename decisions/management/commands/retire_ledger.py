"""Let the ledger go on under another name, after a restore or a compromise. Run it where the signer runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from decisions.signer import RefusedError
from decisions.signers import own


class Command(BaseCommand):
    help = "Retire the ledger's name: nothing is signed under it any more. The new name gets a key of its own."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the new name, a schema-less URL that was never used: example.com/ledger2")

    def handle(self, *args: Any, **options: Any) -> None:
        signer = own()
        if not signer.path.exists():
            raise CommandError(f"Nothing was ever signed from {signer.path}. Run it where the signer runs.")
        try:
            old = signer.retire(options["name"])
        except RefusedError as error:
            raise CommandError(f"Nothing was changed: {error}.") from None
        self.stdout.write(
            f"{old.origin} is retired; {old.size} entries were signed last. The next checkpoint records it and is the first of "
            f"{options['name']}. Tell witnesses and auditors the new name and its key: see /ledger/policy."
        )
