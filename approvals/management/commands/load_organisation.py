"""Bring the register to what one YAML file states."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals import organisation
from approvals.actions.change_register import change_register
from decisions.errors import Problem


class Command(BaseCommand):
    help = "Load people, groups, services and agents from a YAML file. What the file does not name stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wanted = organisation.read(options["file"].read_text())
            lines = change_register(wanted, actor=None, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}") from None
        except organisation.BadOrganisationError as error:
            raise CommandError(
                "\n".join([f"{options['file']} has faults; nothing was changed:", *error.errors])
            ) from None
        except Problem as problem:
            raise CommandError(f"{problem.title}. {problem.detail}") from None
        for line in lines:
            self.stdout.write(line)
        said = "would change" if options["dry_run"] else "changed"
        self.stdout.write(f"{len(lines)} rows {said}.")
