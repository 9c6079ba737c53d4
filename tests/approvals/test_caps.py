"""What no table can lift: hidden characters and commands that cannot be read need a person."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import policy
from decisions.models import Agent
from decisions.ports import Ruleable
from decisions.vocab import Level
from tests import factories
from tests.approvals.test_policy import EXAMPLE, NOW, action, actions

HIDDEN = "hidden characters need a person"
UNREADABLE = "a command that cannot be read needs a person"


@given(actions, st.booleans(), st.booleans())
def test_neither_ever_gets_past_a_person(asked: Ruleable, hidden: bool, uninspectable: bool):
    free = policy.rule(EXAMPLE, asked, NOW).level
    ruled = policy.rule(EXAMPLE, replace(asked, hidden=hidden, uninspectable=uninspectable), NOW).level
    assert ruled == (min(free, Level.L2) if hidden or uninspectable else free)


@pytest.mark.parametrize(("flag", "rule"), [("hidden", HIDDEN), ("uninspectable", UNREADABLE)])
def test_the_cap_says_why(flag: str, rule: str):
    alone = policy.read(factories.policy(), version=1)
    assert policy.rule(alone, action(tier=3), NOW).level is Level.L4
    ruling = policy.rule(alone, action(tier=3, **{flag: True}), NOW)
    assert (ruling.level, ruling.rule) == (Level.L2, rule)
    # What the table holds anyway keeps its own rule.
    assert policy.rule(alone, action(tier=1, **{flag: True}), NOW).rule == policy.rule(alone, action(tier=1), NOW).rule


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("over", "rule"),
    [
        ({"rationale": "fine\u200b"}, HIDDEN),
        ({"action": factories.action(service="wiki", parameters={"note": "\u202e"})}, HIDDEN),
        ({"action": factories.action(service="wiki", parameters={"command": "a | b"})}, UNREADABLE),
    ],
)
def test_a_proposal_of_that_kind_waits_for_a_person(agent: Agent, over: dict[str, Any], rule: str):
    free = factories.propose(agent, action=factories.action(service="wiki"))
    assert (free.level_ruled, free.state) == ("L4", "authorized")
    row = factories.propose(agent, **{"action": factories.action(service="wiki", resource="x")} | over)
    assert (row.level_ruled, row.state, row.rule) == ("L2", "pending", rule)
