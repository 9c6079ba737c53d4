"""Build a board report; the body of the child process that the worker starts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.actions.request_report import PERIOD
from approvals.models import ReportBuild
from approvals.reports.files import folder
from approvals.reports.run import run
from decisions import clock


class Command(BaseCommand):
    help = "Build the board report of a month, or go on with a build that was requested."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--period", help="a month such as 2026-10")
        which.add_argument("--build", help="the id of a requested build")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["build"]:
            build = ReportBuild.objects.filter(id=options["build"]).first()
            if build is None:
                raise CommandError("there is no such build")
        else:
            if not PERIOD.fullmatch(options["period"]):
                raise CommandError("the period must be a month such as 2026-10")
            now = clock.now()
            build = ReportBuild.objects.create(
                period=options["period"], state="building", requested_at=now, updated_at=now
            )
        run(build)
        self.stdout.write(str(folder(build.id)))
