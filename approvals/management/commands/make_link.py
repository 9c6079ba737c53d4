"""Print a one-time link for somebody who cannot sign in, where no administrator can make one on the person's page."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.actions.admit import make_link, reset_factor
from decisions.errors import Problem
from decisions.models import Person


class Command(BaseCommand):
    help = "Print a one-time link with which a person chooses a password; with --remove-factor their second factor goes too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--remove-factor", action="store_true", help="remove a second factor that was lost")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"there is no person {options['username']} in the register")
        try:
            if options["remove_factor"]:
                reset_factor(person.id, actor=None)
            self.stdout.write(f"{settings.PUBLIC_URL}/welcome/{make_link(person.id, actor=None)}/")
        except Problem as problem:
            raise CommandError(problem.detail or problem.title) from None
