"""Facts from the database: who, what and when of each decision, in a fixed number of queries."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from approvals.models import PolicyVersion, SignOffRecord, Verdict
from approvals.periods import Period
from approvals.reports.collect import facts_of, policy_of
from approvals.reports.dataset import report_of
from approvals.reports.facts import DecisionFact
from decisions.models import Agent, Decision, Person, Service
from tests.approvals.reports.factory import END, MIDDLE, START, month

pytestmark = pytest.mark.django_db

OWNER, JUDGE, AGENT = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()


@pytest.fixture(autouse=True)
def register() -> None:
    Person.objects.create(id=OWNER, username="mira", name="Mira Tan")
    Person.objects.create(id=JUDGE, username="ole", name="Ole Berg")
    Agent.objects.create(id=AGENT, slug="remediator", name="Remediator", active=True)
    Service.objects.create(slug="checkout", name="Checkout", tier=1, cost_per_minute="12.50")


def decision(seq: int, **over: Any) -> Decision:
    base: dict[str, Any] = {
        "seq": seq,
        "id": uuid.uuid4(),
        "ref_key": f"{seq:032x}",
        "version": 1,
        "last_seq": seq,
        "complete": True,
        "agent_id": AGENT,
        "service": "checkout",
        "environment": "prod",
        "environment_class": "prod",
        "kind": "rollback",
        "tier": 1,
        "owner_id": OWNER,
        "level_ruled": "L2",
        "level_used": "L4",
        "beyond": True,
        "risk": "high",
        "title": "Roll back",
        "state": "reported",
        "outcome": "succeeded",
        "occurred_at": MIDDLE,
        "received_at": MIDDLE,
        "ended_at": MIDDLE,
    }
    return Decision.objects.create(**{**base, **over})


OCTOBER = Period.read("2026-10")


def collected(now: Any = END + timedelta(days=4)) -> list[DecisionFact]:
    known = facts_of("Meridian", OCTOBER, now=now, grouped=False)
    return list(known.decisions)


@pytest.fixture(autouse=True)
def long_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """The read models here are made by hand, so the head is told to be ahead of them."""
    head = type("Head", (), {"size": 10_000, "root": b"\xab" * 32, "at": START})
    monkeypatch.setattr("approvals.reports.collect.ledger.current", lambda: head)
    monkeypatch.setattr("approvals.reports.collect.ledger.entry", lambda _: None)


def test_a_reported_action_carries_its_owner_agent_and_cost() -> None:
    decision(7)
    [fact] = collected()
    assert (fact.owner_name, fact.agent, fact.cost_per_minute) == ("Mira Tan", "remediator", Decimal("12.50"))
    assert (fact.verdict, fact.beyond, fact.acted_at) == ("", True, MIDDLE)


def test_verdicts_and_sign_offs_come_with_the_person_and_the_time() -> None:
    later = MIDDLE + timedelta(minutes=2)
    approved = decision(
        1, proposed=True, decided_by=JUDGE, decided_at=later, level_used="L2", beyond=False, effect="helped"
    )
    vetoed = decision(2, proposed=True, state="vetoed", outcome="", level_used="", decided_by=JUDGE, decided_at=later)
    for row, word in ((approved, "approve"), (vetoed, "veto")):
        Verdict.objects.create(seq=100 + row.seq, decision_seq=row.seq, person_id=JUDGE, verdict=word, at=later)
    SignOffRecord.objects.create(
        seq=200, decision_seq=1, person_id=OWNER, judgement="refuse", effect="harmed", at=later
    )
    SignOffRecord.objects.create(seq=201, decision_seq=1, person_id=JUDGE, judgement="accept", effect="helped", at=END)
    first, second = collected()
    assert (first.verdict, first.verdict_at, first.decided_by_name) == ("approve", later, "Ole Berg")
    assert (first.signed_off_by, first.signed_off_at) == ("Ole Berg", END)
    assert (second.verdict, second.verdict_at) == ("veto", later)


def test_an_approval_that_did_not_reach_its_quorum_is_no_verdict_and_a_lapsed_hold_has_expired() -> None:
    held = decision(1, proposed=True, state="pending", outcome="", level_used="", ended_at=None, hold_until=END)
    Verdict.objects.create(seq=9, decision_seq=held.seq, person_id=JUDGE, verdict="approve", at=MIDDLE)
    assert (collected(END)[0].verdict, collected(END)[0].expired) == ("", True)
    assert collected(END - timedelta(seconds=1))[0].expired is False


def test_a_person_whose_name_was_erased_is_a_pseudonym() -> None:
    gone = uuid.uuid4()
    decision(1, owner_id=gone)
    assert collected()[0].owner_name == f"person {str(gone)[:8]}"


def test_only_complete_decisions_of_the_period_and_the_year_before_it_are_read() -> None:
    decision(1, occurred_at=END, received_at=END, ended_at=END)
    decision(2, complete=False)
    decision(3, occurred_at=month(15))
    decision(4, occurred_at=month(11))
    assert [fact.occurred_at for fact in collected()] == [month(11)]


def test_queries_do_not_grow_with_the_decisions(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for seq in range(40):
        decision(seq)
    with django_assert_max_num_queries(24):
        report = report_of(facts_of("Meridian", OCTOBER, now=END))
    assert report["measures"][1]["value"] == 40


def test_the_policy_is_the_one_in_force_at_the_end_or_else_the_first() -> None:
    assert policy_of(END) is None
    made = [(1, END + timedelta(days=1)), (2, END + timedelta(days=2))]
    for version, at in made:
        PolicyVersion.objects.create(version=version, seq=version, sha256="ab", document={}, activated_at=at)
    found = policy_of(END)
    assert found is not None
    assert found.version == 1
    PolicyVersion.objects.filter(version=1).update(activated_at=START)
    PolicyVersion.objects.filter(version=2).update(activated_at=MIDDLE)
    found = policy_of(END)
    assert found is not None
    assert found.version == 2
