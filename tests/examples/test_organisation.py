"""The example organisation and its policy fit each other and the recordings. They must not show a line that nothing crosses."""

from collections import Counter
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from approvals import policy
from decisions.vocab import ENVIRONMENTS, TIERS, Level, Role
from examples.recordings import read_lines, read_mapping, recordings
from tests.contracts.tree import text

ORGANISATION = yaml.safe_load(text("examples/organisation.yaml"))
POLICY = yaml.safe_load(text("examples/policy.yaml"))
SERVICES = {service["slug"]: service for service in ORGANISATION["services"]}
ACTIONS = [one.event["data"]["action"] for one in recordings(read_lines(), read_mapping())]


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def row_for(tier: int, kind: str, environment: str) -> dict[str, Any] | None:
    return next(
        (
            row
            for row in POLICY["matrix"]
            if tier in several(row["tier"])
            and kind in several(row["kind"])
            and environment in several(row["environment"])
        ),
        None,
    )


def test_every_role_is_somebodys() -> None:
    roles = Counter(role for person in ORGANISATION["people"] for role in person["roles"])
    assert set(roles) == set(Role)
    assert roles[Role.MANAGER] >= 2
    assert roles[Role.RESPONDER] >= 2


def test_every_name_that_is_used_is_defined() -> None:
    people = {person["username"] for person in ORGANISATION["people"]}
    used = {owner for service in SERVICES.values() for owner in (service["owner"], service["deputy"])}
    used |= {agent["owner"] for agent in ORGANISATION["agents"]}
    used |= {member for group in ORGANISATION["groups"] for member in group["members"]}
    assert used - {None} <= people
    groups = {group["slug"] for group in ORGANISATION["groups"]}
    asked = {part["group"] for need in POLICY["requirements"].values() for part in need.get("quorum", [])}
    assert asked <= groups


def test_services_are_of_every_tier_and_one_has_nobody() -> None:
    assert {service["tier"] for service in SERVICES.values()} == set(TIERS)
    assert [slug for slug, service in SERVICES.items() if not service["owner"] and not service["deputy"]] == [
        "load-generator"
    ]


def test_every_recorded_action_meets_a_service_and_an_agent_of_the_organisation() -> None:
    for action in ACTIONS:
        service = SERVICES[action["target"]["service"]]
        assert action["target"]["environment"] in {one["name"] for one in service["environments"]}
    assert set(read_mapping().agents.values()) == {agent["slug"] for agent in ORGANISATION["agents"]}


def test_every_cell_of_the_table_is_filled() -> None:
    kinds = {action["kind"] for action in ACTIONS} | {"rollback", "scale", "restart", "rollout", "failover"}
    empty = [(t, k, e) for t in TIERS for k in sorted(kinds) for e in ENVIRONMENTS if row_for(t, k, e) is None]
    assert empty == []


def test_levels_and_requirements_are_known_and_fit() -> None:
    for row in POLICY["matrix"]:
        assert row["level"] in set(Level)
        needs = POLICY["requirements"].get(row.get("requirement"), {})
        assert bool(needs.get("quorum")) == (row["level"] in {Level.L2, Level.L3})
        assert bool(needs.get("window")) == (row["level"] == Level.L3)


def test_the_product_reads_it_as_a_policy() -> None:
    groups = {group["slug"]: len(group["members"]) for group in ORGANISATION["groups"]}
    read = policy.read(POLICY, version=1, groups=groups)
    assert len(read.rows) == len(POLICY["matrix"])
    assert {debt.tier for debt in read.debts} == set(TIERS)


def test_what_cannot_be_taken_back_never_runs_alone() -> None:
    levels = {(row_for(t, k, e) or {})["level"] for t in TIERS for k in POLICY["irreversible"] for e in ENVIRONMENTS}
    assert max(levels) <= Level.L2


@pytest.mark.parametrize("name", sorted(POLICY["requirements"]))
def test_a_requirement_can_be_met_without_the_agents_owner(name: str) -> None:
    members = {group["slug"]: set(group["members"]) for group in ORGANISATION["groups"]}
    for part in POLICY["requirements"][name].get("quorum", []):
        for owner in {agent["owner"] for agent in ORGANISATION["agents"]}:
            assert len(members[part["group"]] - {owner}) >= part["n"] + 1


def test_the_recordings_meet_every_level_and_some_go_beyond_theirs() -> None:
    ruled = Counter()  # type: Counter[str]
    for action in ACTIONS:
        target = action["target"]
        row = row_for(SERVICES[target["service"]]["tier"], action["kind"], target["environment"])
        assert row
        ruled[row["level"]] += 1
    assert ruled["L2"] >= 10
    assert ruled["L3"] >= 10
    assert ruled["L4"] >= len(ACTIONS) // 3


@pytest.mark.parametrize("exception", POLICY["exceptions"], ids=lambda exception: exception["id"])
def test_every_exception_fits_an_action_that_was_recorded(exception: dict[str, Any]) -> None:
    def value(action: dict[str, Any], field: str) -> Any:
        found: Any = {**action, "environment": action["target"]["environment"]}
        for part in field.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def holds(action: dict[str, Any], condition: dict[str, str]) -> bool:
        said = str(value(action, condition["f"]))
        return fnmatchcase(said, condition["v"]) if condition["op"] == "matches-glob" else said == condition["v"]

    assert any(all(holds(action, condition) for condition in exception["when"]) for action in ACTIONS)
