"""Applies what people said to the read models. Pure functions of the entries; no clock, chance or settings."""

from approvals.projections import claimed, erased, freezes, policies, reports, said
from decisions.ports import plug_projection


def plug_own() -> None:
    """Fill the sockets of the kinds that `approvals` owns."""
    plug_projection(claimed.apply, claimed.KINDS)
    plug_projection(erased.apply, erased.KINDS)
    plug_projection(freezes.apply, freezes.KINDS)
    plug_projection(policies.apply, policies.KINDS)
    plug_projection(reports.apply, reports.KINDS)
    plug_projection(said.apply, said.KINDS)
