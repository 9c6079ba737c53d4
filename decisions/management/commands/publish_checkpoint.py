"""Sign the ledger's head and keep the note in the database and outside it. The exit code is the result."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from decisions import checkpoints
from decisions.checkpoints import AwayError, DisagreementError


class Command(BaseCommand):
    help = "Publish a signed checkpoint of the ledger; refuses where the ledger does not extend the last one."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            note = checkpoints.publish()
        except DisagreementError as error:
            raise CommandError(f"Nothing was signed: {error}. Run verify_ledger.") from None
        except AwayError as error:
            raise CommandError(f"Nothing was signed: {error}.") from None
        self.stdout.write(note, ending="")
