"""Make a policy file the version in force."""

from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.actions.activate_policy import activate_policy
from approvals.documents import read_yaml
from decisions.errors import Problem


class Command(BaseCommand):
    help = "Activate a policy from a YAML file as the next version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = read_yaml(options["file"].read_text())
        except (OSError, yaml.YAMLError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        if not isinstance(document, dict):
            raise CommandError(f"{options['file']} holds no policy")
        try:
            recorded = activate_policy(document)
        except Problem as problem:
            faults = problem.extra.get("errors", [problem.detail])
            raise CommandError("\n".join([f"{problem.title}; nothing was changed:", *faults])) from None
        self.stdout.write(f"Activated by entry {recorded.last_seq}.")
