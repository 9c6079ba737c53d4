"""Recorded runs of agents, one module a format: what each call did, why it was made, and how it ended."""

from decisions.intake.runs.formats import HEAD, Format, detect, read

__all__ = ["HEAD", "Format", "detect", "read"]
