"""The app of what agents did: fills the projections of its own kinds."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "decisions"

    def ready(self) -> None:
        from decisions.projections import plug_own

        plug_own()
