"""What the tests of the gate ask of a decision, and how they let time pass. It must not hide what a test is about."""

from typing import Any
from uuid import uuid4

import pytest

from approvals.actions.activate_policy import activate_policy
from decisions import clock as product_clock
from decisions import ledger, served
from decisions.errors import Problem
from decisions.models import Agent, Decision
from decisions.states import effective_state
from decisions.vocab import Kind, State
from tests import factories
from tests.conftest import Clock

GEO = factories.action(service="geo")
"""At L3 by the example policy: unless vetoed."""
WIKI = factories.action(service="wiki")
"""At L4: alone."""


def now(row: Decision) -> State:
    return effective_state(Decision.objects.get(seq=row.seq), product_clock.now())


def again(row: Decision) -> Decision:
    return Decision.objects.get(seq=row.seq)


def refused(slug: str, function: Any, *args: Any, **kwargs: Any) -> Problem:
    """The problem with that name, which wrote nothing but the attempt."""
    size = ledger.size()
    with pytest.raises(Problem) as caught:
        function(*args, **kwargs)
    assert caught.value.slug == slug, caught.value
    assert [entry.kind for entry in ledger.entries(size, ledger.size() - 1)] in ([], [Kind.ATTEMPT_REFUSED])
    return caught.value


def serve(clock: Clock, seconds: float) -> None:
    """Let time pass while somebody who can veto is there."""
    served.tick()
    for _ in range(int(seconds)):
        clock.advance(seconds=1)
        served.tick()


def all_owe() -> None:
    """A policy by which every act owes a sign-off within a day."""
    owed = [{"tier": tier, "risk": "low", "within": "24h"} for tier in range(4)]
    activate_policy(factories.policy(sign_off=owed))


def owing(agent: Agent, service: str = "wiki", outcome: str = "succeeded", **over: Any) -> Decision:
    """An act that owes a sign-off; on the wiki it is of low risk, and alike with others there."""
    name = uuid4().hex
    act = factories.action(service=service, resource=f"deploy/{name}", **over)
    factories.send(agent, factories.event(decision=name, action=act, outcome={"status": outcome}))
    return factories.decision(agent, name)
