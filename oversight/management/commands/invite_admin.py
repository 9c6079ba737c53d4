"""Print a one-time link with which the first administrator is made."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from decisions.auth import links
from oversight.management.commands.up import address


class Command(BaseCommand):
    help = "Print a one-time link for the first administrator; refused where there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        if not links.needed():
            raise CommandError("there is an administrator already; people are made in the register")
        self.stdout.write(f"{address()}/welcome/{links.make()}/")
