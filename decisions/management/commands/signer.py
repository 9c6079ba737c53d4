"""Run the signer as a process of its own, which knows no database."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from decisions.signer import RefusedError
from decisions.signer_socket import Server
from decisions.signers import own


class Command(BaseCommand):
    help = "Sign checkpoints for the processes that have OVERSIGHT_SIGNER set to the same socket."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--socket", default=settings.SIGNER, help="where to listen; by default OVERSIGHT_SIGNER")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASE_URL:
            raise CommandError("The signer must not be able to reach the database: run it without DATABASE_URL.")
        if not options["socket"]:
            raise CommandError("Name a socket: set OVERSIGHT_SIGNER, or give --socket.")
        signer = own()
        try:
            state = signer.state()
        except RefusedError as error:
            # It serves all the same: whoever asks is told why.
            self.stderr.write(f"It will sign nothing: {error}")
        else:
            self.stdout.write(f"Signing {state.signed.origin} from size {state.signed.size}.")
        self.stdout.flush()
        with Server(signer, Path(options["socket"])) as server:
            server.serve_forever()
