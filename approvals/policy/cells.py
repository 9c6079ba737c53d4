"""The table as cells: every tier × kind × class of environment, what two versions say of each, and one cell changed. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from approvals.policy.table import Policy, row_for
from decisions import kinds
from decisions.ports import Ruleable
from decisions.vocab import ENVIRONMENTS, TIERS

OTHER = ""
"""Stands for every kind of action that nothing names."""


@dataclass(frozen=True, slots=True)
class Cell:
    tier: int
    kind: str
    environment: str

    @property
    def kind_words(self) -> str:
        return self.kind or "any other kind"

    @property
    def words(self) -> str:
        return f"tier {self.tier} · {self.kind_words} · {self.environment}"

    @property
    def action(self) -> Ruleable:
        """An action of this cell that states its undo and holds nothing of note."""
        reversible = kinds.reversible(self.kind)
        return Ruleable(
            kind=self.kind,
            service="",
            resource="",
            data_class="",
            tier=self.tier,
            environment_class=self.environment,
            parameters={},
            agent_id="",
            has_undo=True,
            registered=True,
            risk=kinds.risk_of(self.tier, self.environment, reversible=reversible),
            reversible=reversible,
        )


def kinds_of(*policies: Policy) -> list[str]:
    """Every kind of action that we or the policies name, and the one that stands for all others."""
    named = set(kinds.ACTION_KINDS)
    for policy in policies:
        named |= policy.irreversible
        named = named.union(*(row.kinds for row in policy.rows))
        for exception in policy.exceptions:
            for part in exception.when:
                values = part.value if isinstance(part.value, list | tuple) else [part.value]
                if part.field == "kind" and part.op in ("eq", "in"):
                    named |= {str(value) for value in values}
    return [*sorted(named), OTHER]


def cells(*policies: Policy) -> Iterator[Cell]:
    """Every cell of the tables of `policies`."""
    for tier in TIERS:
        for environment in ENVIRONMENTS:
            for kind in kinds_of(*policies):
                yield Cell(tier, kind, environment)


def place_of(policy: Policy, cell: Cell) -> str:
    """Where in its document `policy` says what holds in `cell`."""
    row = row_for(policy, cell.tier, cell.kind, cell.environment)
    return f"matrix[{policy.rows.index(row)}]" if row else "defaults"


def with_cell(document: Mapping[str, Any], cell: Cell, level: str, requirement: str) -> dict[str, Any]:
    """`document` with one cell of its table at `level`: a row before all others, in place of an earlier one for the same cell."""
    names: dict[str, Any] = {"tier": cell.tier, "kind": cell.kind, "environment": cell.environment}
    row = {**names, "level": level, **({"requirement": requirement} if requirement else {})}
    rows = document.get("matrix", [])
    kept = (
        [other for other in rows if {name: other.get(name) for name in names} != names]
        if isinstance(rows, list)
        else []
    )
    return {**document, "matrix": [row, *kept]}
