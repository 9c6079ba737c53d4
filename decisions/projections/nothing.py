"""Kinds that only the ledger keeps: no read model shows them, but for the number that their source gave them."""

from collections.abc import Sequence

from decisions.envelope import Entry
from decisions.projections import sources
from decisions.vocab import Kind

KINDS = (Kind.ATTEMPT_REFUSED, Kind.IMPORT_MADE, Kind.KEY_ROTATED, Kind.LEDGER_CHECKED)


def apply(entries: Sequence[Entry]) -> None:
    sources.count(entries)
