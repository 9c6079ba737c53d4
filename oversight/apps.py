"""Registers the start-up checks, the mark of a sign-in, and the queue of the workers."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "oversight"

    def ready(self) -> None:
        from oversight import celery, checks, sign_in  # noqa: F401 - they register themselves
