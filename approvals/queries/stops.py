"""Freezes in force, and what they say of one decision. It must not write."""

from decisions.errors import Problem
from decisions.intake.ruleable import frozen
from decisions.models import Decision, Freeze
from decisions.vocab import Basis, FreezeMode


def in_force() -> list[Freeze]:
    """The freezes that nobody has lifted, oldest first."""
    return list(Freeze.objects.filter(lifted_at__isnull=True).order_by("seq"))


def modes_over(row: Decision) -> frozenset[str]:
    """The modes of the freezes that cover `row` now."""
    return frozenset(
        freeze.mode
        for freeze in in_force()
        if freeze.covers(service=row.service, environment_class=row.environment_class, agent_id=row.agent_id)
    )


def why_stopped(row: Decision, basis: Basis) -> Problem | None:
    """The 423 problem if a freeze forbids `row` to be acted on, or authorised, on `basis`; else None."""
    modes = modes_over(row)
    if FreezeMode.ALL in modes or (FreezeMode.AUTONOMY in modes and basis is not Basis.QUORUM):
        return frozen()
    return None
