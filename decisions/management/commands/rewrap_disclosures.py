"""`manage.py rewrap_disclosures`: put the key of every disclosure, and of every secret of a source, under the first of OVERSIGHT_DISCLOSURE_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from decisions import disclosures
from decisions.auth import sources


class Command(BaseCommand):
    help = (
        "Wrap the key of each disclosure and of each secret of a source anew, under the first key of "
        "OVERSIGHT_DISCLOSURE_KEY. Stopped anywhere, it goes on when it is run again. When it has ended, the other keys "
        "may be destroyed: what was erased is then gone from every backup too, and older backups open nothing any more."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for count in disclosures.rewrap():
            self.stderr.write(f"\r{count:,} keys looked at", ending="")
        count += sources.rewrap()
        self.stdout.write(f"\n{count:,} keys are under the first key; the others may be destroyed.")
