"""The supporting measures: counted from what is on record, silent where nothing is."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.intervals import poisson
from approvals.reports.dataset import canonical, report_of
from approvals.reports.facts import ActualLoss, IncidentFact, RestoreTest
from tests.approvals.reports.factory import END, MIDDLE, action, facts, month, proposal

MINUTE = timedelta(minutes=1)


def lines(*decisions: Any, **over: Any) -> dict[str, dict[str, Any]]:
    report = report_of(facts(decisions, **over))
    assert canonical(report)
    return {line["id"]: line for line in report["supporting"]}


def text(name: str, *decisions: Any, **over: Any) -> str:
    return str(lines(*decisions, **over)[name]["text"])


def test_an_empty_month_has_no_number_at_all() -> None:
    said = lines()
    numbers = {name for name, line in said.items() if any(sign.isdigit() for sign in line["text"])}
    assert numbers == {"reach"}
    assert all(line["counted"] for line in said.values())
    assert len(said) == len(report_of(facts())["supporting"]), "each once"


def test_levels_and_risks_are_shares_of_all_actions() -> None:
    said = lines(action(), action(level_used="L3"), action(risk="high"), action(month(1)))
    assert said["level_L4"]["text"] == "66.7%"
    assert (said["level_L3"]["numerator"], said["level_L3"]["denominator"]) == (1, 3)
    assert said["risk_high"]["text"] == "33.3%"


def test_how_people_decide() -> None:
    quick = [proposal("approve", MIDDLE + n * MINUTE, seconds=4) for n in range(2)]
    slow = [proposal("approve", MIDDLE, seconds=1200), proposal("veto", MIDDLE, seconds=60, decided_by_name="Ann")]
    said = lines(*quick, *slow, proposal("", MIDDLE))
    assert said["too_fast"]["text"] == "66.7%"
    assert said["too_fast"]["counted"] == "2 of 3 approvals"
    assert said["median_decision"]["text"] == "4 s"
    assert said["top_reviewer"]["counted"] == "3 of 4 verdicts"
    assert said["busiest_hour"]["numerator"] == 3
    assert said["timeouts"]["counted"] == "1 of 5 requests"


def test_incidents_restores_and_clocks() -> None:
    one = IncidentFact("Down", MIDDLE, 2, harmful=True, accountable="Mira Tan", restored_at=MIDDLE + 30 * MINUTE)
    late = replace(one, aware_at=MIDDLE, classified_at=MIDDLE + 10 * MINUTE, report_due=MIDDLE + MINUTE)
    mild = replace(one, severity=5)
    said = lines(*[action()] * 100, incidents=(one, late, mild))
    assert said["incident_rate"]["text"] == "200.0"
    assert "95% interval 24.2 to 722.5" in said["incident_rate"]["counted"]
    assert said["restore_time"]["text"] == "30 min"
    assert said["classified"]["text"] == "10 min"
    assert said["late_reports"]["counted"] == "1 of 1 with a deadline"


def test_what_went_back_and_what_was_approved_and_harmed() -> None:
    went_back, failed = action(state="reverted"), action(state="revert_failed")
    assert text("reverts", went_back, failed, went_back) == "66.7%"
    harmed = proposal("approve", effect="harmed", sign_off="accepted")
    assert lines(harmed, proposal("approve"))["harmful_approved"]["counted"] == "1 of 2 approved actions"


def test_what_it_could_cost() -> None:
    tests = (RestoreTest("a", END - 5 * MINUTE, 4000, 1000), RestoreTest("b", END - timedelta(days=200), 9, 9))
    loss = ActualLoss(MIDDLE, Decimal(7), "EUR", Decimal(2))
    said = lines(action(reversible=False), action(service="b"), restores=tests, actual_losses=(loss,))
    assert said["irreversible"]["text"] == "50.0%"
    assert said["reach"]["text"] == "2"
    assert (said["restore_cover"]["text"], said["loss"]["text"]) == ("25.0%", "EUR 5.00")


def test_suppliers() -> None:
    acts = [action(agent="a"), action(agent="b"), action(agent="c")]
    assert text("supplier", *acts, vendors={"a": "Acme", "b": "Acme", "c": "Other"}) == "66.7%"
    assert text("supplier", *acts) == "No data"


@pytest.mark.parametrize(
    ("n", "low", "high"), [(0, 0, 3.68888), (1, 0.02532, 5.57164), (10, 4.79539, 18.39036), (100, 81.36400, 121.62700)]
)
def test_the_interval_of_a_count_is_that_of_the_tables(n: int, low: float, high: float) -> None:
    assert poisson(n) == pytest.approx((low, high), rel=1e-4)


@given(st.integers(0, 400))
def test_the_interval_holds_what_was_seen(n: int) -> None:
    low, high = poisson(n)
    assert low <= n < high
