"""The recorded actions of real agents, imported as the demo does: each is in the ledger as it was recorded."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from approvals import organisation
from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from approvals.actions.import_recordings import import_recordings
from approvals.documents import read_yaml
from approvals.queries.replay import Past, actions
from decisions import ledger
from decisions.intake.ruleable import ruleable_of_entry
from decisions.models import Decision
from decisions.vocab import Kind
from tests.contracts.tree import ROOT

NOW = "2026-11-23T00:00:00+00:00"


@pytest.fixture(scope="module")
def printed() -> list[tuple[str, dict[str, Any]]]:
    command = [sys.executable, "-m", "examples.recordings", "--now", NOW]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.splitlines()
    return [(line["agent"], line["event"]) for line in map(json.loads, lines)]


@pytest.fixture
def imported(db: None, printed: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """What was recorded, after it was imported into the example organisation."""
    change_register(organisation.read((ROOT / "examples/organisation.yaml").read_text()), actor=None)
    activate_policy({"matrix": [{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}]})
    assert import_recordings(printed, source="a test", actor=None) == 136
    return [json.loads(line) for line in (ROOT / "examples/recorded/decisions.jsonl").read_text().splitlines()]


def test_every_action_is_there_with_its_reasoning_its_target_and_its_outcome(imported: list[dict[str, Any]]):
    entries = [entry for entry in ledger.entries(0, ledger.size() - 1) if entry.kind is Kind.ACTION_REPORTED]
    assert len(entries) == len(imported) == 136
    # What was recorded is kept word for word; the same words may be recorded of several actions.
    assert Counter(entry.disclosed["account"]["rationale"] for entry in entries) == Counter(
        line["reasoning"] for line in imported
    )
    assert Counter(entry.disclosed["outcome"]["detail"] for entry in entries) == Counter(
        line["result"] for line in imported
    )
    resources = Counter(entry.disclosed["action"]["canonical"]["target"].get("resource", "") for entry in entries)
    assert resources == Counter(line["target"] or "" for line in imported)


def test_a_success_flag_is_not_an_outcome(imported: list[dict[str, Any]]):
    states = Counter(Decision.objects.values_list("state", flat=True))
    assert states == {"failed": 27, "unknown": 6, "reported": 103}
    outcomes = Counter(Decision.objects.values_list("outcome", flat=True))
    assert outcomes == {"succeeded": 89, "no_change": 14, "failed": 27, "unknown": 6}


def test_they_are_marked_as_replayed_and_keep_their_episodes(imported: list[dict[str, Any]]):
    assert set(Decision.objects.values_list("replayed", flat=True)) == {True}
    episodes = Counter(Decision.objects.values_list("episode", flat=True))
    assert episodes == Counter(line["trace_id"] for line in imported)
    assert max(episodes.values()) == 45


def test_no_confidence_is_invented(imported: list[dict[str, Any]]):
    assert not [row.id for row in Decision.objects.all() if "confidence" in row.account]


def test_the_policy_of_the_example_rules_on_them_again_as_it_did(
    db: None, printed: list[tuple[str, dict[str, Any]]]
) -> None:
    """Each ruling follows from its entry alone, whatever was done to the action before it was recorded."""
    change_register(organisation.read((ROOT / "examples/organisation.yaml").read_text()), actor=None)
    activate_policy(read_yaml((ROOT / "examples/policy.yaml").read_text()))
    import_recordings(printed, source="a test", actor=None)
    past, seen = Past(datetime(2000, 1, 1, tzinfo=UTC), ledger.size()), 0
    for page in actions(0, ledger.size()):
        for entry in page:
            asked = ruleable_of_entry(entry)
            assert asked is not None
            ruling = past.again(entry, asked)
            assert (entry.facts["ruled"], entry.facts["rule"]) == (str(ruling.level), ruling.rule)
            seen += 1
    assert seen == 136


def test_importing_again_changes_nothing(imported: list[dict[str, Any]], printed: list[tuple[str, dict[str, Any]]]):
    before = ledger.size()
    assert import_recordings(printed, source="a test", actor=None) == 0
    assert ledger.size() == before
