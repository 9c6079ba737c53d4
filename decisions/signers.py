"""Which signer this installation has: its own, beside the data, or a process behind a socket. It must not ask it anything."""

from pathlib import Path
from typing import Protocol

from django.conf import settings

from decisions.signer import Signer, State
from decisions.signer_socket import Remote


class Signs(Protocol):
    """What signs. Both raise RefusedError and AwayError."""

    def state(self) -> State:
        """What was signed last, and with what keys."""

    def add(self, body: str) -> str:
        """The signature lines of the log for a submission."""


def signer() -> Signs:
    return Remote(settings.SIGNER) if settings.SIGNER else own()


def own() -> Signer:
    """The signer whose state lies in this process's data folder."""
    return Signer(Path(settings.DATA_DIR) / "keys", settings.LOG_ORIGIN)
