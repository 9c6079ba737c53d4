"""What other systems told of a decision goes with it when it is erased, and is kept with it while a court asks for it."""

import json

import pytest

from approvals.actions.change_register import change_register
from approvals.actions.erase import Why, erase
from approvals.actions.legal_hold import set_legal_hold
from approvals.organisation import AgentRow, Organisation
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import clock, ledger
from decisions.errors import Problem
from decisions.models import Agent, Decision, Evidence, Person
from decisions.rebuild import rebuild
from decisions.vocab import LegalHoldScope, Outcome
from tests import factories
from tests.factories import event, hand_in, send

pytestmark = pytest.mark.django_db
WHY = Why(ErasureBasis.RETENTION_OVER, "Schedule of retention 4", "Five years are over.")


@pytest.fixture
def seen(agent: Agent) -> Decision:
    """A reported act of which an audit log says that it was refused, and in what words."""
    row = AgentRow("remediator", "Remediator", "Acme", "m-1", "2026-10", "tomasz", identities=("kubernetes-audit:rem",))
    change_register(Organisation(agents=[row]), actor=None)
    now = clock.now().isoformat()
    send(agent, event(decision="d", action=factories.action(resource="deployment/search"), time=now))
    row_ = factories.decision(agent, "d")
    named = frozenset({f"decision:{row_.id}"})
    # Of a service that nobody registered: only its decision says that the hold of a service covers it.
    hand_in(
        factories.effect(
            actor="rem", keys=named, targets=("elsewhere",), outcome=Outcome.FAILED, detail="forbidden to Mallory Quux"
        )
    )
    row_.refresh_from_db()
    assert row_.outcome_detail == "forbidden to Mallory Quux"
    return row_


def test_of_a_decision_what_was_seen_of_it_is_erased_as_well(seen: Decision, admin: Person) -> None:
    erase(ErasureOf.DECISION, str(seen.id), names=(), why=WHY, actor=admin.id)
    told = [json.dumps(entry.disclosed) for entry in ledger.entries(0, ledger.size() - 1)]
    assert not [words for words in told if "Quux" in words]
    assert Evidence.objects.get().told == {}
    seen.refresh_from_db()
    assert (seen.outcome, seen.outcome_detail) == (Outcome.FAILED, "")
    assert rebuild(check=True).differences == ()


@pytest.mark.parametrize("scope", [LegalHoldScope.PERSON, LegalHoldScope.SERVICE])
def test_a_legal_hold_on_a_decision_keeps_what_was_seen_of_it(
    seen: Decision, admin: Person, executive: Person, scope: LegalHoldScope
) -> None:
    value = str(seen.owner_id) if scope is LegalHoldScope.PERSON else seen.service
    set_legal_hold(scope=scope, value=value, reason="A court asks for it.", actor=executive.id)
    with pytest.raises(Problem) as caught:
        erase(ErasureOf.ENTRIES, [Evidence.objects.get().seq], names=(), why=WHY, actor=admin.id)
    assert caught.value.slug == "legal-hold"


def test_what_is_erased_of_evidence_alone_is_gone_from_its_decision_too(seen: Decision, admin: Person) -> None:
    version = seen.version
    erase(ErasureOf.ENTRIES, [Evidence.objects.get().seq], names=(), why=WHY, actor=admin.id)
    seen.refresh_from_db()
    assert (Evidence.objects.get().told, seen.version) == ({}, version + 1)
    assert rebuild(check=True).differences == ()
