"""Two people accept the same decisions at the same moment: each decision is signed once, and each person is told exactly what they signed."""

import pytest

from approvals.actions.accept_many import CHANGED, Judged, accept_many
from approvals.models import SignOffRecord
from decisions import ledger, rebuild
from decisions.models import Agent, Person
from decisions.verify import verify_ledger
from decisions.vocab import Effect, Kind
from tests.approvals.asking import all_owe, owing
from tests.races.running import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
ROWS = 12


def test_each_is_signed_once(agent: Agent, manager: Person, second_manager: Person) -> None:
    all_owe()
    rows = [owing(agent) for _ in range(ROWS)]
    size = ledger.size()

    def accept(by: Person) -> Judged:
        chosen = {row.id: row.version for row in rows}
        return accept_many(chosen, effect=Effect.HELPED, reason="Seen on the graph.", opened=(), actor=by.id)

    [(one, other)] = together(1, lambda _: accept(manager), lambda _: accept(second_manager))
    by = {manager.id: one, second_manager.id: other}
    for person, judged in by.items():
        signed = set(SignOffRecord.objects.filter(person_id=person).values_list("decision_seq", flat=True))
        assert {row.seq for row in judged.accepted} == signed
        assert {why for _, why in judged.left} <= {CHANGED}
        assert len(judged.accepted) + len(judged.left) == ROWS
    assert len(one.accepted) + len(other.accepted) == SignOffRecord.objects.count() == ROWS
    kinds = [entry.kind for entry in ledger.entries(size, ledger.size() - 1)]
    assert kinds.count(Kind.SIGN_OFF_GIVEN) == ROWS
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()
