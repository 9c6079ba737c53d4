"""Intervals and trends against known values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.intervals import exact_lower, p_chart, quantile, wilson
from approvals.reports.measure import percent
from approvals.reports.trend import trend


def test_wilson_agrees_with_the_published_example() -> None:
    low, high = wilson(52, 1014)
    assert [100 * low, 100 * high] == pytest.approx([3.9, 6.7], abs=0.05)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_estimate(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


def test_fifty_nine_of_fifty_nine_is_the_smallest_proof_of_95_percent() -> None:
    assert exact_lower(59, 59) >= 0.95
    assert exact_lower(58, 58) < 0.95
    assert exact_lower(59, 59) == pytest.approx(0.05 ** (1 / 59), abs=1e-9)
    assert exact_lower(0, 10) == 0


def test_control_limits_narrow_with_the_sample_and_skip_empty_months() -> None:
    centre, limits = p_chart([10, 10, 0, 40], [100, 100, 0, 400], 2)
    assert centre == pytest.approx(0.1)
    assert limits[2] is None
    assert limits[0] is not None
    assert limits[3] is not None
    assert limits[0][1] > limits[3][1] > centre


def test_control_limits_widen_when_months_differ_more_than_chance() -> None:
    calm, wild = p_chart([100, 100, 100], [1000] * 3, 3)[1], p_chart([20, 180, 100], [1000] * 3, 3)[1]
    assert calm[0] is not None
    assert wild[0] is not None
    assert wild[0][1] > calm[0][1]


def test_quantiles_are_members_of_the_sample() -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.9) == 4.0


@pytest.mark.parametrize(
    ("series", "better", "said"),
    [
        ([None] * 12, 1, "too short"),
        ([None] * 5 + [1.0] * 7, 1, "too short"),
        ([1.0] * 11 + [None], 1, "too short"),
        ([100.0] * 12, 1, "steady"),
        ([100.0] * 11 + [99.0], 1, "worsening"),
        ([5.0, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6], -1, "steady"),
        ([5.0, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 20], -1, "worsening"),
        ([5.0, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 20], 1, "improving"),
        ([5.0, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 20], 0, "worsening"),
        ([9.0, 9, 9, 9, 9, 9, 6, 5, 4, 3, 2, 1], -1, "improving"),
        ([3.0, 4, 3, 4, 1, 2, 1, 2, 1, 2, 1, 2], -1, "improving"),
    ],
)
def test_only_a_real_change_is_a_trend(series: list[float | None], better: int, said: str) -> None:
    assert trend(series, better) == said


@pytest.mark.parametrize(
    ("value", "text"), [(100.0, "100.0%"), (99.97, "99.970%"), (0.0, "0.0%"), (0.04, "0.040%"), (99.99999, ">99.999%"), (0.0001, "<0.001%")]
)  # fmt: skip
def test_rounding_never_claims_all_or_nothing(value: float, text: str) -> None:
    assert percent(value) == text
