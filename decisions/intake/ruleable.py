"""What the gate is asked of an action, and the state its ruling starts a proposal in. It must not believe what the agent says of itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from decisions import kinds, register
from decisions.envelope import Entry
from decisions.errors import Problem
from decisions.intake.screening import Found, screen_stored
from decisions.ports import Ruleable, Ruling
from decisions.vocab import Level, Risk, State


def ruleable(canonical: Mapping[str, Any], agent: UUID, known: register.Register, found: Found) -> Ruleable:
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
        risk=kinds.risk_of(service.tier if service else None, environment, reversible=reversible),
        reversible=reversible,
        hidden=found.hidden,
        uninspectable=found.uninspectable,
    )


def ruleable_of_entry(entry: Entry) -> Ruleable | None:
    """What the gate knew of the action when `entry`, an `action.*`, was recorded; None where it was erased since.

    With `entry.at` it is the complete input of the ruling: what the register said then stands in the facts.
    """
    facts, names = entry.facts, entry.disclosed.get("names")
    canonical = entry.disclosed.get("action", {}).get("canonical")
    if canonical is None or names is None:
        return None
    if "hidden" in facts:
        found = Found(facts["hidden"], facts["uninspectable"])
    else:
        # An entry of a time in which the findings were not written down: they follow from what was said.
        found = screen_stored(canonical, entry.disclosed.get("account", {}))
    target = canonical["target"]
    return Ruleable(
        kind=canonical["kind"],
        service=target["service"],
        resource=target.get("resource", ""),
        data_class=names.get("data_class", ""),
        tier=facts["tier"],
        environment_class=facts["environment_class"],
        parameters=canonical["parameters"],
        agent_id=facts["agent"],
        has_undo="undo" in canonical,
        registered=facts["service"] is not None,
        risk=Risk(facts["risk"]),
        reversible=facts["reversible"],
        hidden=found.hidden,
        uninspectable=found.uninspectable,
    )


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


def too_many_open() -> Problem:
    return Problem(
        429,
        "too-many-open",
        "Too much of this agent waits for people",
        f"At most {settings.OPEN_HOLDS} of its decisions may. Withdraw what is no longer needed, or wait.",
        {"retryable": True, "retry_after_s": 30},
    )
