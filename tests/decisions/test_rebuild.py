"""The fold of the ledger equals the read models, whatever happened; and what is no fold of it is found."""

import random
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F

from approvals.models import Verdict
from decisions import ledger, rebuild
from decisions.models import Agent, Decision, Service, Standing, Timeline
from decisions.rebuild import Rebuilt, batches
from decisions.verify import verify_ledger
from decisions.vocab import Kind
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send
from tests.mixture import Mixture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(4))
def test_after_any_mixture_of_commands_the_fold_equals_the_read_models(
    organisation: factories.Register, clock: Clock, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mixture(organisation, clock, random.Random(seed)).run(60)
    # Small batches, so that every boundary between them is met.
    monkeypatch.setattr(rebuild, "BATCH", 1 + seed)
    rebuilt = rebuild.rebuild(check=True)
    assert rebuilt.differences == ()
    assert rebuilt.entries == ledger.size() > 60
    assert verify_ledger().clean


def test_a_hold_stays_with_its_proposal(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "BATCH", 1)
    send(agent, event("proposed"), event("proposed"), event())
    groups = [
        [str(entry.kind) for entry in batch] for batch in batches(ledger.entries(ledger.size() - 5, ledger.size() - 1))
    ]
    asked = [str(Kind.ACTION_PROPOSED), str(Kind.DECISION_HELD)]
    assert groups == [asked, asked, [str(Kind.ACTION_REPORTED)]]


def test_a_rebuild_brings_back_what_was_lost_and_takes_away_what_no_entry_says(agent: Agent, manager: Any) -> None:
    factories.approve(factories.propose(agent, decision="rb-1"), manager)
    Decision.objects.update(state="vetoed", version=F("version") + 1)
    Standing.objects.filter(person_id=manager.id).delete()
    Verdict.objects.create(
        seq=1, decision_seq=1, person_id=uuid.uuid4(), verdict="approve", at=ledger.current().at - timedelta(days=1)
    )
    row = factories.decision(agent, "rb-1")
    expected = (
        f"decision {row.seq}: the entries make another row of it",
        f"standing {manager.id}: the entries make this row and it was not there",
        "verdict 1: no entry makes this row",
    )
    checked = rebuild.rebuild(check=True)
    assert checked.differences == expected
    assert factories.decision(agent, "rb-1").state == "vetoed", "a check changes nothing"
    assert rebuild.rebuild(check=False).differences == expected
    assert factories.decision(agent, "rb-1").state == "authorized"
    assert rebuild.rebuild(check=True) == Rebuilt(checked.entries, checked.rows, ())


def test_an_empty_ledger_makes_no_rows() -> None:
    assert rebuild.rebuild(check=False) == Rebuilt(0, 0, ())


def test_progress_is_told(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "BATCH", 10)
    seen: list[tuple[int, int]] = []
    rebuild.rebuild(check=True, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(10, 17), (17, 17)]


def run(*words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("rebuild_read_models", *words, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_ends_with_the_result(agent: Agent) -> None:
    assert run("--check") == (0, "17 entries make 21 rows; 0 differ.\n")
    Service.objects.filter(slug="geo").update(tier=0)
    code, text = run("--check")
    assert (code, text.splitlines()) == (
        1,
        ["17 entries make 21 rows; 1 differ.", "service geo: the entries make another row of it"],
    )
    assert run()[0] == 0
    assert run("--check")[0] == 0


@pytest.mark.django_db(transaction=True)
def test_a_check_outside_a_transaction_leaves_everything_as_it_was(agent: Agent) -> None:
    send(agent, event())
    before = list(Timeline.objects.values_list())
    assert rebuild.rebuild(check=True).differences == ()
    assert list(Timeline.objects.values_list()) == before
    assert rebuild.rebuild(check=False).differences == ()
    assert list(Timeline.objects.values_list()) == before
