"""What the gate is asked of an action, and the state its ruling starts a proposal in. It must not believe what the agent says of itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from decisions import kinds, register
from decisions.errors import Problem
from decisions.ports import Ruleable, Ruling
from decisions.vocab import Level, Risk, State


def ruleable(canonical: Mapping[str, Any], agent: UUID, known: register.Register) -> Ruleable:
    """What the gate may know of an action in its canonical form, by the register that is in force."""
    target, kind = canonical["target"], canonical["kind"]
    service = known.services.get(target["service"])
    environment = known.environment_class(target["service"], target["environment"])
    reversible = kinds.reversible(kind)
    return Ruleable(
        kind=kind,
        service=target["service"],
        resource=target.get("resource", ""),
        data_class=service.data_class if service else "",
        tier=service.tier if service else None,
        environment_class=environment,
        parameters=canonical["parameters"],
        agent_id=str(agent),
        has_undo="undo" in canonical,
        registered=service is not None,
        risk=risk_of(service.tier if service else None, environment, reversible=reversible),
        reversible=reversible,
    )


def risk_of(tier: int | None, environment_class: str, *, reversible: bool | None) -> Risk:
    """High: irreversible, or tier 0-1 in production. Low: reversible and (tier 3 or not production). Else medium."""
    strict = 0 if tier is None else tier
    if reversible is False or (strict <= 1 and environment_class == "prod"):
        return Risk.HIGH
    if reversible and (strict == 3 or environment_class != "prod"):
        return Risk.LOW
    return Risk.MEDIUM


def state_of_proposal(ruling: Ruling) -> State:
    """The state in which a proposal starts, by the level that was ruled."""
    return {
        Level.L0: State.DENIED,
        Level.L1: State.SUGGESTED,
        Level.L2: State.PENDING,
        Level.L3: State.WINDOW,
        Level.L4: State.AUTHORIZED,
    }[ruling.level]


def frozen() -> Problem:
    return Problem(
        423,
        "frozen",
        "People have stopped this agent or what it acts on",
        "Nothing was recorded but the attempt. Propose again after the freeze is lifted.",
        {"retryable": False},
    )
