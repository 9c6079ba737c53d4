"""What may not come in force: every cell is tried, against an oracle that tries every choice of exceptions and of absent people."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import policy
from approvals.machine import quorum_met
from approvals.policy import checks
from approvals.policy.cells import Cell, cells, kinds_of
from approvals.policy.table import Policy, merge, rule
from decisions.ports import Ruling
from decisions.vocab import ENVIRONMENTS, TIERS, Level
from tests import factories
from tests.approvals.test_policy import NOW

PERSONS = [str(UUID(int=number)) for number in range(6)]
MANY = checks.People(
    groups={"approvers": frozenset(PERSONS), "owners": frozenset(PERSONS)},
    managers=frozenset(PERSONS),
    owners={"remediator": PERSONS[0]},
    loosens=frozenset({"marta", "david", "helena"}),
)
LOOSEN = {
    "id": "sale",
    "when": [{"f": "kind", "op": "eq", "v": "scale"}],
    "effect": "loosen",
    "max_level": "L4",
    "until": "2026-12-01T00:00Z",
    "approved_by": ["marta", "helena"],
}
TIER_TWO = {"f": "tier", "op": "eq", "v": 2}


def faults(people: checks.People = MANY, **over: Any) -> list[str]:
    return checks.faults(policy.read(factories.policy(**over), version=2), people, NOW)


def loosen(**over: Any) -> dict[str, Any]:
    return LOOSEN | {"when": [*LOOSEN["when"], TIER_TWO]} | over


def test_the_example_may_come_in_force():
    assert faults() == []
    assert faults(exceptions=[loosen()]) == []


ROWS = factories.policy()["matrix"]


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        (
            {"matrix": [{"tier": 2, "kind": ["scale", "delete"], "environment": "prod", "level": "L3"}, *ROWS]},
            ["matrix[0]: delete cannot be taken back"],
        ),
        (
            {"matrix": [{"tier": 3, "kind": "drain", "environment": "dev", "level": "L4"}], "irreversible": ["drain"]},
            ["matrix[0]: drain cannot be taken back"],
        ),
        (
            {
                "matrix": [{"tier": 1, "kind": "scale", "environment": "prod", "level": "L1"}],
                "defaults": {"level": "L4"},
            },
            ["defaults: tier 0 in production may not exceed L3"],
        ),
        # It says nothing of tiers, so tier 0 is among them.
        ({"exceptions": [LOOSEN]}, ["exceptions[0]: tier 0 in production may not exceed L3, scale would"]),
        (
            {"exceptions": [loosen(until="2027-01-01T00:00Z")]},
            ["exceptions[0]: a loosening exception ends within 30 days"],
        ),
        ({"exceptions": [loosen(approved_by=["marta", "marta"])]}, ["exceptions[0]: approved_by names 2 people"]),
        ({"exceptions": [loosen(approved_by=["marta", "noor"])]}, ["exceptions[0]: noor is not an active manager"]),
    ],
)
def test_a_fault_names_its_place(over: dict[str, Any], expected: list[str]):
    found = faults(**over)
    assert len(found) == len(expected), found
    for fault, start in zip(found, expected, strict=True):
        assert fault.startswith(start), fault


def test_all_faults_at_once():
    over = {
        "matrix": [{"tier": 2, "kind": "delete", "environment": "prod", "level": "L4"}, *ROWS],
        "exceptions": [LOOSEN | {"approved_by": []}],
    }
    few = replace(MANY, groups={"approvers": frozenset(PERSONS[:2])})
    starts = ["matrix[0]: delete", "exceptions[0]: approved_by", "exceptions[0]: tier 0", "matrix[3]: 1 can approve"]
    found = faults(few, **over)
    for start in starts:
        assert [fault for fault in found if fault.startswith(start)], (start, found)


def test_a_loosening_exception_that_has_ended_or_ends_in_time_is_none_the_worse():
    assert faults(exceptions=[loosen(until="2026-11-01T00:00Z")]) == []
    last = (NOW + timedelta(days=30)).isoformat()
    assert faults(exceptions=[loosen(until=last)]) == []
    assert faults(exceptions=[loosen(until=(NOW + timedelta(days=30, seconds=1)).isoformat())])


# -- people


def test_one_person_must_be_to_spare():
    assert faults(replace(MANY, groups={"approvers": frozenset(PERSONS[:4])})) == []
    (fault,) = faults(replace(MANY, groups={"approvers": frozenset(PERSONS[:3])}))
    assert fault == (
        "matrix[2]: 2 can approve from approvers for the actions of remediator; 2 are asked and one must be to spare"
        " (first in tier 0 · apply_manifest · prod)"
    )


def test_a_group_that_is_not_there_has_nobody():
    found = faults(replace(MANY, groups={}))
    assert [fault.partition(":")[0] for fault in found] == ["matrix[2]", "matrix[3]"]


def test_an_exception_that_asks_too_much_is_named():
    tighten = {"id": "t", "when": [{"f": "parameters.x", "op": "exists", "v": True}], "effect": "tighten"}
    quorum = [{"group": "approvers", "n": 1}, {"group": "owners", "n": 2}]
    requirements = factories.policy()["requirements"] | {"all": {"quorum": quorum}}
    few = replace(MANY, groups={"approvers": frozenset(PERSONS), "owners": frozenset(PERSONS[:3])})
    rules = [
        tighten | {"max_level": "L2", "requirement": "one", "id": "o"},
        tighten | {"max_level": "L2", "requirement": "all"},
    ]
    found = faults(few, requirements=requirements, exceptions=rules)
    assert {fault.partition(":")[0] for fault in found} == {"exceptions[1]"}


def test_where_no_group_is_named_a_manager_must_be_left():
    row = [{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}]
    assert faults(replace(MANY, managers=frozenset(PERSONS[:2])), matrix=row) == []
    (fault,) = faults(replace(MANY, managers=frozenset(PERSONS[:1])), matrix=row)
    assert "no manager is left" in fault


groups = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.frozensets(st.sampled_from(PERSONS), max_size=6), min_size=1, max_size=3
)
quorums = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 3), min_size=1, max_size=3)


@given(groups, quorums, st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from([None, *PERSONS]), max_size=2))
def test_people_suffice_where_anybody_may_be_away(
    members: dict[str, frozenset[str]], quorum: dict[str, int], owners: dict[str, str | None]
):
    """The oracle leaves out each person in turn, and seats the others as the gate does."""
    requirement = [{"group": group, "n": count} for group, count in quorum.items()]
    everybody = {
        UUID(person): frozenset(group for group, some in members.items() if person in some) for person in PERSONS
    }

    def met(owner: str | None) -> bool:
        able = {person: some for person, some in everybody.items() if str(person) != owner}
        return all(
            quorum_met(requirement, {person: some for person, some in able.items() if person != away}) for away in able
        )

    people = checks.People(members, frozenset(), owners, frozenset())
    expected = all(met(owner) for owner in owners.values() or [None])
    assert (checks.why_unfilled(list(quorum.items()), people) == "") is expected


# -- every choice of exceptions


def choices(found: Policy) -> Iterator[Policy]:
    """`found` with each subset of its exceptions in force, whatever the action."""
    for size in range(len(found.exceptions) + 1):
        for some in combinations(found.exceptions, size):
            yield replace(found, exceptions=tuple(replace(one, when=(), until=None) for one in some))


rule_parts = st.fixed_dictionaries(
    {
        "effect": st.sampled_from(["tighten", "loosen"]),
        "max_level": st.sampled_from(["L0", "L1", "L2", "L3"]),
        "requirement": st.sampled_from(["one", "two", "both", "window"]),
    }
)


@given(st.lists(rule_parts, max_size=4), groups)
def test_all_that_can_be_asked_can_be_had_or_is_told(parts: list[dict[str, Any]], members: dict[str, frozenset[str]]):
    """Against every subset of exceptions that may apply to anything."""
    rules = [
        {"id": str(number), "when": [{"f": "parameters.x", "op": "exists", "v": True}], "until": "2026-12-01", **part}
        for number, part in enumerate(parts)
    ]
    requirements = factories.policy()["requirements"] | {
        "one": {"quorum": [{"group": "a", "n": 1}]},
        "two": {"quorum": [{"group": "b", "n": 2}]},
        "both": {"quorum": [{"group": "a", "n": 1}, {"group": "c", "n": 1}]},
    }
    read = policy.read(factories.policy(exceptions=rules, requirements=requirements), version=1)
    people = checks.People(members, frozenset(PERSONS), {"x": PERSONS[0]}, frozenset())
    lacking = False
    for variant in choices(read):
        for cell in (Cell(tier, kind, "prod") for tier in TIERS for kind in ("restart", "scale", "delete")):
            ruling = rule(variant, cell.action, NOW)
            if ruling.level in (Level.L1, Level.L2):
                quorum = [(str(part["group"]), int(part["n"])) for part in ruling.requirement]
                lacking = lacking or checks.why_unfilled(quorum, people) != ""
    assert bool(checks.quorum_faults(read, people, NOW)) is lacking


def test_every_cell_is_tried():
    read = policy.read(factories.policy(irreversible=["drain"], exceptions=[loosen()]), version=1)
    found = list(cells(read))
    assert len(found) == len(set(found)) == len(TIERS) * len(ENVIRONMENTS) * len(kinds_of(read))
    assert {"drain", "scale", "delete", ""} <= {cell.kind for cell in found}
    named = {"f": "kind", "op": "in", "v": ["warp", "woof"]}
    read = policy.read(factories.policy(exceptions=[loosen(when=[named])]), version=1)
    assert {"warp", "woof"} <= set(kinds_of(read))


# -- the engine itself


def test_an_engine_that_depends_on_order_is_found(monkeypatch: pytest.MonkeyPatch):
    """The table cannot be made so; a change of the engine that made it so would be told at the first draft."""

    def last_wins(found: Policy, action: Any, now: Any) -> Ruling:
        ruling = rule(found, action, now)
        return replace(ruling, level=found.exceptions[-1].max_level) if found.exceptions else ruling

    monkeypatch.setattr(checks, "rule", last_wins)
    tighten = {"when": [{"f": "parameters.x", "op": "exists", "v": True}], "effect": "tighten"}
    rules = [tighten | {"id": "a", "max_level": "L1"}, tighten | {"id": "b", "max_level": "L2"}]
    found = faults(exceptions=rules)
    assert [fault for fault in found if "depends on their order" in fault]
    loose = faults(exceptions=[tighten | {"id": "a", "max_level": "L4"}])
    assert [fault for fault in loose if "makes" in fault and "looser" in fault]


def test_merging_does_not_depend_on_order():
    read = policy.read(factories.policy(), version=1)
    requirements = list(read.requirements.values())
    assert merge(requirements) == merge(requirements[::-1])
