"""Build a board report; the body of the child process that the worker starts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.models import ReportBuild
from approvals.periods import Period, Scope
from approvals.reports.files import folder
from approvals.reports.run import run
from decisions import clock


class Command(BaseCommand):
    help = "Build the board report of a period, or go on with a build that was requested."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--period", help="a month, 2026-10, or first and last day, 2026-10-05..2026-11-01")
        which.add_argument("--build", help="the id of a requested build")
        parser.add_argument("--scope", default="", help="team:<name> or service:<slug>; the whole organisation without")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["build"]:
            build = ReportBuild.objects.filter(id=options["build"]).first()
            if build is None:
                raise CommandError("there is no such build")
        else:
            try:
                period, scope = Period.read(options["period"]), Scope.read(options["scope"])
            except ValueError as error:
                raise CommandError(str(error)) from None
            now = clock.now()
            build = ReportBuild.objects.create(
                period=period.key, scope=scope.key, state="building", requested_at=now, updated_at=now
            )
        run(build)
        self.stdout.write(str(folder(build.id)))
