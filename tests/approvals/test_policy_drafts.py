"""The life of a version: one person drafts, another puts it in force, on top of what is in force; and what open decisions feel of it."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from approvals.actions.activate_draft import activate_draft
from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from approvals.actions.draft_policy import draft_policy
from approvals.actions.withdraw_draft import withdraw_draft
from approvals.models import PolicyDraft, PolicyVersion
from approvals.organisation import GroupRow, Organisation
from approvals.queries import policies
from decisions import ledger, ports, rebuild, served
from decisions.errors import Problem
from decisions.models import Agent, Decision, Person, ServedClock
from decisions.vocab import Kind, State
from tests import factories
from tests.approvals.asking import now as state_now
from tests.approvals.asking import refused
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
REASON = "Another line is better."


def draft(by: Person, *, on: int = 1, replaces: Any = None, **over: Any) -> PolicyDraft:
    document = factories.policy(**{"name": "Next", **over})
    return draft_policy(document, reason=REASON, based_on=on, replaces=replaces, actor=by.id)


def activate(row: PolicyDraft, by: Person) -> PolicyVersion:
    return activate_draft(row.id, revision=1, actor=by.id)


def level(name: str, *, tier: Any = "*", kind: Any = "*") -> list[dict[str, Any]]:
    """A table that says the same of everything of `tier` and `kind` in production, and as the example else."""
    row = {"tier": tier, "kind": kind, "environment": "prod", "level": name, "requirement": "one"}
    return [row, *factories.policy()["matrix"]]


def last() -> Any:
    found = ledger.entry(ledger.size() - 1)
    assert found is not None
    return found[0]


def test_from_draft_to_version(manager: Person, executive: Person, clock: Clock) -> None:
    row = draft(manager)
    assert (row.state, row.based_on, row.drafted_by, row.reason) == ("open", 1, manager.id, REASON)
    entry = last()
    assert (entry.kind, entry.actor, entry.facts["draft"]) == (Kind.POLICY_DRAFTED, f"person:{manager.id}", str(row.id))
    assert "document" not in entry.facts
    assert policies.in_force() == PolicyVersion.objects.get(version=1)
    clock.advance(minutes=5)
    version = activate(row, executive)
    assert (version.version, version.document["name"], version.draft_id) == (2, "Next", row.id)
    assert (version.activated_by, version.activated_at) == (executive.id, clock.at)
    row.refresh_from_db()
    assert (row.state, row.became, row.ended_by) == ("activated", 2, executive.id)
    assert policies.in_force() == version
    assert rebuild.rebuild(check=True).differences == ()


@pytest.mark.parametrize("role", ["viewer", "responder", "executive", "auditor"])
def test_who_may_not_draft(role: str, request: pytest.FixtureRequest) -> None:
    refused("role", draft, request.getfixturevalue(role))
    assert last().kind is Kind.ATTEMPT_REFUSED


@pytest.mark.parametrize("role", ["viewer", "responder", "manager", "auditor", "admin"])
def test_who_may_not_activate(role: str, request: pytest.FixtureRequest, second_manager: Person) -> None:
    row = draft(second_manager)
    refused("role", activate, row, request.getfixturevalue(role))
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", False), ("responder", False), ("auditor", False), ("admin", True)]
)
def test_who_may_take_one_back(role: str, may: bool, request: pytest.FixtureRequest, manager: Person) -> None:
    row, person = draft(manager), request.getfixturevalue(role)
    if may:
        assert withdraw_draft(row.id, revision=1, actor=person.id).state == "withdrawn"
    else:
        refused("role", withdraw_draft, row.id, revision=1, actor=person.id)


def test_never_its_author(executive: Person, manager: Person) -> None:
    """Not even one who may do both; a copy by somebody else is theirs."""
    change_register(Organisation(people=[factories.person("helena", "executive", "manager")]), actor=None)
    row = draft(executive)
    problem = refused("self-approval", activate, row, executive)
    assert (problem.status, last().kind) == (403, Kind.ATTEMPT_REFUSED)
    assert PolicyVersion.objects.count() == 1
    taken = draft(manager, replaces=row.id)
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert activate(taken, executive).version == 2


def test_an_author_who_has_left_is_an_author_still(manager: Person, executive: Person) -> None:
    row = draft(manager, matrix=[{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}])
    change_register(Organisation(people=[factories.person("marta", active=False)]), actor=None)
    assert activate(row, executive).version == 2


def test_a_draft_ends_once(manager: Person, executive: Person) -> None:
    row = draft(manager)
    activate(row, executive)
    for act in (activate_draft, withdraw_draft):
        assert refused("stale-view", act, row.id, revision=1, actor=executive.id).status == 412
        assert refused("not-open", act, row.id, revision=2, actor=executive.id).status == 409
    refused("not-open", draft, manager, on=2, name="Third", replaces=row.id)


def test_another_version_came_in_force_meanwhile(manager: Person, admin: Person, executive: Person) -> None:
    first, second = draft(manager, name="One"), draft(admin, name="Two")
    activate(second, executive)
    problem = refused("another-version", activate, first, executive)
    assert (problem.status, problem.extra["version"]) == (409, 2)
    assert "raft again" in problem.detail
    refused("another-version", draft, manager, on=1)
    assert activate(draft(manager, on=2, name="One", replaces=first.id), executive).version == 3


def test_a_roll_back_is_a_draft_of_old_content(manager: Person, executive: Person) -> None:
    activate(draft(manager), executive)
    back = draft_policy(factories.policy(), reason="As it was before.", based_on=2, actor=manager.id)
    version = activate(back, executive)
    assert (version.version, version.sha256) == (3, PolicyVersion.objects.get(version=1).sha256)


def test_what_is_in_force_already_is_no_draft(manager: Person) -> None:
    assert refused("unchanged", draft, manager, name="Example policy").status == 409


@pytest.mark.parametrize("reason", ["", "too short", "   spaces   "])
def test_a_draft_has_a_reason(manager: Person, reason: str) -> None:
    with pytest.raises(Problem) as caught:
        draft_policy(factories.policy(name="x"), reason=reason, based_on=1, actor=manager.id)
    assert caught.value.slug == "reason-needed"


def test_what_may_not_come_in_force_is_not_even_drafted(manager: Person) -> None:
    size = ledger.size()
    loose = {"tier": 0, "kind": "scale", "environment": "prod", "level": "L4"}
    problem = refused("bad-policy", draft, manager, matrix=[loose], surprise=1)
    assert [fault.split(":")[0] for fault in problem.extra["errors"]] == ["surprise", "matrix[0]"]
    problem = refused("bad-policy", draft, manager, requirements={**factories.policy()["requirements"], "two": FIVE})
    assert "approvers" in problem.extra["errors"][0]
    assert ledger.size() == size


FIVE = {"quorum": [{"group": "approvers", "n": 5}]}


def test_people_who_have_gone_since_are_missed_at_activation(manager: Person, executive: Person, admin: Person) -> None:
    row = draft(manager)
    change_register(Organisation(groups=[GroupRow("approvers", "Approvers", ("marta", "david"))]), actor=admin.id)
    problem = refused("bad-policy", activate, row, executive)
    assert "can approve from approvers" in problem.extra["errors"][0]
    assert PolicyVersion.objects.count() == 1


def test_a_loosening_that_was_drafted_too_early_ends_too_late(manager: Person, executive: Person, clock: Clock) -> None:
    """Thirty days are counted from when it comes in force."""
    rule = {
        "id": "sale",
        "when": [{"f": "tier", "op": "eq", "v": 1}],
        "effect": "loosen",
        "max_level": "L3",
        "until": (clock.at + timedelta(days=29)).isoformat(),
        "approved_by": ["marta", "helena"],
    }
    row = draft(manager, exceptions=[rule])
    change_register(Organisation(people=[factories.person("marta", "viewer")]), actor=None)
    problem = refused("bad-policy", activate, row, executive)
    assert "exceptions[0]: marta is not an active manager or executive" in problem.extra["errors"]


# -- what open decisions feel of it


@pytest.fixture
def put(manager: Person, executive: Person) -> Callable[..., None]:
    """Draft and put in force another table."""

    def made(rows: list[dict[str, Any]]) -> None:
        latest = policies.in_force()
        assert latest is not None
        activate(draft(manager, on=latest.version, matrix=rows, name=f"After {latest.version}"), executive)

    return made


@pytest.mark.parametrize("stricter", ["L0", "L1", "L2", "L3"])
def test_what_agents_did_alone_is_held_back_at_once(agent: Agent, put: Callable[..., None], stricter: str) -> None:
    row = factories.propose(agent, action=factories.action(service="wiki"))
    assert row.state == State.AUTHORIZED
    put(level(stricter))
    assert refused("policy-changed", factories.claim, row).status == 412
    put(level("L4", tier=[1, 2, 3]))
    # Looser again before its time is over: what was permitted is permitted.
    assert factories.claim(row).state == State.EXECUTING


@pytest.mark.parametrize(("stricter", "stays"), [("L0", False), ("L1", False), ("L2", True), ("L3", True)])
def test_what_people_approved_stands_while_people_may_approve(
    agent: Agent, second_manager: Person, put: Callable[..., None], stricter: str, stays: bool
) -> None:
    row = factories.propose(agent)
    factories.approve(row, second_manager)
    put(level(stricter, tier=1))
    if stays:
        assert factories.claim(row).state == State.EXECUTING
    else:
        assert refused("policy-changed", factories.claim, row).status == 412


def test_a_window_that_has_been_earned_is_not_enough_any_more(
    agent: Agent, put: Callable[..., None], clock: Clock
) -> None:
    row = factories.propose(agent, action=factories.action(service="geo"))
    assert row.state == State.WINDOW
    served.tick(clock.at)
    ServedClock.objects.update(served_ms=10**6)
    put(level("L2"))
    assert refused("policy-changed", factories.claim, row).status == 412
    put(level("L3", tier=2))
    assert factories.claim(row).state == State.EXECUTING


def test_what_is_looser_reaches_new_proposals_alone(agent: Agent, put: Callable[..., None]) -> None:
    held = factories.propose(agent)
    put(level("L4", tier=[1, 2, 3]))
    assert state_now(held) is State.PENDING
    refused("not-open", factories.claim, held)
    fresh = factories.propose(agent, action=factories.action(parameters={"replicas": 9}))
    assert fresh.state == State.AUTHORIZED


def test_a_lease_that_was_granted_goes_on(agent: Agent, put: Callable[..., None]) -> None:
    """A stop takes it back; a version does not."""
    row = factories.claim(factories.propose(agent, action=factories.action(service="wiki")))
    put(level("L0"))
    assert factories.claim(row).lease_id == row.lease_id
    assert factories.finish(row).state == State.SUCCEEDED


# -- the time of record, and what the gate is given


def test_the_gate_rules_at_the_time_of_record(agent: Agent, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the machine may be behind that of the ledger: what is recorded is what rules."""
    window = {"name": "quiet", "from": "2026-11-22T03:47", "to": "2026-11-22T04:00", "cap": "L1"}
    activate_policy(factories.policy(freeze_windows=[window]))
    clock.set(clock.at - timedelta(hours=1))
    row = factories.propose(agent, action=factories.action(service="wiki"))
    assert row.received_at > clock.at
    assert (row.level_ruled, row.rule) == ("L1", "freeze window quiet")
    clock.advance(hours=2)
    later = factories.propose(agent, action=factories.action(service="wiki", parameters={"replicas": 4}))
    assert later.level_ruled == "L4"


