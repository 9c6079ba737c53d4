"""What was done although its decision had ended without it can be ordered to be undone, and no terminal state is left for that."""

import pytest
from django.test import Client

from approvals.actions.activate_policy import activate_policy
from approvals.actions.answer_revert import acknowledge_revert, finish_revert
from approvals.actions.review import review
from approvals.actions.sign_off import sign_off
from approvals.actions.withdraw import withdraw
from approvals.models import Verdict
from approvals.queries.reverts import fencing_of, orders_of
from approvals.vocab import Finding, Judgement
from decisions import clock as product_clock
from decisions.errors import Problem
from decisions.models import Agent, Decision, Person
from decisions.rebuild import rebuild
from decisions.states import effective_state
from decisions.vocab import TERMINAL, Cause, Effect, Level, Outcome, State
from tests import factories
from tests.conftest import Clock
from tests.decisions.test_parts_in_any_order import told, watched

__all__ = ["watched"]
pytestmark = pytest.mark.django_db
OBSERVE = [{"tier": [0, 1, 2, 3], "kind": "*", "environment": "*", "level": "L0"}]


def ended(agent: Agent, responder: Person, manager: Person, clock: Clock, how: str) -> Decision:
    """Asked for, ended without a claim, and fourteen minutes old when it is done."""
    if how == "denied":
        activate_policy(factories.policy(matrix=OBSERVE))
    told("proposed", "p", clock.at).come(agent)
    row = factories.decision(agent, "d")
    if how == "vetoed":
        factories.veto(row, responder)
    elif how == "withdrawn":
        withdraw(row.id, reason="No need.", agent=agent.id)
    elif how == "permission over":
        factories.approve(row, manager)
    clock.advance(minutes=14)
    return row


def done(agent: Agent, clock: Clock, by: str, outcome: Outcome = Outcome.SUCCEEDED) -> Decision:
    at = clock.at
    clock.advance(minutes=17)
    if by == "seen":
        factories.hand_in(factories.effect(actor="rem", outcome=outcome, at=at))
    else:
        told("executed", "e", at, outcome={"status": str(outcome)}).come(agent)
    return factories.decision(agent, "d")


def state_of(row: Decision) -> State:
    return effective_state(Decision.objects.get(seq=row.seq), product_clock.now())


def act() -> Decision:
    return Decision.objects.order_by("-seq")[0]


@pytest.mark.parametrize("how", ["vetoed", "expired", "withdrawn", "permission over", "denied"])
@pytest.mark.parametrize("by", ["seen", "told"])
def test_a_veto_has_it_undone_and_the_decision_stays_what_it_was(
    watched: Agent, responder: Person, manager: Person, clock: Clock, how: str, by: str
) -> None:
    ended(watched, responder, manager, clock, how)
    row = done(watched, clock, by)
    was = state_of(row)
    assert was in TERMINAL
    if how in ("expired", "permission over"):
        assert was is State.EXPIRED
    factories.veto(row, responder, reason="Undo that.")
    assert state_of(row) is was
    undone = act()
    assert (undone.state, undone.to_revert, undone.level_used) == (State.REVERT_ORDERED, True, Level.L4)
    assert (undone.action, undone.owner_id, undone.title) == (row.action, row.owner_id, row.title)
    assert [one.seq for one in orders_of(watched.id, clock.at)] == [undone.seq]
    assert Verdict.objects.get(decision_seq=undone.seq).person_id == responder.id
    with pytest.raises(Problem):
        factories.veto(row, manager)
    assert Decision.objects.count() == 2
    with pytest.raises(Problem):
        factories.claim(undone)
    acknowledge_revert(undone.id, fencing=fencing_of(undone), key="k", agent=watched.id)
    finish_revert(undone.id, fencing=fencing_of(undone), succeeded=True, said={}, key="l", agent=watched.id)
    undone.refresh_from_db()
    reason = "Two replicas again."
    review(undone.id, finding=Finding.REVERTED, reason=reason, version=undone.version, actor=manager.id)
    assert (state_of(undone), state_of(row)) == (State.REVERTED, was)
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize("how", ["vetoed", "expired"])
def test_nothing_is_ordered_of_what_nobody_told_or_saw(
    watched: Agent, responder: Person, manager: Person, clock: Clock, how: str
) -> None:
    row = ended(watched, responder, manager, clock, how)
    clock.advance(minutes=17)
    with pytest.raises(Problem):
        factories.veto(row, responder)
    assert Decision.objects.count() == 1


def test_who_may_not_veto_may_not_have_it_undone(
    watched: Agent, responder: Person, manager: Person, viewer: Person, clock: Clock
) -> None:
    ended(watched, responder, manager, clock, "vetoed")
    row = done(watched, clock, "seen")
    with pytest.raises(Problem) as refused:
        factories.veto(row, viewer)
    assert refused.value.slug == "role"


@pytest.mark.parametrize(("outcome", "undone"), [(Outcome.SUCCEEDED, 1), (Outcome.NO_CHANGE, 0)])
def test_to_refuse_it_is_a_veto_after_the_act(
    watched: Agent, responder: Person, manager: Person, clock: Clock, outcome: Outcome, undone: int
) -> None:
    ended(watched, responder, manager, clock, "vetoed")
    row = done(watched, clock, "seen", outcome)
    for _ in range(2):
        row.refresh_from_db()
        sign_off(
            row.id,
            judgement=Judgement.REFUSE,
            effect=Effect.HARMED,
            cause=Cause.AGENT_ERROR,
            reason="It had been vetoed.",
            version=row.version,
            actor=manager.id,
        )
    assert len(orders_of(watched.id, clock.at)) == undone
    assert rebuild(check=True).differences == ()


def test_the_page_offers_it_until_it_is_ordered_and_then_leads_to_it(
    watched: Agent, responder: Person, manager: Person, clock: Clock, client: Client
) -> None:
    ended(watched, responder, manager, clock, "vetoed")
    row = done(watched, clock, "seen")
    client.force_login(responder)
    before = client.get(f"/decisions/{row.id}/").text
    factories.veto(row, responder)
    after = client.get(f"/decisions/{row.id}/").text
    assert ('id="dec-undo"' in before, 'id="dec-undo"' in after) == (True, False)
    assert f"/decisions/{act().id}/" in after
    assert f"/decisions/{row.id}/" in client.get(f"/decisions/{act().id}/").text
