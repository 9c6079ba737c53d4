"""Do a full check of the ledger that somebody asked for; the body of the child process that the worker starts."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.checking import OverError, Pulse, check_ledger
from approvals.models import LedgerCheck

BEHIND_OTHERS = 10


class Command(BaseCommand):
    help = "Go on with a check of the whole ledger that was asked for on its page, and record what came of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="the id of the check")

    def handle(self, *args: Any, **options: Any) -> None:
        check = LedgerCheck.objects.filter(id=options["id"], over=False).first()
        if check is None:
            raise CommandError("there is no such check, or it is over")
        # It takes minutes on a large ledger, and whoever waits for a verdict goes first.
        os.nice(BEHIND_OTHERS)
        try:
            with Pulse(check.id) as pulse:
                check_ledger(check, pulse.progress)
        except OverError:
            raise CommandError("the check was taken for dead and ended") from None
