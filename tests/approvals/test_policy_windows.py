"""Freeze windows: dated, of every week, of every year; in any zone, and where clocks are put back or forward."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import policy
from approvals.policy.windows import DAYS, times_of
from decisions.vocab import Level
from tests import factories
from tests.approvals.test_policy import action

BERLIN = "Europe/Berlin"


def covered(item: dict[str, Any], *at: str) -> list[bool]:
    """Whether the window covers each of these instants (UTC)."""
    times = times_of(item)
    return [times.covers(datetime.fromisoformat(one).replace(tzinfo=UTC)) for one in at]


def test_a_week_end():
    weekend = {"weekly": {"from": "fri 16:00", "to": "mon 08:00"}, "zone": BERLIN}
    # 27 November 2026 is a Friday; Berlin is an hour ahead of UTC.
    before, first, sunday = "2026-11-27T14:59:59", "2026-11-27T15:00", "2026-11-29T12:00"
    last, after = "2026-11-30T06:59:59", "2026-11-30T07:00"
    assert covered(weekend, before, first, sunday, last, after) == [False, True, True, True, False]
    # In summer it is two hours ahead.
    assert covered(weekend, "2026-07-03T13:59", "2026-07-03T14:00", "2026-07-06T05:59", "2026-07-06T06:00") == [
        False,
        True,
        True,
        False,
    ]


def test_a_night_in_the_middle_of_the_week():
    night = {"weekly": {"from": "tue 22:00", "to": "wed 06:00"}}
    assert covered(night, "2026-11-24T21:59", "2026-11-24T22:00", "2026-11-25T05:59", "2026-11-25T06:00") == [
        False,
        True,
        True,
        False,
    ]
    assert covered(night, "2026-11-26T23:00", "2026-11-22T23:00") == [False, False]


def test_a_year_end():
    quiet = {"yearly": {"from": "12-20T18:00", "to": "01-06T06:00"}, "zone": BERLIN}
    assert covered(quiet, "2026-12-20T16:59", "2026-12-20T17:00", "2027-01-06T04:59", "2027-01-06T05:00") == [
        False,
        True,
        True,
        False,
    ]
    # It comes again, and was there before.
    assert covered(quiet, "2031-12-31T23:59", "2020-01-01T00:00", "2027-06-01T00:00") == [True, True, False]


def test_the_twenty_ninth_of_february():
    leap = {"yearly": {"from": "02-29T00:00", "to": "03-02T00:00"}}
    assert covered(leap, "2028-02-29T00:00", "2027-02-28T23:59", "2027-03-01T00:00") == [True, False, True]


# Berlin, 2026: on 29 March 02:00 becomes 03:00 at 01:00 UTC; on 25 October 03:00 becomes 02:00 at 01:00 UTC.


def test_a_time_that_is_there_twice_begins_with_its_first_and_ends_with_its_second():
    from_it = {"from": "2026-10-25T02:30", "to": "2026-10-25T06:00", "zone": BERLIN}
    assert covered(from_it, "2026-10-25T00:29", "2026-10-25T00:30", "2026-10-25T01:15") == [False, True, True]
    up_to_it = {"from": "2026-10-24T22:00", "to": "2026-10-25T02:30", "zone": BERLIN}
    assert covered(up_to_it, "2026-10-25T00:45", "2026-10-25T01:29", "2026-10-25T01:30") == [True, True, False]
    weekly_from = {"weekly": {"from": "sun 02:30", "to": "sun 06:00"}, "zone": BERLIN}
    assert covered(weekly_from, "2026-10-25T00:29", "2026-10-25T00:30", "2026-10-25T01:15") == [False, True, True]
    weekly_to = {"weekly": {"from": "sat 22:00", "to": "sun 02:30"}, "zone": BERLIN}
    assert covered(weekly_to, "2026-10-25T00:45", "2026-10-25T01:29", "2026-10-25T01:30") == [True, True, False]


def test_a_time_that_is_not_there_gives_the_longer_window():
    from_it = {"from": "2026-03-29T02:30", "to": "2026-03-29T06:00", "zone": BERLIN}
    assert covered(from_it, "2026-03-29T00:29", "2026-03-29T00:30", "2026-03-29T03:59", "2026-03-29T04:00") == [
        False,
        True,
        True,
        False,
    ]
    up_to_it = {"weekly": {"from": "sat 22:00", "to": "sun 02:30"}, "zone": BERLIN}
    assert covered(up_to_it, "2026-03-29T00:59", "2026-03-29T01:29", "2026-03-29T01:30") == [True, True, False]


def test_a_time_with_its_own_offset_needs_no_zone():
    item = {"from": "2026-11-22T00:00+05:30", "to": "2026-11-22T12:00Z", "zone": BERLIN}
    assert covered(item, "2026-11-21T18:29", "2026-11-21T18:30", "2026-11-22T11:59", "2026-11-22T12:00") == [
        False,
        True,
        True,
        False,
    ]


minutes = st.integers(0, 7 * 24 * 60 - 1)


@given(
    minutes,
    minutes,
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.integers(0, 60 * 24 * 365),
)
def test_where_no_clock_is_put_back_or_forward_a_week_is_what_the_wall_clock_says(
    start: int, end: int, zone: str, since: int
):
    """An oracle that looks at the clock on the wall alone."""
    if start == end:
        return
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=since)
    local = at.astimezone(ZoneInfo(zone))
    week = timedelta(days=7)
    if {(at + step).astimezone(ZoneInfo(zone)).utcoffset() for step in (-week, timedelta(), week)} != {
        local.utcoffset()
    }:
        return
    mark = local.weekday() * 1440 + local.hour * 60 + local.minute
    inside = start <= mark < end if start < end else mark >= start or mark < end

    def said(minute: int) -> str:
        return f"{DAYS[minute // 1440]} {minute % 1440 // 60:02}:{minute % 60:02}"

    assert times_of({"weekly": {"from": said(start), "to": said(end)}, "zone": zone}).covers(at) is inside


def test_a_window_caps_in_its_environments_alone():
    window = {
        "name": "x",
        "weekly": {"from": "mon 00:00", "to": "sun 23:59"},
        "cap": "L1",
        "scope": {"environment": "prod"},
    }
    read = policy.read(factories.policy(freeze_windows=[window]), version=1)
    now = datetime(2026, 11, 25, tzinfo=UTC)
    assert policy.rule(read, action(tier=3), now).level is Level.L1
    assert policy.rule(read, action(tier=3), now).rule == "freeze window x"
    assert policy.rule(read, action(tier=3, environment_class="staging"), now).level is Level.L4


FROM = {"from": "2026-11-22T00:00", "to": "2026-11-23T00:00"}


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({}, "has from and to, or weekly, or yearly"),
        ({"from": "2026-11-22"}, "has from and to, or weekly, or yearly"),
        (FROM | {"weekly": {"from": "fri 16:00", "to": "mon 08:00"}}, "has from and to, or weekly, or yearly"),
        ({"from": FROM["to"], "to": FROM["from"]}, "ends after it starts"),
        ({"from": 7, "to": 8}, "write it as text"),
        ({"from": "soon", "to": "later"}, "Invalid isoformat"),
        ({"weekly": "fri"}, "has from and to, and no other part"),
        ({"weekly": {"from": "fri 16:00", "to": "fri 16:00"}}, "ends after it starts"),
        ({"weekly": {"from": "friday 16:00", "to": "mon 08:00"}}, 'such as "fri 16:00"'),
        ({"weekly": {"from": "fri 24:00", "to": "mon 08:00"}}, 'such as "fri 16:00"'),
        ({"yearly": {"from": "2026-12-20", "to": "01-06T06:00"}}, 'such as "12-20T18:00"'),
        ({"yearly": {"from": "02-30T00:00", "to": "03-06T06:00"}}, "day is out of range"),
        (FROM | {"zone": "Europe/Atlantis"}, "not a time zone"),
        (FROM | {"zone": "../../etc/passwd"}, "not a time zone"),
        (FROM | {"zone": 7}, "not a time zone"),
        ({"from": "0001-01-01T00:00", "to": "0001-01-02T00:00", "zone": BERLIN}, "date value out of range"),
    ],
)
def test_what_is_no_window(over: dict[str, Any], fault: str):
    with pytest.raises(policy.BadPolicyError) as caught:
        policy.read(factories.policy(freeze_windows=[{"name": "x", "cap": "L1", **over}]), version=1)
    (error,) = caught.value.errors
    assert error.startswith("freeze_windows[0]: ")
    assert fault in error