def test_a_claim_is_ruled_at_its_own_time(agent: Agent, clock: Clock) -> None:
    """A freeze window that has begun since the proposal holds."""
    window = {"name": "quiet", "from": "2026-11-22T03:50", "to": "2026-11-22T04:00", "cap": "L1"}
    activate_policy(factories.policy(freeze_windows=[window]))
    row = factories.propose(agent, action=factories.action(service="wiki"))
    clock.advance(minutes=4)
    refused("policy-changed", factories.claim, row)


def test_a_gate_is_told_the_time_of_the_entry(agent: Agent, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    gate = ports.sockets.gate
    assert gate is not None
    rule_many = gate.rule_many

    class Listening:
        def rule_many(self, actions: Any, *, config: str, at: Any) -> Any:
            told.append(at)
            return rule_many(actions, config=config, at=at)

    monkeypatch.setattr(ports.sockets, "gate", Listening())
    clock.set(clock.at - timedelta(minutes=3))
    row = factories.propose(agent)
    assert told == [row.received_at]
    factories.send(agent, factories.event(decision="e"))
    assert told[1:] == [factories.decision(agent, "e").received_at]


# -- the command line


def load(path: Path, **document: Any) -> str:
    path.write_text(yaml.safe_dump(factories.policy(**document)))
    out = StringIO()
    call_command("activate_policy", str(path), stdout=out)
    return out.getvalue()


def test_an_operator_starts_with_few_people(db: None, clock: Clock, tmp_path: Path) -> None:
    """One manager and one executive cannot spare anybody: the operator may load what nobody could activate."""
    small = Organisation(
        people=[factories.person("marta", "manager"), factories.person("helena", "executive")],
        groups=[GroupRow("approvers", "Approvers", ("marta", "helena"))],
    )
    change_register(small, actor=None)
    assert "Activated by entry" in load(tmp_path / "policy.yaml")
    version = PolicyVersion.objects.get()
    assert (version.version, version.activated_by, version.draft_id) == (1, None, None)
    marta = Person.objects.get(username="marta")
    refused("bad-policy", draft, marta)


def test_an_operator_is_told_every_fault(organisation: factories.Register, tmp_path: Path) -> None:
    loose = [{"tier": 1, "kind": "delete", "environment": "prod", "level": "L4"}, *factories.policy()["matrix"]]
    with pytest.raises(CommandError, match=r"(?s)nothing was changed:.*matrix\[0\]: delete cannot"):
        load(tmp_path / "policy.yaml", matrix=loose)
    with pytest.raises(CommandError, match="in force already"):
        load(tmp_path / "policy.yaml")
    assert PolicyVersion.objects.count() == 1


def test_open_decisions_of_every_state_stay_whole(
    agent: Agent, put: Callable[..., None], second_manager: Person
) -> None:
    """No version changes a row: what it forbids is forbidden at the claim."""
    rows = [factories.propose(agent, action=factories.action(service=name)) for name in ("search", "geo", "wiki")]
    factories.approve(rows[0], second_manager)
    before = list(Decision.objects.order_by("seq").values())
    put(level("L0"))
    assert list(Decision.objects.order_by("seq").values()) == before
