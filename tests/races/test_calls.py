"""Several who call for help at the same moment reach one after the other of the chain, each once."""

from typing import Any
from uuid import UUID

import pytest

from approvals.actions.call_next import call_next
from approvals.actions.change_register import change_register
from approvals.organisation import GroupRow, Organisation
from decisions.errors import Problem
from decisions.models import Agent, Alarm
from tests import factories
from tests.races.running import WAYS, together
from tests.races.test_events import assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
ROUNDS = [3, pytest.param(30, marks=pytest.mark.deep)]
MEMBERS = ("david", "ines", "marta", "tomasz")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_eight_calls_at_once_reach_each_of_the_chain_once(
    agent: Agent, organisation: factories.Register, rounds: int, way: Any
) -> None:
    wanted = Organisation(
        groups=[GroupRow("approvers", "Approvers", MEMBERS, ("tomasz", "marta"))],
        services=[factories.service("search", 1, on_call="approvers")],
    )
    change_register(wanted, actor=None)
    rows = [factories.propose(agent, action=factories.action(resource=f"deploy/{turn}")) for turn in range(rounds)]
    ines = organisation.people["ines"].id
    answers = together(rounds, *[way(lambda turn: call_next(rows[turn].id, actor=ines))] * 8)
    chain = {organisation.people[name].id for name in ("tomasz", "marta", "david")}
    for told in answers:
        called = [answer for answer in told if isinstance(answer, UUID)]
        assert (len(called), set(called)) == (3, chain)
        assert {answer.slug for answer in told if isinstance(answer, Problem)} == {"chain-ended"}
    assert Alarm.objects.filter(kind="called").count() == 3 * rounds
    assert_sound()
