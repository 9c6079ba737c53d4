"""Stop AI: after this is acknowledged, nothing in its scope is claimed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from approvals import access
from approvals.projections.freezes import covered
from decisions import register
from decisions.endings import expiry
from decisions.envelope import Draft
from decisions.errors import bad_request
from decisions.models import Decision, Freeze, Service
from decisions.moment import Moment
from decisions.recording import record
from decisions.states import effective_state
from decisions.vocab import ENVIRONMENTS, Basis, FreezeMode, FreezeScope, Kind, State

MOST = 200
IN_FLIGHT = (State.SUGGESTED, State.PENDING, State.WINDOW, State.AUTHORIZED, State.EXECUTING)


def set_freeze(*, scope: FreezeScope, value: str, mode: FreezeMode, reason: str, actor: UUID) -> Freeze:
    """The freeze in force of that scope and mode, set now unless it was. Raises a Problem: 400, 403.

    What was authorised and is covered expires with it, so that no permission from before a stop survives it; holds and
    windows stand still.
    """

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        access.require(known, actor, access.STOPS, "stop agents")
        _check(known, scope, value)
        if _same(scope, value, mode).exists():
            return []
        freeze = Freeze(scope=scope, value=value, mode=mode)
        authorised = Decision.objects.filter(covered(freeze), state=State.AUTHORIZED, complete=True)
        if mode is FreezeMode.AUTONOMY:
            authorised = authorised.exclude(basis=Basis.QUORUM)
        stop = Draft(
            kind=Kind.FREEZE_SET,
            actor=f"person:{actor}",
            facts={
                "kv": 1,
                "scope": str(scope),
                "value": value,
                "mode": str(mode),
                "in_flight": in_flight(freeze, moment.now),
            },
            disclosed={"reason": reason} if reason else {},
        )
        return [stop, *(expiry(row) for row in authorised.order_by("seq"))]

    record(decide, principal=f"person:{actor}", urgent=True)
    return _same(scope, value, mode).get()


def in_flight(freeze: Freeze, now: datetime) -> list[list[str]]:
    """What `freeze` finds open or at work, by id and state: at most two hundred, oldest first."""
    rows = Decision.objects.filter(covered(freeze), state__in=IN_FLIGHT, complete=True).order_by("seq")
    states = ((str(row.id), effective_state(row, now)) for row in rows[:MOST])
    return [[id_, str(state)] for id_, state in states if state in IN_FLIGHT]


def _same(scope: FreezeScope, value: str, mode: FreezeMode) -> "QuerySet[Freeze]":
    return Freeze.objects.filter(scope=scope, value=value, mode=mode, lifted_at__isnull=True)


def _check(known: register.Register, scope: FreezeScope, value: str) -> None:
    """Raise a 400 problem for a scope that covers nothing we know: a stop that stops nothing must not look like one."""
    there: dict[FreezeScope, Collection[str] | QuerySet[Any, str]] = {
        FreezeScope.EVERYTHING: ("",),
        FreezeScope.ENVIRONMENT: ENVIRONMENTS,
        # Retired ones too: what was asked before may still be open.
        FreezeScope.SERVICE: Service.objects.values_list("slug", flat=True),
        FreezeScope.AGENT: [str(agent) for agent in known.agents],
    }
    if value not in there[scope]:
        raise bad_request("There is nothing of that name to stop.", "unknown-scope")
