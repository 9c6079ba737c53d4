"""Publish a new key for verdict tokens."""

from typing import Any

from django.core.management.base import BaseCommand

from approvals import verdict_keys


class Command(BaseCommand):
    help = "Publish a new key for verdict tokens; it signs from ten minutes on, and keys that are over are removed."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict_keys.rotate()
        self.stdout.write("A new key is published. It signs in ten minutes.")
