"""Claims that wait for the writer at the same time are written together, and each is judged as if it were alone."""

import threading
import time
from typing import Any

import pytest
from django.db import connection

from decisions import ledger, projections, recording
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.models import Agent, Decision
from decisions.rebuild import rebuild
from decisions.vocab import Kind
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]


def test_claims_that_wait_together_are_written_together(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one decision the first wins, and those of others do not mind."""
    actions = [factories.action(service="wiki", parameters={"replicas": n}) for n in range(5)]
    rows = [factories.propose(agent, action=action) for action in actions]
    wanted = [*rows, rows[2]]
    applied: list[int] = []
    apply = projections.apply

    def noted(entries: Any) -> None:
        applied.append(len(entries))
        apply(entries)

    monkeypatch.setattr(projections, "apply", noted)
    busy = threading.Event()

    def occupy(_: recording.Moment) -> list[Draft]:
        busy.wait(20)
        return []

    held = recording.enqueue(occupy, principal="system", keys=(), weight=1)
    answers: list[Any] = [None] * len(wanted)

    def ask(place: int, row: Decision) -> None:
        try:
            answers[place] = factories.claim(row, key=f"c-{place}")
        except Problem as problem:
            answers[place] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(wanted)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 10
    while recording._writer.waiting() < len(wanted) and time.monotonic() < until:
        time.sleep(0.01)
    busy.set()
    for thread in threads:
        thread.join(20)
    held.result(20)
    granted = [one for one in answers if isinstance(one, Decision)]
    assert {one.id for one in granted} == {row.id for row in rows}
    assert [one.slug for one in answers if isinstance(one, Problem)] == ["claimed"]
    entries = [entry for entry in ledger.entries(0, ledger.size() - 1) if entry.kind is Kind.CLAIM_GRANTED]
    assert [entry.seq for entry in entries] == sorted(one.lease_seq or 0 for one in granted)
    before = list(applied)
    assert rebuild(check=True).differences == ()
    assert len([one for one in before if one]) < len(rows), before
