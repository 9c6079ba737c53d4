"""An entry made straight from its draft is the entry that reading the ledger gives."""

import pytest

from decisions import ledger, projections
from decisions.envelope import Entry
from decisions.models import Agent, Person
from tests import factories


@pytest.mark.django_db
def test_what_projections_get_is_what_the_ledger_holds(
    agent: Agent, second_manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied: list[Entry] = []
    apply = projections.apply

    def watched(entries: list[Entry]) -> None:
        applied.extend(entries)
        apply(entries)

    monkeypatch.setattr(projections, "apply", watched)
    first = ledger.size()
    row = factories.propose(agent, key="k", evidence=[{"name": "p99", "value": 0.25, "limit": 2}])
    factories.approve(row, second_manager, reason="Go on.")
    factories.send(agent, factories.event(outcome={"status": "failed", "detail": "…"}), factories.event("signal"))
    assert len(applied) == ledger.size() - first >= 5
    assert applied == list(ledger.entries(first, ledger.size() - 1))
