"""The seam: what no gate can rule is held, and each kind of entry has one owner."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from decisions import ports, projections
from decisions.errors import Problem
from decisions.models import Agent, Decision, Person
from decisions.ports import HELD, Ruleable, Ruling, rule_many, sockets
from decisions.vocab import Kind, Level, Risk
from tests import factories

NOW = datetime(2026, 11, 22, 3, 47, tzinfo=UTC)
ACTION = Ruleable(
    kind="scale",
    service="search",
    resource="",
    data_class="",
    tier=1,
    environment_class="prod",
    parameters={},
    agent_id="7",
    has_undo=True,
    registered=True,
    risk=Risk.HIGH,
    reversible=True,
)


class Gate:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def rule_many(self, actions: Sequence[Ruleable], *, config: str, at: datetime) -> list[Ruling]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer] * len(actions) if isinstance(self.answer, Ruling) else self.answer


def test_a_gate_that_rules_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    ruling = Ruling(Level.L4, "r", None)
    monkeypatch.setattr(sockets, "gate", Gate(ruling))
    assert rule_many([ACTION, ACTION], config="", at=NOW) == [ruling, ruling]


@pytest.mark.parametrize("gate", [None, Gate(RuntimeError("broken")), Gate([]), Gate([HELD] * 3)])
def test_without_a_ruling_everything_is_held(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "gate", gate)
    assert rule_many([ACTION, ACTION], config="", at=NOW) == [HELD, HELD]
    assert HELD.level is Level.L2


def test_every_kind_has_an_owner() -> None:
    assert set(sockets.projections) == set(Kind)


def test_a_second_owner_of_a_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="already has an owner"):
        ports.plug_projection(print, [Kind.VERDICT_GIVEN])
    assert sockets.projections[Kind.VERDICT_GIVEN].__module__ == "approvals.projections.said"


def test_plugging_in_again_changes_nothing() -> None:
    before = dict(sockets.projections)
    projections.plug_own()
    assert sockets.projections == before


@pytest.mark.django_db
@pytest.mark.parametrize("gate", [None, Gate(RuntimeError("broken"))])
def test_a_proposal_that_nothing_can_rule_waits_for_a_manager(
    gate: Any, agent: Agent, responder: Person, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "gate", gate)
    row = factories.propose(agent, action=factories.action(service="wiki", environment="staging"))
    assert (row.state, row.rule, row.policy_version, row.requirement) == ("pending", "no-policy", None, [])
    with pytest.raises(Problem, match="manager"):
        factories.approve(row, responder)
    factories.approve(row, manager)
    assert Decision.objects.get().state == "authorized"
