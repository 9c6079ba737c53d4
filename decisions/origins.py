"""The names that this ledger has had: it begins under one and goes on under another when that one is retired.

A retirement is a `key.rotated` that names an origin. It is the first entry under the new name, and says how far
the ledger still extends what was signed under the old one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from decisions import ledger
from decisions.models.ledger import Head
from decisions.vocab import Kind


@dataclass(frozen=True, slots=True)
class Retirement:
    """`old` was retired by entry `seq`: its checkpoints of more than `kept` entries are of entries that are not here."""

    seq: int
    old: str
    new: str
    kept: int


def renamed(facts: Mapping[str, Any]) -> str:
    """The name that a `key.rotated` gives the ledger; empty where it keeps its name."""
    return str(facts["origin"] or "")


def of(head: Head) -> str:
    """The name under which the ledger goes on."""
    return str(head.origin) or str(settings.LOG_ORIGIN)


def retirements() -> Iterator[Retirement]:
    """Every retirement that was recorded, in order."""
    old = str(settings.LOG_ORIGIN)
    for page in ledger.pages_of([Kind.KEY_ROTATED], 0, ledger.size()):
        for entry in page:
            if new := renamed(entry.facts):
                yield Retirement(entry.seq, old, new, int(entry.facts["kept_size"]))
                old = new
