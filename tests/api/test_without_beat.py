"""Beat and workers down for an hour: every deadline is kept all the same, by whoever asks, and is written down once they are back."""

import uuid
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.db import connection

from approvals.actions.comment import comment
from approvals.tasks import expire
from decisions import ledger, rebuild
from decisions.models import Agent, Decision, Person, Timeline
from decisions.states import effective_state
from decisions.verify import verify_ledger
from decisions.vocab import State
from tests import factories
from tests.api.conftest import Api, problem
from tests.approvals.asking import GEO, WIKI, serve
from tests.conftest import Clock

pytestmark = pytest.mark.usefixtures("data_dir")
HOUR = 3600


@pytest.fixture
def sender(api: Api, agent: Agent) -> Api:
    return api.as_agent(agent)


def command(sender: Api, path: str, **body: Any) -> httpx.Response:
    return sender.post(path, body, headers={"Idempotency-Key": uuid.uuid4().hex})


def claim(sender: Api, row: Decision) -> httpx.Response:
    path = f"/api/v1/decisions/{row.id}/claim"
    return command(sender, path, claim_key="c-2", action_hash=row.action_hash, executor="runner-1")


def test_deadlines_are_kept(sender: Api, api: Api, agent: Agent, manager: Person, clock: Clock) -> None:
    """Of a hold, a permission, a lease, and one that was vetoed."""
    held, permitted = factories.propose(agent), factories.propose(agent, action=WIKI)
    running = factories.claim(factories.propose(agent, action=factories.action(service="wiki", kind="restart")))
    vetoed = factories.claim(factories.propose(agent, action=factories.action(service="geo", kind="restart")))
    factories.veto(vetoed, manager)
    size = ledger.size()
    clock.advance(seconds=HOUR)
    assert {row.id: sender.get(f"/api/v1/decisions/{row.id}").json()["state"] for row in Decision.objects.all()} == {
        held.id: "expired",
        permitted.id: "expired",
        running.id: "unknown",
        vetoed.id: "revert_ordered",
    }
    listed = sender.get("/api/v1/decisions?state=expired").json()["items"]
    assert {one["id"] for one in listed} == {str(held.id), str(permitted.id)}
    assert [one["id"] for one in sender.get("/api/v1/revert-orders").json()["items"]] == [str(vetoed.id)]
    assert ledger.size() == size, "reading writes nothing"
    problem(claim(sender, held), 410, "expired")
    problem(claim(sender, permitted), 410, "expired")
    problem(command(sender, f"/api/v1/leases/{running.lease_id}/heartbeat", fencing=running.lease_seq), 410)
    late = command(sender, f"/api/v1/leases/{running.lease_id}/outcome", fencing=running.lease_seq, status="succeeded")
    assert (late.status_code, late.json()["state"]) == (202, "review")
    answer = api.as_person(manager).command(f"/api/v1/decisions/{held.id}/verdicts", {"verdict": "veto", "reason": ""})
    problem(answer, 409, "not-open")


def test_windows_close_by_the_time_that_people_were_there(sender: Api, agent: Agent, clock: Clock) -> None:
    other = factories.action(service="geo", parameters={"replicas": 9})
    served = factories.propose(agent, action=GEO)
    serve(clock, 299)
    problem(claim(sender, served), 425, "window-open")
    late = factories.propose(agent, action=other)
    serve(clock, 1)
    problem(claim(sender, late), 425, "window-open")
    assert claim(sender, served).status_code == 200
    clock.advance(seconds=HOUR)
    problem(claim(sender, late), 410, "expired")


def test_what_was_not_written_down_is_once_however_often_it_is_asked_for(
    agent: Agent, api: Api, manager: Person, clock: Clock
) -> None:
    """A broker that hands a task out again and again does no harm."""
    factories.propose(agent)
    factories.propose(agent, action=WIKI)
    vetoed = factories.claim(factories.propose(agent, action=factories.action(service="geo", kind="restart")))
    factories.veto(vetoed, manager)
    size = ledger.size()
    clock.advance(seconds=HOUR)
    assert [expire() for _ in range(100)] == [3, *[0] * 99]
    written = [str(entry.kind) for entry in ledger.entries(size, ledger.size() - 1)]
    assert sorted(written) == ["decision.expired", "decision.expired", "lease.expired", "revert.ordered"]
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()


def migrate() -> None:
    """As earlier versions left them: expired, counted as that, and no entry due that says so; then as the migration does."""
    Decision.rows.update(state=State.EXPIRED)
    counted = import_module("decisions.migrations.0018_decision_counts").statements(connection.vendor)
    with connection.cursor() as cursor:
        for statement in counted:
            cursor.execute(statement)
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        import_module("decisions.migrations.0025_expiry_due").move(apps, editor)


@pytest.mark.parametrize("before", [False, True])
def test_what_was_said_after_the_deadline_leaves_the_expiry_to_be_written(
    sender: Api, agent: Agent, manager: Person, clock: Clock, before: bool
) -> None:
    """A comment, a report that the agent acted all the same, and nothing at all: each is expired, and an entry says so."""
    rows = [
        factories.propose(agent, action=factories.action(resource=f"deploy/{n}"), decision=f"d-{n}") for n in range(3)
    ]
    rows.append(factories.propose(agent, decision="d-3"))
    factories.approve(rows[3], manager)
    clock.advance(seconds=HOUR)
    for row in (rows[0], rows[3]):
        comment(row.id, text="Why?", actor=manager.id)
    factories.send(agent, factories.event("outcome", decision="d-1"))
    row = factories.decision(agent, "d-0")
    assert effective_state(row, clock.at) is State.EXPIRED
    assert Timeline.objects.filter(decision_seq=row.seq).order_by("-seq")[0].state == State.EXPIRED
    if before:
        migrate()
        assert rebuild.rebuild(check=True).differences == ()
    size = ledger.size()
    assert [expire(), expire()] == [4, 0]
    written = list(ledger.entries(size, ledger.size() - 1))
    assert {str(entry.kind) for entry in written} == {"decision.expired"}
    assert sorted(entry.facts["was"] for entry in written) == ["authorized", "pending", "pending", "pending"]
    assert set(Decision.objects.values_list("state", flat=True)) == {State.EXPIRED}
    assert rebuild.rebuild(check=True).differences == ()
