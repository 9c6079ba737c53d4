"""Claims against vetoes and stops, each in a process of its own: what orders them is in the database alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from approvals.actions.change_register import change_register
from approvals.actions.lift_freeze import lift_freeze
from approvals.organisation import Organisation
from decisions import clock as product_clock
from decisions.models import Agent, Decision, Freeze, Person
from decisions.vocab import State
from tests import factories
from tests.races import replica
from tests.races.test_claims import AT_ONCE, FULL, WIKI, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir", "real_time")]
FEW = [10, pytest.param(FULL // 20, marks=pytest.mark.deep)]


@pytest.fixture
def real_time(agent: Agent) -> Iterator[None]:
    """The processes have no other clock in common."""
    before = product_clock.use(product_clock.system)
    yield
    product_clock.use(before)


def race(agent: Agent, person: Person, count: int, services: list[str] | None = None) -> replica.Race:
    held = settings.DATABASES["default"]
    database = {name: held[name] for name in ("NAME", "OPTIONS")}
    names = [f"turn-{turn}" for turn in range(count)]
    return replica.Race(database, agent.id, person.id, names, services or ["wiki"] * count)


def granted(claims: list[tuple[bool, Any]], against: list[tuple[bool, Any]], refusal: str) -> list[bool]:
    """Which claims were granted: each before what it ran against, which always stands."""
    for (claimed, said), (stood, seq) in zip(claims, against, strict=True):
        assert stood, seq
        assert said < seq if claimed else said == refusal
    won = [claimed for claimed, _ in claims]
    print(f"{sum(won)} of {len(won)} claims came first")
    return won


@pytest.mark.deep
@pytest.mark.parametrize("count", [FULL])
def test_a_claim_at_one_replica_and_a_veto_at_another(agent: Agent, responder: Person, count: int) -> None:
    known = race(agent, responder, count)

    def prepare(turn: int) -> None:
        if turn % AT_ONCE == 0:
            some = known.names[turn : turn + AT_ONCE]
            factories.send(agent, *[factories.event("proposed", decision=name, action=WIKI) for name in some])

    answers = replica.run(known, ("claims", "vetoes"), prepare)
    won = granted(answers["claims"], answers["vetoes"], "vetoed")
    after = dict(Decision.objects.values_list("agent_ref", "state"))
    assert [after[name] for name in known.names] == [State.EXECUTING if one else State.VETOED for one in won]
    assert_sound()


@pytest.mark.deep
@pytest.mark.parametrize("count", [FULL])
def test_a_claim_at_one_replica_and_a_stop_at_another(
    agent: Agent, responder: Person, manager: Person, second_manager: Person, count: int
) -> None:
    known = race(agent, responder, count)

    def prepare(turn: int) -> None:
        for freeze in Freeze.objects.filter(lifted_at__isnull=True):
            for person in (manager, second_manager):
                lift_freeze(freeze.id, actor=person.id)
        factories.propose(agent, action=WIKI, decision=known.names[turn])

    answers = replica.run(known, ("claims", "stops"), prepare)
    granted(answers["claims"], answers["stops"], "expired")
    assert_sound()


@pytest.mark.parametrize("count", FEW)
def test_and_the_first_stop_ever_of_a_scope(agent: Agent, responder: Person, admin: Person, count: int) -> None:
    services = [f"service-{turn}" for turn in range(count)]
    change_register(Organisation(services=[factories.service(name, 3) for name in services]), actor=admin.id)
    known = race(agent, responder, count, services)

    def prepare(turn: int) -> None:
        action = factories.action(service=services[turn])
        factories.propose(agent, action=action, decision=known.names[turn])

    answers = replica.run(known, ("claims", "stops"), prepare)
    granted(answers["claims"], answers["stops"], "expired")
    assert_sound()
