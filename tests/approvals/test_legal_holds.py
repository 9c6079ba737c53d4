"""A legal hold keeps what is in its scope from being erased, and nothing else, until it is lifted."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.actions.comment import comment
from approvals.actions.erase import Why, erase
from approvals.actions.leave import Handover, leave
from approvals.actions.legal_hold import lift_legal_hold, set_legal_hold
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import ledger, rebuild
from decisions.errors import Problem
from decisions.models import Agent, Decision, LegalHold, Person
from decisions.models.ledger import Disclosure
from decisions.vocab import LegalHoldScope
from tests import factories
from tests.factories import event, send

pytestmark = pytest.mark.django_db
WHY = Why(ErasureBasis.RETENTION_OVER, "Schedule of retention 4", "Five years are over.")
SCOPES = {
    "the service": (LegalHoldScope.SERVICE, "search"),
    "another service": (LegalHoldScope.SERVICE, "geo"),
    "the agent": (LegalHoldScope.AGENT, "remediator"),
    "another agent": (LegalHoldScope.AGENT, "autoscaler"),
    "the owner": (LegalHoldScope.PERSON, "marta"),
    "who commented": (LegalHoldScope.PERSON, "ines"),
    "another person": (LegalHoldScope.PERSON, "helena"),
    "everything": (LegalHoldScope.EVERYTHING, ""),
}


@pytest.fixture
def act(agent: Agent) -> Decision:
    """One on `search`, whose owner is Marta."""
    send(agent, event(decision="a"))
    return factories.decision(agent, "a")


@pytest.fixture
def hold(organisation: factories.Register, executive: Person) -> Callable[[str], LegalHold]:
    def made(what: str) -> LegalHold:
        scope, value = SCOPES[what]
        if scope is LegalHoldScope.AGENT:
            value = str(organisation.agents[value].id)
        elif scope is LegalHoldScope.PERSON:
            value = str(organisation.people[value].id)
        return set_legal_hold(scope=scope, value=value, reason="A court asks for it.", actor=executive.id)

    return made


def take(seqs: list[int], admin: Person, *names: str) -> int:
    return erase(ErasureOf.ENTRIES, seqs, names=names, why=WHY, actor=admin.id).entries


def refused(seqs: list[int], admin: Person, hold: LegalHold) -> None:
    before = Disclosure.objects.count()
    with pytest.raises(Problem) as caught:
        take(seqs, admin)
    assert (caught.value.slug, caught.value.status) == ("legal-hold", 409)
    assert caught.value.extra == {"legal_holds": [str(hold.id)]}
    assert Disclosure.objects.count() == before
    refusal = ledger.entry(ledger.size() - 1)
    assert refusal is not None
    assert refusal[0].facts["problem"] == "legal-hold"


@pytest.mark.parametrize("what", ["the service", "the agent", "the owner", "everything"])
def test_what_it_covers_stays_until_it_is_lifted(
    act: Decision, admin: Person, auditor: Person, hold: Callable[[str], LegalHold], what: str
) -> None:
    held = hold(what)
    refused([act.seq], admin, held)
    lifted = lift_legal_hold(held.id, reason="The court has closed it.", actor=auditor.id)
    assert (lifted.lifted_by, lifted.lifted_because) == (auditor.id, "The court has closed it.")
    assert take([act.seq], admin) == 1
    assert rebuild.rebuild(check=True).differences == ()


@pytest.mark.parametrize("what", ["another service", "another agent", "who commented", "another person"])
def test_what_it_does_not_cover_goes(act: Decision, admin: Person, hold: Callable[[str], LegalHold], what: str) -> None:
    hold(what)
    assert take([act.seq], admin) == 1


def test_a_person_is_kept_in_what_they_said(
    act: Decision, admin: Person, responder: Person, executive: Person, hold: Callable[[str], LegalHold]
) -> None:
    """Two comments in one request: one of them is kept, so both are."""
    seqs = [comment(act.id, text="Hm.", actor=who.id).first_seq for who in (responder, executive)]
    refused(seqs, admin, hold("who commented"))
    assert take(seqs[1:], admin) == 1


def test_the_account_of_a_person_is_kept_though_nothing_they_said_is_left(
    admin: Person, viewer: Person, auditor: Person
) -> None:
    leave(viewer.id, Handover(), actor=admin.id)
    held = set_legal_hold(
        scope=LegalHoldScope.PERSON, value=str(viewer.id), reason="A court asks for it.", actor=auditor.id
    )

    def go() -> Any:
        return erase(ErasureOf.PERSON, str(viewer.id), names=(), why=WHY, actor=admin.id)

    with pytest.raises(Problem, match="legal-hold"):
        go()
    assert Person.objects.filter(id=viewer.id).exists()
    lift_legal_hold(held.id, reason="The court has closed it.", actor=auditor.id)
    go()
    assert not Person.objects.filter(id=viewer.id).exists()


def test_a_register_row_is_kept_by_its_own_name(admin: Person, hold: Callable[[str], LegalHold]) -> None:
    rows = [entry.seq for entry in ledger.entries(0, ledger.size() - 1) if entry.facts.get("key") == "search"]
    refused(rows, admin, hold("the service"))


def test_the_same_again_is_the_one_in_force(hold: Callable[[str], LegalHold], executive: Person) -> None:
    first, size = hold("the service"), ledger.size()
    assert hold("the service").id == first.id
    assert ledger.size() == size
    lift_legal_hold(first.id, reason="It is over now.", actor=executive.id)
    with pytest.raises(Problem, match="not-open"):
        lift_legal_hold(first.id, reason="It is over now.", actor=executive.id)
    assert hold("the service").id != first.id


@pytest.mark.parametrize("who", ["marta", "ines", "yuki", "noor"])
def test_only_executives_and_auditors_keep_and_let_go(
    organisation: factories.Register, hold: Callable[[str], LegalHold], who: str
) -> None:
    """Least of all who erases."""
    held, actor = hold("everything"), organisation.people[who].id
    with pytest.raises(Problem, match="role"):
        set_legal_hold(scope=LegalHoldScope.SERVICE, value="geo", reason="A court asks for it.", actor=actor)
    with pytest.raises(Problem, match="role"):
        lift_legal_hold(held.id, reason="The court has closed it.", actor=actor)
    assert LegalHold.objects.get().lifted_at is None


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        (LegalHoldScope.SERVICE, "nowhere"),
        (LegalHoldScope.SERVICE, ""),
        (LegalHoldScope.AGENT, "remediator"),
        (LegalHoldScope.PERSON, "00000000-0000-7000-8000-000000000000"),
        (LegalHoldScope.EVERYTHING, "all"),
    ],
)
def test_what_keeps_nothing_is_no_legal_hold(executive: Person, scope: LegalHoldScope, value: str) -> None:
    with pytest.raises(Problem, match="unknown-scope"):
        set_legal_hold(scope=scope, value=value, reason="A court asks for it.", actor=executive.id)
    with pytest.raises(Problem, match="reason-needed"):
        set_legal_hold(scope=LegalHoldScope.EVERYTHING, value="", reason=" A court ", actor=executive.id)
    assert not LegalHold.objects.exists()
