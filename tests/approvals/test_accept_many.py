"""Several decisions accepted at once: only what was opened or is alike and of low risk, each by its own sign-off, exactly told."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from approvals.actions.accept_many import CHANGED, Judged, accept_many
from approvals.actions.comment import comment
from approvals.models import SignOffRecord
from approvals.queries import together
from decisions import ledger
from decisions.models import Agent, Decision, Person
from decisions.vocab import Effect, Kind, SignOff
from tests import factories
from tests.approvals.asking import again, all_owe, owing, refused

pytestmark = pytest.mark.django_db
REASON = "Routine, and seen on the graph."


@pytest.fixture(autouse=True)
def _all_owe(organisation: factories.Register) -> None:
    all_owe()


def accept(*rows: Decision, by: Person, opened: tuple[Decision, ...] = (), reason: str = REASON) -> Judged:
    seen = {row.seq for row in opened}
    chosen = {row.id: row.version for row in rows}
    return accept_many(chosen, effect=Effect.HELPED, reason=reason, opened=seen, actor=by.id)


def left(judged: Judged) -> dict[int, str]:
    return {row.seq: why for row, why in judged.left}


def test_what_is_alike_and_of_low_risk_is_accepted_unopened(agent: Agent, manager: Person) -> None:
    rows = [owing(agent) for _ in range(3)]
    assert {row.risk for row in rows} == {"low"}
    size = ledger.size()
    judged = accept(*rows, by=manager)
    assert ({row.seq for row in judged.accepted}, judged.left) == ({row.seq for row in rows}, [])
    assert {again(row).sign_off for row in rows} == {SignOff.ACCEPTED}
    assert [entry.kind for entry in ledger.entries(size, ledger.size() - 1)] == [Kind.SIGN_OFF_GIVEN] * 3
    assert set(SignOffRecord.objects.values_list("reason", "person_id")) == {(REASON, manager.id)}


@pytest.mark.parametrize(
    "other",
    [{"outcome": "failed"}, {"kind": "rollback"}, {"environment": "staging"}],
    ids=["outcome", "kind", "clause"],
)
def test_what_is_not_alike_must_be_opened_all_of_it(agent: Agent, manager: Person, other: dict[str, str]) -> None:
    same, odd = [owing(agent), owing(agent)], owing(agent, **other)
    assert together.likeness(odd) != together.likeness(same[0])
    judged = accept(*same, odd, by=manager)
    assert judged.accepted == []
    assert all("must be opened first" in why for why in left(judged).values())
    judged = accept(*same, odd, by=manager, opened=(odd,))
    assert len(judged.accepted) == 3, "what was opened is no other sort among the rest"


def test_more_than_low_risk_is_opened_one_by_one(agent: Agent, manager: Person) -> None:
    low, high = owing(agent), owing(agent, service="search")
    assert high.risk == "high"
    judged = accept(low, high, by=manager)
    assert [row.seq for row in judged.accepted] == [low.seq]
    assert list(left(judged)) == [high.seq]
    assert again(high).sign_off == SignOff.REQUIRED
    assert len(accept(high, by=manager, opened=(high,)).accepted) == 1


def test_what_changed_is_left_and_told(agent: Agent, manager: Person, second_manager: Person) -> None:
    signed, said, plain = owing(agent), owing(agent), owing(agent)
    accept(signed, by=second_manager)
    comment(said.id, text="Wait.", actor=second_manager.id)
    judged = accept(signed, said, plain, by=manager)
    assert [row.seq for row in judged.accepted] == [plain.seq]
    assert left(judged) == {signed.seq: CHANGED, said.seq: CHANGED}
    assert SignOffRecord.objects.filter(decision_seq=signed.seq).count() == 1


def test_what_owes_nothing_is_not_judged_in_passing(agent: Agent, manager: Person) -> None:
    row = owing(agent)
    Decision.objects.filter(seq=row.seq).update(sign_off=SignOff.NONE)
    size = ledger.size()
    assert left(accept(row, by=manager, opened=(row,))) == {row.seq: CHANGED}
    assert ledger.size() == size


def test_the_owner_alone_does_not_settle_tier_0(agent: Agent, organisation: factories.Register) -> None:
    owner = organisation.people["marta"]
    row = owing(organisation.agents["autoscaler"], service="checkout")
    judged = accept(row, by=owner, opened=(row,))
    assert len(judged.accepted) == 1
    assert again(row).sign_off == SignOff.REQUIRED, "a second person must"


@pytest.mark.parametrize("name", ["ines", "samuel", "yuki", "noor"])
def test_those_who_may_not_sign_one_sign_none(agent: Agent, organisation: factories.Register, name: str) -> None:
    rows = [owing(agent), owing(agent)]
    judged = accept(*rows, by=organisation.people[name])
    assert judged.accepted == []
    assert all("takes one of these roles" in why for why in left(judged).values())
    assert not SignOffRecord.objects.exists()


def test_words_that_no_sign_off_takes_record_nothing(agent: Agent, manager: Person) -> None:
    rows = [owing(agent), owing(agent)]
    refused("reason-needed", accept, *rows, by=manager, reason="   ok  ")
    chosen = {row.id: row.version for row in rows}
    given: dict[str, Any] = {"reason": REASON, "opened": (), "actor": manager.id}
    refused("cause-needed", accept_many, chosen, effect=Effect.HARMED, **given)
    assert not SignOffRecord.objects.exists()


def test_none_too_many_and_one_that_is_not_there(agent: Agent, manager: Person) -> None:
    given: dict[str, Any] = {"effect": Effect.HELPED, "reason": REASON, "opened": (), "actor": manager.id}
    refused("bad-request", accept_many, {}, **given)
    refused("bad-request", accept_many, {uuid4(): 1 for _ in range(together.MOST + 1)}, **given)
    row = owing(agent)
    refused("bad-request", accept_many, {row.id: row.version, UUID(int=7): 1}, **given)
    assert again(row).sign_off == SignOff.REQUIRED
