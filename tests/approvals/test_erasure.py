"""Erasing what entries disclose: the text is gone everywhere, the ledger verifies, and what the read models say is what the entries make."""

import contextlib
import random
from typing import Any

import pytest

from approvals.actions.erase import Erased, Why, erase
from approvals.models import Erasure
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import ledger, rebuild
from decisions.errors import Problem
from decisions.models import Agent, Person
from decisions.models.ledger import Disclosure
from decisions.verify import verify_ledger
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send
from tests.mixture import Mixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
WHY = Why(ErasureBasis.SUBJECT_REQUEST, "Request 17 of 21 November", "They asked for it in writing.")


def take(admin: Person, of: ErasureOf, value: Any, *names: str) -> Erased:
    return erase(of, value, names=names, why=WHY, actor=admin.id)


def test_what_is_erased_of_a_decision_is_gone_and_said_to_be(agent: Agent, admin: Person) -> None:
    send(
        agent, event(decision="rb-1", rationale="Ada Lovelace called", outcome={"status": "succeeded", "detail": "ok"})
    )
    row = factories.decision(agent, "rb-1")
    version, leaf = row.version, ledger.entry(row.seq)
    erased = take(admin, ErasureOf.ENTRIES, [row.seq], "account")
    row.refresh_from_db()
    assert row.account == {}
    assert row.action is not None, "only what was named"
    assert row.outcome_detail == "ok"
    assert (row.version, row.last_seq) == (version + 1, erased.first_seq)
    said = Erasure.objects.get()
    assert (said.entry_seq, said.names, said.erased_by, said.reason) == (row.seq, ["account"], admin.id, WHY.reason)
    now = ledger.entry(row.seq)
    assert leaf is not None
    assert now is not None
    assert now[1:] == leaf[1:], "the leaf is what it was"
    assert "account" not in now[0].disclosed
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()


@pytest.mark.parametrize("seed", range(6))
def test_after_any_erasures_the_ledger_verifies_and_the_fold_equals_the_read_models(
    organisation: factories.Register, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    mixture = Mixture(organisation, clock, chance)
    admin, count = organisation.people["yuki"], 0
    for _ in range(5):
        mixture.run(30)
        for _ in range(12):
            row = chance.choice(list(Disclosure.objects.all()))
            whole = chance.random() < 0.3
            # What is needed still, or kept by a legal hold, is refused.
            with contextlib.suppress(Problem):
                count += take(admin, ErasureOf.ENTRIES, [row.seq], *([] if whole else [row.name])).entries
    assert count > 12
    assert rebuild.rebuild(check=True).differences == ()
    verdict = verify_ledger()
    assert (verdict.faults, verdict.erased > count - 1) == ([], True)
