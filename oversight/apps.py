"""Registers the start-up checks and the mark of a sign-in."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "oversight"

    def ready(self) -> None:
        from oversight import checks, sign_in  # noqa: F401 - both register themselves
