"""Periods: what can be one, where its twelve begin and end, and as of when a report of it speaks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from approvals.periods import MOST_DAYS, WHOLE, Period, Scope, Window, as_of, months_in

DAYS = st.dates(date(2001, 1, 1), date(2098, 12, 31))
INSTANT = timedelta(microseconds=1)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(DAYS)
    if draw(st.booleans()):
        return Period.read(f"{first:%Y-%m}")
    last = first + timedelta(days=draw(st.integers(0, MOST_DAYS - 1)))
    assume(last.year < 2099)
    return Period.read(f"{first}..{last}")


@given(periods())
def test_a_key_is_read_back_as_the_same_period(period: Period) -> None:
    assert Period.read(period.key) == period
    assert period.start < period.end <= period.start + timedelta(days=MOST_DAYS)
    assert len(period.key) <= 22


@given(periods())
def test_the_twelve_follow_one_another_and_end_with_the_period(period: Period) -> None:
    window = Window.of(period.start, period.end)
    assert window.edges[11:] == (period.start, period.end)
    assert sorted(set(window.edges)) == list(window.edges)
    assert len(window.edges) == 13
    assert len(set(window.keys())) == len(window.labels()) == 12
    if not window.monthly:
        assert {b - a for a, b in zip(window.edges, window.edges[1:], strict=False)} == {period.end - period.start}


@given(periods(), st.integers(0, 11))
def test_each_instant_is_in_one_of_them_or_in_none(period: Period, place: int) -> None:
    window = Window.of(period.start, period.end)
    first, end = window.edges[place], window.edges[place + 1]
    assert [window.index(at) for at in (first, end - INSTANT)] == [place, place]
    assert window.index(window.edges[0] - INSTANT) is None
    assert window.index(period.end) is None
    assert window.index(None) is None


def test_the_same_instant_in_another_zone_is_in_the_same_one() -> None:
    window = Window.of(*_october())
    at = datetime.fromisoformat("2026-11-01T00:30:00+01:00")
    assert window.index(at) == 11


def _october() -> tuple[datetime, datetime]:
    return datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-00", "2026-13", "1999-12", "2026-1", "2026-10-01", "2026-10-02..2026-10-01", "2026-02-30..2026-03-01",
     "2026-10-01..2027-10-02", "2026-10-01...2026-10-02", "2026-10-1..2026-10-02x", "２０２６-10", "2026-W40-1..2026-W40-7", "2026-10-05..2026-W44-7"],
)  # fmt: skip
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message of the standard library may be among them
        Period.read(text)


def test_names() -> None:
    assert Period.read("2026-10").name == "October 2026"
    assert Period.read("2026-10-05..2026-10-05").name == "5 Oct 2026"
    assert Period.read("2026-12-28..2027-01-03").name == "28 Dec 2026 to 3 Jan 2027"
    assert Window.of(*_october()).labels()[-2:] == ["Sep", "Oct"]


@given(periods(), DAYS, st.integers(0, 86_399), st.floats(0, 9e7))
def test_a_report_speaks_of_the_same_moment_on_every_day_of_a_phase(
    period: Period, day: date, second: int, later: float
) -> None:
    recorded = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)
    now = recorded + timedelta(seconds=later)
    moment = as_of(period, recorded, now)
    assert recorded <= moment <= now
    assert as_of(period, recorded, moment) == moment, "a check that is told the moment finds the same"
    phases = [now >= at for at in (period.end, period.matures)]
    assert [moment >= at for at in (period.end, period.matures)] == phases, (
        "whether it is over, and mature, shows in it"
    )


@given(periods())
def test_months_are_those_that_begin_in_it(period: Period) -> None:
    found = months_in(period.start, period.end)
    assert found == sorted(set(found))
    assert all(period.start <= Period.read(month).start < period.end for month in found)
    if Window.of(period.start, period.end).monthly:
        assert found == [period.key]


@pytest.mark.parametrize("key", ["", "team:Booking", "service:checkout", "team:a:b"])
def test_scopes(key: str) -> None:
    assert Scope.read(key).key == key
    assert (Scope.read(key) == WHOLE) == (key == "")


@pytest.mark.parametrize("key", ["team", "team:", "agent:x", ":x", "service:"])
def test_what_is_no_scope(key: str) -> None:
    with pytest.raises(ValueError, match="a scope is empty"):
        Scope.read(key)
