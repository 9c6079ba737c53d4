"""The eleven measures: what they count, and that they never make a number out of nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.reports.dataset import report_of
from approvals.reports.facts import DecisionFact, Limits, LossModel, Mandate, PeopleRate, PlantedFault, Replay, Stop
from approvals.reports.measure import Measure
from approvals.reports.measures import measures_of
from approvals.reports.tally import tally_of
from tests.approvals.reports.factory import (
    END,
    MIDDLE,
    START,
    action,
    beyond,
    facts,
    failure,
    month,
    proposal,
    steady_year,
)


def measured(decisions: list[DecisionFact] | None = None, **over: Any) -> dict[str, Measure]:
    known = facts(decisions or [], **over)
    return {m.id: m for m in measures_of(known, tally_of(known))}


def test_there_are_eleven_in_order() -> None:
    assert list(measured()) == [f"M{n}" for n in range(1, 12)]


def test_without_records_every_measure_says_no_data_and_has_no_number() -> None:
    for measure in measured().values():
        assert (measure.status, measure.value, measure.text, measure.trend) == ("no_data", None, "No data", "too short")
        assert measure.numerator is None
        assert measure.note


def test_a_month_without_an_action_is_a_gap_and_not_a_zero() -> None:
    found = measured([action(), action(month(2))])
    for id_ in ("M1", "M2", "M7", "M8"):
        assert [v is None for v in found[id_].series] == [True] * 9 + [False, True, False]


def test_an_owner_alone_does_not_answer_for_an_action() -> None:
    found = measured([action(), beyond(), action(owner_id="", owner_name="")])["M1"]
    assert (found.numerator, found.denominator, found.status) == (1, 3, "outside")
    assert found.note.startswith("1 action without a named owner; 1 action with an owner")


def test_actions_beyond_are_counted_and_refused_attempts_told() -> None:
    found = measured(
        [beyond(), beyond(), action(), proposal("veto")], refused_attempts=(MIDDLE, START - timedelta(days=1))
    )["M2"]
    assert (found.text, found.status) == ("2", "outside")
    assert "1 attempt refused, 1,000.0 per 1,000 proposals" in found.note


def test_high_risk_needs_the_approval_before_the_act() -> None:
    late = proposal("approve", risk="high", acted_at=MIDDLE)
    found = measured([proposal("approve", risk="high"), late, action(reversible=False), action(risk="medium")])["M3"]
    assert (found.numerator, found.denominator, found.status) == (1, 3, "outside")


def test_reversibility_that_is_not_known_is_not_irreversible() -> None:
    assert measured([action(reversible=None)])["M3"].status == "no_data"


def test_refusals_need_nine_months_before_they_are_judged() -> None:
    short = measured([proposal("veto"), proposal("approve"), proposal("")])["M4"]
    assert (short.text, short.status) == ("50.0%", "too_few")
    assert "1 timed out" in short.note
    year = measured(steady_year())["M4"]
    assert (year.status, year.trend, len(year.band)) == ("within", "steady", 12)


def test_a_fall_in_refusals_is_outside_on_the_low_side() -> None:
    decisions = [d for d in steady_year(200, 60) if not (d.verdict == "veto" and d.occurred_at >= START)]
    found = measured(decisions)["M4"]
    assert (found.value, found.status, found.trend) == (0.0, "outside", "worsening")
    assert "fewer" in found.phrase


@pytest.mark.parametrize(
    ("caught", "n", "status"),
    [(28, 40, "watch"), (20, 40, "outside"), (36, 40, "within"), (5, 5, "too_few"), (1, 20, "outside")],
)
def test_planted_faults_are_judged_by_the_interval(caught: int, n: int, status: str) -> None:
    planted = tuple(PlantedFault(END - timedelta(days=1 + k), k < caught) for k in range(n))
    assert measured(planted=planted)["M5"].status == status


@pytest.mark.parametrize(("seconds", "status"), [(40, "within"), (52, "watch"), (61, "outside")])
def test_the_slowest_stop_counts(seconds: float, status: str) -> None:
    found = measured(stops=(Stop(MIDDLE, 5), Stop(MIDDLE, seconds)))["M6"]
    assert (found.value, found.status) == (seconds, status)


def test_failures_are_counted_and_unknown_outcomes_told_apart() -> None:
    found = measured(
        [failure(), action(outcome="partial"), action(state="unknown", outcome="unknown"), *[action()] * 97]
    )["M7"]
    assert (found.numerator, found.denominator) == (2, 100)
    assert "Outcomes unknown, not counted as failed: 1." in found.note
    assert found.interval is not None
    assert found.status == "watch"


def test_few_actions_say_nothing_unless_they_say_it_clearly() -> None:
    assert measured([action()] * 5)["M7"].status == "too_few"
    assert measured([failure()] * 5)["M7"].status == "outside"


def test_attempts_that_did_not_run_and_read_only_steps_are_no_actions() -> None:
    idle = [action(outcome="not_executed", state="failed"), action(level_used="L0"), proposal("veto"), proposal("")]
    assert measured(idle)["M1"].status == "no_data"


def test_what_was_done_in_spite_of_a_veto_counts() -> None:
    found = measured([proposal("veto", outcome="succeeded", level_used="L4", beyond=True)])
    assert found["M2"].value == 1
    assert found["M4"].numerator == 1


def test_the_error_budget_waits_for_a_judgement() -> None:
    assert measured([action(sign_off="required", effect="")])["M8"].status == "no_data"
    owed = measured([action(), *[action(sign_off="required", effect="")] * 9])["M8"]
    assert (owed.text, owed.status) == ("100%", "watch")
    assert "best case" in owed.note
    harmed = measured([action(effect="harmed"), *[action()] * 99])["M8"]
    assert harmed.value == pytest.approx(-100)
    assert harmed.status == "outside"


def test_the_loss_model_is_held_against_appetite() -> None:
    model = LossModel(MIDDLE, "EUR", 4e5, 2.48e6, 5.3e6, 7.6e5, 2e6)
    found = measured(losses=(model,))["M9"]
    assert (found.text, found.limit, found.status) == ("EUR 2.5m", "≤ EUR 2.0m", "outside")


@pytest.mark.parametrize(("drawn", "matched", "status"), [(59, 59, "within"), (58, 58, "too_few"), (60, 59, "outside")])
def test_a_replay_proves_only_what_its_size_allows(drawn: int, matched: int, status: str) -> None:
    replay = Replay(MIDDLE, "Internal Audit", drawn, matched, independent=True, seed_rule="the prior root")
    assert measured(replays=(replay,))["M10"].status == status


@pytest.mark.parametrize(
    ("days", "verified", "status"),
    [(400, True, "within"), (400, None, "watch"), (90, True, "outside"), (400, False, "outside")],
)
def test_days_of_logs(days: int, verified: bool | None, status: str) -> None:
    assert measured(ledger_began=END - timedelta(days=days), verified=verified)["M11"].status == status


def test_months_begin_and_end_at_midnight_utc() -> None:
    inside = [action(START), action(END - timedelta(microseconds=1))]
    outside = [action(START - timedelta(microseconds=1)), action(END)]
    assert measured(inside + outside)["M1"].denominator == 2
    assert measured([action(month(11, 1)), action(month(12))])["M1"].series[0] == 100.0


def test_an_action_falls_in_the_month_of_its_first_effect() -> None:
    found = measured([proposal("approve", START - timedelta(minutes=1), seconds=120)])
    assert found["M1"].denominator == 1


states = st.sampled_from(
    ["reported", "failed", "unknown", "vetoed", "expired", "authorized", "pending", "denied", "reverted"]
)
any_decision = st.builds(
    lambda state, outcome, used, ruled, owner, back, verdict, sign_off, risk, reversible: action(
        month(back), state=state, outcome=outcome, level_used=used, level_ruled=ruled, beyond=used > ruled, owner_id=owner,
        verdict=verdict, verdict_at=month(back) if verdict else None, sign_off=sign_off, risk=risk, reversible=reversible,
    ),
    states,
    st.sampled_from(["", "succeeded", "failed", "unknown", "not_executed", "partial"]),
    st.sampled_from(["", "L0", "L1", "L2", "L3", "L4"]),
    st.sampled_from(["", "L2", "L3", "L4"]),
    st.sampled_from(["", "u1"]),
    st.integers(0, 12),
    st.sampled_from(["", "approve", "veto"]),
    st.sampled_from(["none", "required", "accepted", "refused"]),
    st.sampled_from(["low", "medium", "high"]),
    st.sampled_from([True, False, None]),
)  # fmt: skip


@given(st.lists(any_decision, max_size=30))
def test_no_set_of_decisions_makes_a_number_of_nothing(decisions: list[DecisionFact]) -> None:
    report = report_of(facts(decisions))
    for measure in report["measures"]:
        if measure["denominator"] == 0 or measure["value"] is None:
            assert measure["status"] in {"no_data", "outside"}
            assert "%" not in measure["text"]
        if measure["id"] in {"M1", "M3", "M4", "M7"} and measure["value"] is not None:
            assert measure["value"] == pytest.approx(100 * measure["numerator"] / measure["denominator"], abs=1e-3)
            assert 0 <= measure["value"] <= 100
        assert len(measure["series"]) == 12


def test_a_mandate_answers_for_what_it_covers_and_for_nothing_else() -> None:
    def answered(mandate: Mandate, **over: Any) -> bool:
        return measured([action(**over)], mandates=(mandate,))["M1"].numerator == 1

    year = (date(2026, 1, 1), date(2026, 12, 31))
    assert answered(Mandate("L4", *year))
    assert answered(Mandate("L4", *year, agent="remediator", service="checkout", kind="rollback"))
    assert not answered(Mandate("L3", *year)), "a level above it"
    assert answered(Mandate("L3", *year), level_used="L3")
    assert not answered(Mandate("L4", *year, agent="another"))
    assert not answered(Mandate("L4", *year, service="another"))
    assert not answered(Mandate("L4", *year, kind="another"))
    assert answered(Mandate("L4", MIDDLE.date(), MIDDLE.date())), "its first and last day count"
    assert not answered(Mandate("L4", date(2026, 10, 16), date(2026, 12, 31)))
    assert not answered(Mandate("L4", date(2026, 1, 1), date(2026, 10, 14)))
    assert measured([action()], mandates=())["M1"].numerator == 0


def test_the_slowest_stop_is_the_maximum_until_there_are_twenty() -> None:
    def of(*seconds: float | None) -> Measure:
        return measured(stops=tuple(Stop(MIDDLE, one) for one in seconds))["M6"]

    assert (of(10, 59, 20).value, of(10, 59, 20).status) == (59, "watch")
    assert of(61).status == "outside"
    assert of(*range(1, 20)).value == 19
    assert of(*range(1, 21)).value == 19, "the 95th percentile of twenty is the nineteenth"
    missed = of(10, None)
    assert (missed.value, missed.text, missed.status) == (None, "Not reached", "outside")
    assert missed.series[11] is None


def people(changes: int, failed: int, *, kind: str = "rollback", month: str = "2026-10") -> PeopleRate:
    return PeopleRate(month, kind, changes, failed)


def test_agents_are_held_against_people_at_the_same_kinds_of_work() -> None:
    done = [action() for _ in range(97)] + [failure()] * 3 + [action(kind="scale")] * 50
    known = {"limits": Limits(failed_pct=10.0, starts_on="2026-01-01")}
    alone = measured(done, **known)["M7"]
    assert "not on record" in alone.note
    same = measured(done, people=(people(100, 3),), **known)["M7"]
    assert "People at the same work: 3.0%; agents at the kinds that people do: 3.0% of 100" in same.note
    assert same.status == "within"
    assert same.limit == "≤ 10% and ≤ people's"
    better = measured(done, people=(people(400, 6),), **known)["M7"]
    assert better.status == "watch", "three of a hundred may be chance where people fail at one and a half"
    surely = measured(done, people=(people(100_000, 1),), **known)["M7"]
    assert surely.status == "outside"
    assert "people fail at" in surely.phrase
    elsewhere = measured(done, people=(people(100, 0, kind="failover"),), **known)["M7"]
    assert "not on record" in elsewhere.note
    long_ago = measured(done, people=(people(100, 0, month="2025-10"),), **known)["M7"]
    assert "not on record" in long_ago.note


def test_peoples_rate_is_weighted_by_what_agents_did() -> None:
    done = [action(kind="a")] * 30 + [action(kind="b")] * 10
    rates = (people(100, 10, kind="a"), people(100, 50, kind="b"), people(1000, 1000, kind="c"))
    # 30 × 10 % and 10 × 50 % of 40.
    assert "People at the same work: 20.0%" in measured(done, people=rates)["M7"].note
