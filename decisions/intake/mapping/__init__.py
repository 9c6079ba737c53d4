"""The language that says, as data, how records of a foreign format become Readings. Pure; it must hold no format of its own."""

from decisions.intake.mapping.checking import Mapping, check, load
from decisions.intake.mapping.document import Document
from decisions.intake.mapping.explaining import Explained, explain
from decisions.intake.mapping.running import Ignored, Taken, read, take

__all__ = [
    "Document",
    "Explained",
    "Ignored",
    "Mapping",
    "Taken",
    "check",
    "explain",
    "load",
    "read",
    "take",
]
