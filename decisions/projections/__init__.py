"""Applies entries to the read models: a pure function of the entries, in bulk. It must not ask clock, chance or settings."""

from collections.abc import Sequence
from itertools import groupby

from decisions.envelope import Entry
from decisions.ports import Projection, plug_projection, sockets
from decisions.projections import alarms, decided, evidence, nothing, registered
from decisions.projections.decided import decisions_by_ref
from decisions.vocab import Kind

__all__ = ["apply", "decisions_by_ref", "owner", "plug_own"]


def plug_own() -> None:
    """Fill the sockets of the kinds that `decisions` owns."""
    plug_projection(decided.apply, decided.KINDS)
    plug_projection(evidence.apply, evidence.KINDS)
    plug_projection(registered.apply, registered.KINDS)
    plug_projection(alarms.apply, alarms.KINDS)
    plug_projection(nothing.apply, nothing.KINDS)


def owner(kind: Kind) -> Projection:
    """The projection that owns `kind`. Raises KeyError where nobody does: the start-up check finds that first."""
    return sockets.projections[kind]


def apply(entries: Sequence[Entry]) -> None:
    """Apply `entries`, in ledger order, each run of one owner in bulk."""
    for project, run in groupby(entries, key=lambda entry: owner(entry.kind)):
        project(list(run))
