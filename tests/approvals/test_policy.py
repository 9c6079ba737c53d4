"""The policy table: total, strict where in doubt, and every fault of a document named with its place."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from approvals import policy
from approvals.documents import read_yaml
from decisions.kinds import ACTION_KINDS
from decisions.ports import Ruleable
from decisions.vocab import ENVIRONMENTS, Level, Risk
from tests import factories
from tests.contracts.tree import ROOT

NOW = datetime(2026, 11, 22, 3, 47, tzinfo=UTC)
EXAMPLE = policy.read(read_yaml((ROOT / "examples/policy.yaml").read_text()), version=1)

actions = st.builds(
    Ruleable,
    kind=st.sampled_from([*ACTION_KINDS, "unheard_of"]),
    service=st.sampled_from(["geo", "frontend", "nowhere"]),
    resource=st.sampled_from(["", "deployment/geo", "namespace/x", "pvc/frontend-pvc"]),
    data_class=st.sampled_from(["", "personal"]),
    tier=st.sampled_from([None, 0, 1, 2, 3]),
    environment_class=st.sampled_from(ENVIRONMENTS),
    parameters=st.dictionaries(
        st.sampled_from(["command", "replicas"]), st.one_of(st.text(), st.integers(), st.none())
    ),
    agent_id=st.just("a"),
    has_undo=st.booleans(),
    registered=st.booleans(),
    risk=st.sampled_from(Risk),
    reversible=st.sampled_from([True, False, None]),
)


def action(**over: Any) -> Ruleable:
    given_: dict[str, Any] = {
        "kind": "scale",
        "service": "geo",
        "resource": "",
        "data_class": "",
        "tier": 1,
        "environment_class": "prod",
        "parameters": {},
        "agent_id": "a",
        "has_undo": True,
        "registered": True,
        "risk": Risk.HIGH,
        "reversible": True,
    }
    return Ruleable(**given_ | over)


def document(**over: Any) -> dict[str, Any]:
    return factories.policy(**over)


@given(actions)
def test_it_rules_on_everything_and_always_the_same(asked: Ruleable):
    assert policy.rule(EXAMPLE, asked, NOW) == policy.rule(EXAMPLE, asked, NOW)


@given(actions)
def test_what_cannot_be_taken_back_needs_a_person(asked: Ruleable):
    level = policy.rule(EXAMPLE, asked, NOW).level
    if asked.reversible is False or asked.kind == "delete":
        assert level <= Level.L2
    if not asked.has_undo:
        assert level is not Level.L3
    if asked.tier in (0, None) and asked.environment_class == "prod":
        assert level <= Level.L3


@given(actions, st.lists(st.sampled_from(["L0", "L1", "L2", "L3"]), min_size=1, max_size=4), st.randoms())
def test_tightening_never_raises_and_does_not_depend_on_order(asked: Ruleable, caps: list[str], chance: Any):
    tighten = [
        {"id": f"t{number}", "when": [{"f": "tier", "op": "exists", "v": True}], "effect": "tighten", "max_level": cap}
        for number, cap in enumerate(caps)
    ]
    before = policy.rule(policy.read(document(), version=1), asked, NOW).level
    after = policy.rule(policy.read(document(exceptions=tighten), version=1), asked, NOW).level
    shuffled = list(tighten)
    chance.shuffle(shuffled)
    assert after <= before
    assert policy.rule(policy.read(document(exceptions=shuffled), version=1), asked, NOW).level == after


def test_a_loosening_exception_ends():
    loosen = {
        "id": "trial",
        "when": [{"f": "kind", "op": "eq", "v": "scale"}],
        "effect": "loosen",
        "max_level": "L3",
        "until": "2026-12-01T00:00+00:00",
    }
    read = policy.read(document(exceptions=[loosen]), version=1)
    assert policy.rule(read, action(), NOW).level is Level.L3
    assert policy.rule(read, action(), NOW + timedelta(days=30)).level is Level.L2
    assert policy.rule(read, action(has_undo=False), NOW).level is Level.L2


def test_what_cannot_be_evaluated_counts_as_matched_where_it_tightens_alone():
    broken = {"when": [{"f": "parameters.delta", "op": "gt", "v": 50}]}
    tighten = {"id": "x", "effect": "tighten", "max_level": "L1", **broken}
    loosen = {"id": "y", "effect": "loosen", "max_level": "L4", "until": "2027-01-01T00:00+00:00", **broken}
    asked = action(parameters={"delta": "many"})
    assert policy.rule(policy.read(document(exceptions=[tighten]), version=1), asked, NOW).level is Level.L1
    assert policy.rule(policy.read(document(exceptions=[loosen]), version=1), asked, NOW).level is Level.L2


def test_a_freeze_window_caps_while_it_lasts():
    window = {"name": "x", "from": "2026-11-22T00:00", "to": "2026-11-23T00:00", "zone": "UTC", "cap": "L1"}
    read = policy.read(document(freeze_windows=[window]), version=1)
    assert policy.rule(read, action(), NOW).level is Level.L1
    assert policy.rule(read, action(), NOW + timedelta(days=1)).level is Level.L2


ROW = {"tier": 1, "kind": "scale", "environment": "prod", "level": "L4"}


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({"surprise": 1}, "surprise: not a part"),
        ({"matrix": []}, "needs at least one row"),
        ({"matrix": [ROW | {"tier": 7}]}, "matrix[0]: tier"),
        ({"matrix": [ROW | {"level": "L9"}]}, "matrix[0]"),
        ({"matrix": [ROW | {"environment": "moon"}]}, "matrix[0]: environment"),
        ({"matrix": [ROW | {"level": "L2"}]}, "needs a requirement with a quorum"),
        ({"matrix": [ROW | {"tier": 0}]}, "tier 0 in production"),
        ({"matrix": [ROW | {"requirement": "nobody"}]}, "'nobody' is not defined"),
        ({"matrix": [ROW | {"colour": "red"}]}, "colour is not known"),
        ({"matrix": [{"tier": 1}]}, "kind is missing"),
        ({"requirements": {"one": {"hold": "soon"}}}, "not a duration"),
        ({"requirements": {"one": {"quorum": [{"group": "approvers", "n": 0}]}}}, "1 to 10"),
        ({"exceptions": [{"id": "x", "when": [], "effect": "tighten", "max_level": "L1"}]}, "needs a condition"),
        (
            {
                "exceptions": [
                    {"id": "x", "when": [{"f": "kind", "op": "eq", "v": 1}], "effect": "loosen", "max_level": "L3"}
                ]
            },
            "needs an end",
        ),
        (
            {
                "exceptions": [
                    {"id": "x", "when": [{"f": "mood", "op": "eq", "v": 1}], "effect": "tighten", "max_level": "L1"}
                ]
            },
            "'mood' is not a field",
        ),
        ({"sign_off": [{"tier": 9, "risk": "low", "within": "1h"}]}, "sign_off[0]"),
    ],
)
def test_every_fault_is_named_with_its_place(over: dict[str, Any], fault: str):
    with pytest.raises(policy.BadPolicyError) as caught:
        policy.read(document(**over), version=1)
    assert fault in str(caught.value)


def test_a_quorum_must_be_within_reach():
    with pytest.raises(policy.BadPolicyError, match="has 1 active members, 2 are asked"):
        policy.read(document(), version=1, groups={"approvers": 1})


def test_a_key_that_is_stated_twice_is_refused():
    with pytest.raises(yaml.YAMLError, match="sign_off is stated twice"):
        read_yaml("sign_off: []\nmatrix: []\nsign_off: [1]\n")
