"""Make a key for an agent and print it once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.actions.handle_key import make_key
from decisions.errors import Problem
from decisions.models import Agent
from decisions.vocab import Scope


class Command(BaseCommand):
    help = "Make a key for an agent of the register. It is printed once and kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("agent", help="the agent's slug")
        parser.add_argument("--scope", action="append", choices=list(Scope), help="may be repeated; default report")
        parser.add_argument("--days", type=int, default=90)

    def handle(self, *args: Any, **options: Any) -> None:
        agent = Agent.objects.filter(slug=options["agent"]).first()
        if agent is None:
            raise CommandError(f"{options['agent']} is not in the register")
        scopes = [Scope(scope) for scope in options["scope"] or [Scope.REPORT]]
        try:
            self.stdout.write(make_key(agent.id, scopes=scopes, days=options["days"], actor=None))
        except Problem as problem:
            raise CommandError(f"{problem.title}. {problem.detail}") from None
