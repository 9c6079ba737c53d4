"""The seam: two sockets that `approvals` fills. It must not import what fills them.

The *gate* rules on actions; a gate that is missing or raises means that proposals are held. *Projections* apply
entries to read models; each kind of entry has exactly one owner.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from decisions.envelope import Entry
from decisions.vocab import Kind, Level, Risk

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ruleable:
    """What the gate may know of an action: all of it looked up by us or canonical, nothing that loosens."""

    kind: str
    service: str
    resource: str
    data_class: str
    tier: int | None
    environment_class: str
    parameters: Mapping[str, Any]
    agent_id: str
    has_undo: bool
    registered: bool
    risk: Risk
    reversible: bool | None
    hidden: bool = False
    """The action, or what its agent says of it, holds characters that nobody can see."""
    uninspectable: bool = False
    """It runs a command whose effect cannot be read from it."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy says of one action: how far the agent may go, and the rule that fired."""

    level: Level
    rule: str
    policy: Mapping[str, Any] | None
    """`{"ver": int, "sha256": hex}` of the version that ruled; None when there was none."""
    requirement: Sequence[Mapping[str, Any]] = ()
    """`[{"group": slug, "n": count}]`: who must approve, and how many of each."""
    hold: timedelta = timedelta(minutes=30)
    claim: timedelta = timedelta(minutes=10)
    window: timedelta | None = None
    """How much served time people have to veto, at L3."""
    protect: timedelta = timedelta(hours=1)
    """How long after the act any responder may order its revert."""
    frozen: bool = False
    """A freeze stops every act of the kind: a proposal is refused, a report is taken."""
    sign_off: timedelta | None = None
    """How long people have to judge the action after the fact; None when no sign-off is owed."""


class Gate(Protocol):
    def rule_many(self, actions: Sequence[Ruleable], *, config: str, at: datetime) -> list[Ruling]: ...


Projection = Callable[[Sequence[Entry]], None]


@dataclass
class Sockets:
    gate: Gate | None = None
    projections: dict[Kind, Projection] = field(default_factory=dict)


sockets = Sockets()

HELD = Ruling(Level.L2, "no-policy", None, sign_off=timedelta(hours=24))
"""What holds when nothing can rule: a person decides."""


def plug_gate(gate: Gate) -> None:
    sockets.gate = gate


def plug_projection(projection: Projection, kinds: Sequence[Kind]) -> None:
    """Make `projection` the owner of `kinds`. Raises ValueError if a kind has another owner."""
    for kind in kinds:
        if sockets.projections.setdefault(kind, projection) is not projection:
            raise ValueError(f"{kind} already has an owner")


def rule_many(actions: Sequence[Ruleable], *, config: str, at: datetime) -> list[Ruling]:
    """The rulings of `actions` at `at`, in order; never raises: what cannot be ruled is held.

    `at` is the time of record, so that the entry holds all that the ruling came of.
    """
    if sockets.gate is None:
        return [HELD] * len(actions)
    try:
        rulings = sockets.gate.rule_many(actions, config=config, at=at)
    except Exception:
        log.exception("the gate failed; everything is held")
        return [HELD] * len(actions)
    if len(rulings) != len(actions):
        log.error("the gate answered %d rulings for %d actions; everything is held", len(rulings), len(actions))
        return [HELD] * len(actions)
    return rulings
