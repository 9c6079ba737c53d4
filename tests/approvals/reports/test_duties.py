"""Duties and who has checked what: only what people decided, and what the measures show."""

import pytest

from approvals.reports.dataset import report_of
from approvals.reports.duties import named_in
from approvals.reports.facts import Duty, Replay
from tests.approvals.reports.factory import MIDDLE, action, facts
from tests.approvals.reports.months import crowded_facts, duties

OPEN = Duty("A law", "Something", "M1 to M3, page 2", "open", "Version 1")
SIGNED = Duty(
    "Another", "Something", "Incidents, page 4", "no", "Version 2", "2026-01-01", "Helena Brandt", "2026-10-03"
)


@pytest.mark.parametrize(
    ("evidence", "named"),
    [
        ("M3 to M6, page 3", ["M3", "M4", "M5", "M6"]),
        ("M1, M2 and M11", ["M1", "M2", "M11"]),
        ("Incidents, page 4; not M4x", []),
    ],
)
def test_the_measures_of_a_duty_are_those_that_its_evidence_names(evidence: str, named: list[str]) -> None:
    assert named_in(evidence) == named


def test_a_duty_says_who_decided_or_that_nobody_did() -> None:
    table = report_of(facts([action(risk="high")], duties=(OPEN, SIGNED)))["tables"]["duties"]
    assert [row[4:] for row in table["rows"]] == [
        ["Outside limit", "not reviewed"],
        ["No measure", "No: Helena Brandt, 3 Oct 2026"],
    ]
    assert [row[5:8] for row in table["all"]] == [
        ["Not decided", "not reviewed", "to be confirmed"],
        ["No", "Helena Brandt, 3 Oct 2026", "2026-01-01"],
    ]
    assert table["note"].endswith("Not reviewed by anybody: 1 of 2.")


def test_no_duty_is_one_that_the_program_knows() -> None:
    table = report_of(facts([action()]))["tables"]["duties"]
    assert (table["rows"], table["all"]) == ([], [])
    assert "nobody has recorded" in table["note"]


def test_what_the_page_has_no_room_for_is_in_the_data() -> None:
    table = report_of(crowded_facts())["tables"]["duties"]
    assert len(table["rows"]) < len(table["all"]) == len(duties()) + 1
    assert "more are in the XLSX" in table["note"]


def test_an_audit_counts_only_where_it_is_independent() -> None:
    for independent, found in ((True, "60 of 60 matched"), (False, "None on record")):
        replays = (Replay(MIDDLE, "Internal Audit", 60, 60, independent, "the root of the month before"),)
        assured = report_of(facts([action()], replays=replays))["tables"]["assured"]["rows"]
        assert assured[2][3] == found
