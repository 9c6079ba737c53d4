"""What the racers of `tests.races.replica` do at their turns. Imported in their processes alone, once the product is set up."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connections

from approvals.actions.claim import claim
from approvals.actions.give_verdict import give_verdict
from approvals.actions.set_freeze import set_freeze
from approvals.vocab import VerdictWord
from decisions import recording
from decisions.errors import Problem
from decisions.intake.told import ref_key
from decisions.models import Decision
from decisions.vocab import FreezeMode, FreezeScope
from tests.races.replica import Race

Act = Callable[[], int]
"""Does it; the seq of the entry that was made."""


def claims(race: Race) -> Callable[[int], Act]:
    def turn(number: int) -> Act:
        row = Decision.objects.get(ref_key=ref_key(race.agent, race.names[number]))

        def act() -> int:
            asked = claim(
                row.id, claim_key="c", action_hash=row.action_hash, executor=f"runner-{number}", agent=race.agent
            )
            return asked.result().last_seq

        return act

    return turn


def vetoes(race: Race) -> Callable[[int], Act]:
    def turn(number: int) -> Act:
        row = Decision.objects.get(ref_key=ref_key(race.agent, race.names[number]))

        def act() -> int:
            said = give_verdict(row.id, verdict=VerdictWord.VETO, reason="", shown=None, actor=race.person)
            return said.first_seq

        return act

    return turn


def stops(race: Race) -> Callable[[int], Act]:
    def turn(number: int) -> Act:
        def act() -> int:
            freeze = set_freeze(
                scope=FreezeScope.SERVICE,
                value=race.service[number],
                mode=FreezeMode.ALL,
                reason="",
                actor=race.person,
            )
            return freeze.seq

        return act

    return turn


ROLES: Mapping[str, Callable[[Race], Callable[[int], Act]]] = {"claims": claims, "vetoes": vetoes, "stops": stops}


def outcome(act: Act, after: float) -> tuple[bool, Any]:
    """(whether `act` was done, its seq or the type of its problem), begun `after` so many seconds."""
    time.sleep(after)
    try:
        return True, act()
    except Problem as problem:
        return False, problem.slug


def end() -> None:
    recording.stop()
    connections.close_all()
