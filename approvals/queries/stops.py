"""What the freezes in force say of one decision, and what a stop found and would reach. It must not write."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.machine import ASK_STANDS
from decisions import register
from decisions.errors import Problem
from decisions.freezes import in_force, words
from decisions.intake.ruleable import frozen
from decisions.models import Decision, Freeze
from decisions.ports import Ruleable, Ruling
from decisions.states import effective_state
from decisions.vocab import HOLDING, Basis, FreezeMode, Level, State, word


def modes_over(row: Decision, freezes: Sequence[Freeze] | None = None) -> frozenset[str]:
    """The modes of the freezes that cover `row` now; of `freezes` where they are known."""
    return frozenset(
        freeze.mode
        for freeze in (in_force() if freezes is None else freezes)
        if freeze.covers(service=row.service, environment_class=row.environment_class, agent_id=row.agent_id)
    )


def why_stopped(row: Decision, basis: Basis, freezes: Sequence[Freeze] | None = None) -> Problem | None:
    """The 423 problem if a freeze forbids `row` to be acted on, or authorised, on `basis`; else None."""
    modes = modes_over(row, freezes)
    if FreezeMode.ALL in modes or (FreezeMode.AUTONOMY in modes and basis is not Basis.QUORUM):
        return frozen()
    return None


def stopped(ruling: Ruling, action: Ruleable, freezes: Sequence[Freeze]) -> Ruling:
    """`ruling` under the freezes that cover `action`: nothing at all, or nothing without a person."""
    modes = {
        freeze.mode
        for freeze in freezes
        if freeze.covers(service=action.service, environment_class=action.environment_class, agent_id=action.agent_id)
    }
    if FreezeMode.ALL in modes:
        return replace(ruling, level=Level.L0, rule="stopped by people", frozen=True)
    if FreezeMode.AUTONOMY in modes and ruling.level > Level.L2:
        return replace(ruling, level=Level.L2, rule="people have stopped what agents do alone", window=None)
    return ruling


def described(now: datetime, listed: Sequence[Freeze] | None = None) -> list[dict[str, Any]]:
    """Each freeze in force, or of `listed`, with its words, who set it, and what it found at work then and now."""
    listed = in_force() if listed is None else listed
    names = register.names({person for freeze in listed for person in (freeze.set_by, freeze.asked_by) if person})
    return [
        {
            "id": freeze.id,
            "seq": freeze.seq,
            "scope_words": words(freeze),
            "mode": freeze.mode,
            "reason": freeze.reason,
            "by": names.get(freeze.set_by, "a person who was erased") if freeze.set_by else "Oversight",
            "at": freeze.set_at,
            "asked_by": _asked(freeze, names, now),
            "asked_by_id": freeze.asked_by,
            "in_flight": _in_flight(freeze, now),
        }
        for freeze in listed
    ]


def _asked(freeze: Freeze, names: Mapping[UUID, str], now: datetime) -> str:
    """Who asked to lift it, while that still counts."""
    if freeze.asked_by is None or freeze.asked_at is None or now >= freeze.asked_at + ASK_STANDS:
        return ""
    return names.get(freeze.asked_by, "a person who was erased")


def _in_flight(freeze: Freeze, now: datetime) -> list[dict[str, Any]]:
    """What the stop found open or at work: the state it was in, and the state it is in now."""
    before = dict(freeze.in_flight)
    rows = Decision.objects.filter(id__in=list(before)).order_by("seq")
    return [
        {
            "id": row.id,
            "title": row.title,
            "before": word(State(before[str(row.id)])),
            "state": str(effective_state(row, now)),
        }
        for row in rows
    ]


def reach(now: datetime) -> dict[str, int]:
    """What a stop of everything would reach now: how many agents and services, and what is at work or waits."""
    known = register.latest()
    states = Counter(
        effective_state(row, now)
        for row in Decision.objects.filter(
            state__in=[*HOLDING, State.AUTHORIZED, State.EXECUTING], complete=True
        ).iterator()
    )
    return {
        "agents": sum(agent.active for agent in known.agents.values()),
        "services": len(known.services),
        "running": states[State.EXECUTING],
        "authorized": states[State.AUTHORIZED],
        "holds": sum(states[state] for state in HOLDING),
    }
