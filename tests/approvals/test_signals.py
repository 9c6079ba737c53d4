"""Evidence as a page draws it: whatever an agent hands in, what is drawn are numbers, what is a link is one, and how old it was is said."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.queries import signals, spark

USED = datetime(2026, 11, 22, 3, 47, 12, tzinfo=UTC)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


def at(minutes: float) -> str:
    return (USED - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def only(**stated: Any) -> signals.Signal:
    (signal,) = signals.of([stated], USED)["evidence"]
    return signal  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, ""),
        (5, ""),
        (5.02, "5 min old when used"),
        (8, "8 min old when used"),
        (119, "119 min old when used"),
        (120, "2 h old when used"),
        (60 * 24 * 3, "3 d old when used"),
        (-0.001, "after the decision"),
        (-600, "after the decision"),
    ],
)
def test_how_old_it_was_when_it_was_used(minutes: float, said: str) -> None:
    assert only(name="x", at=at(minutes)).last.age == said


@pytest.mark.parametrize(
    "stated",
    ["", "about three", "2026-11-22", "2026-11-22T03:47:12", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
)
def test_a_time_that_is_none_stays_what_was_said(stated: str) -> None:
    item = only(name="x", at=stated).last
    assert (item.at, item.stated_at, item.age) == (None, stated, "")


def test_of_what_was_recorded_elsewhere_nothing_is_said_of_its_age() -> None:
    (signal,) = signals.of([{"name": "x", "at": at(600)}], None)["evidence"]
    assert signal.last.age == ""


@pytest.mark.parametrize(
    ("ref", "host"),
    [
        ("https://grafana.example/d/x?from=1&to=2#panel", "grafana.example"),
        ("http://10.0.0.7:9090/graph", "10.0.0.7:9090"),
        ("HTTPS://Grafana.Example/", "grafana.example"),
        ("https://[2001:db8::1]/x", "[2001:db8::1]"),
        ("https://a.example/@b", "a.example"),
        ("https://xn--grfana-bxa.example/", "xn--grfana-bxa.example"),
        *(
            (ref, "")
            for ref in ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>", "file:///etc")
        ),
        *((ref, "") for ref in ("//evil.example/x", "/relative", "runbook 12", "ftp://a.example/", "https:///x")),
        ("https://user:pass@evil.example/", ""),
        ("https://user@evil.example/", ""),
        ("https://good.example\\@evil.example/", ""),
        ("https://good.example\\.evil.example/", ""),
        ("https://good.example%2f@evil.example/", ""),
        ("https://a.example:notaport/", ""),
        ("https://a.example:99999/", ""),
        ("https://\u0430pple.example/", ""),
        ("https://a.example/\u202egpj.exe", ""),
        ("https://a.example/x\ty", ""),
        ("https://a .example/", ""),
        (' https://a.example/"onclick=', ""),
        ("https://[::1/", ""),
        ("https://-a.example/", ""),
    ],
)
def test_a_source_is_a_link_only_where_a_browser_reads_it_as_we_do(ref: str, host: str) -> None:
    found = signals.source(ref)
    assert found.host == host
    assert found.href == (ref if host else "")
    assert bool(found.text) is not bool(host)


@given(st.text(max_size=80))
def test_no_text_makes_a_link_to_a_host_that_is_not_written_out(text: str) -> None:
    for ref in (text, f"https://{text}", f"https://a.example{text}"):
        found = signals.source(ref)
        if found.href:
            assert re.fullmatch(r"[a-z0-9.\-\[\]:]+", found.host)
            assert found.href.lower().startswith(("http://" + found.host, "https://" + found.host))
            assert "@" not in found.href.split("/")[2]


@given(NUMBERS, NUMBERS)
def test_a_bar_stays_in_its_box(value: float, limit: float) -> None:
    made = spark.bar(float(value), float(limit))
    if made is None:
        assert value == limit == 0
        return
    for place in (made.x, made.limit, made.nought, made.x + made.width):
        assert math.isfinite(place)
        assert 0 <= place <= spark.WIDE
    assert ("above" in made.words) is (float(value) > float(limit))


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), NUMBERS), min_size=2, max_size=200), NUMBERS, st.integers())
def test_a_line_stays_in_its_box(stated: list[tuple[int, float]], limit: float, decided: int) -> None:
    points = [(USED + timedelta(seconds=second), float(value)) for second, value in stated]
    if len({moment for moment, _ in points}) < 2:
        return
    made = spark.line(points, float(limit), USED + timedelta(seconds=decided % 10**7))
    places = [tuple(map(float, point.split(","))) for point in made.points.split()]
    assert 2 <= len(places) <= spark.DRAWN
    for x, y in [*places, (made.last_x, made.last_y), (made.decided or 0.0, made.limit or 0.0)]:
        assert 0 <= x <= spark.WIDE
        assert 0 <= y <= spark.TALL
    assert [x for x, _ in places] == sorted(x for x, _ in places)


def test_several_of_one_name_are_one_line_in_the_order_of_their_times() -> None:
    told = [
        {"name": "p99", "value": value, "limit": 500, "at": at(minutes)} for minutes, value in ((1, 9), (3, 7), (2, 8))
    ]
    (signal,) = signals.of(told, USED)["evidence"]
    assert [item.value for item in signal.items] == ["7", "8", "9"]
    assert isinstance(signal.picture, spark.Line)
    assert signal.picture.words == "3 values from 7 to 9, least 7, most 9; limit 500"
    assert signal.picture.decided is not None


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"kind": "log"}, {"at": ""}, {"value": "8"}, {"value": True}, {"name": "p98"}]
)
def test_what_is_another_thing_is_not_drawn_into_the_line(changes: dict[str, Any]) -> None:
    told = [{"name": "p99", "value": 7, "at": at(3)}, {"name": "p99", "value": 8, "at": at(2)} | changes]
    found = signals.of(told, USED)["evidence"]
    assert [len(signal.items) for signal in found] == [1, 1]
    assert [signal.picture for signal in found] == [None, None]


def test_where_limits_differ_none_is_drawn() -> None:
    told = [{"name": "p99", "value": 7, "limit": bound, "at": at(bound)} for bound in (1, 2)]
    (signal,) = signals.of(told, USED)["evidence"]
    assert isinstance(signal.picture, spark.Line)
    assert signal.picture.limit is None


def test_a_decision_that_lies_far_off_is_not_drawn() -> None:
    told = [{"name": "p99", "value": 7, "at": at(minutes)} for minutes in (600, 601)]
    (signal,) = signals.of(told, USED)["evidence"]
    assert isinstance(signal.picture, spark.Line)
    assert signal.picture.decided is None


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("7 %", 5),
        (7, "5 %"),
        (True, 0),
        (None, 3),
        (3, None),
        (0, 0),
        (float("nan"), 1.0),
        (1, float("inf")),
        (10**400, 1),
    ],
)
def test_what_cannot_be_compared_is_not_drawn(value: Any, limit: Any) -> None:
    assert only(name="x", value=value, limit=limit).picture is None


@pytest.mark.parametrize(("value", "limit"), [(1e308, -1e308), (-5, 0), (0, -3), (5e-324, 5e-324), (2**53 - 1, 1)])
def test_odd_numbers_are_drawn(value: float, limit: float) -> None:
    assert isinstance(only(name="x", value=value, limit=limit).picture, spark.Bar)


def test_a_thousand_items_are_cut_to_what_a_page_shows() -> None:
    told = [{"name": f"s{number}", "value": number} for number in range(1000)]
    made = signals.of(told, USED)
    assert (len(made["evidence"]), made["evidence_more"]) == (signals.SHOWN, 1000 - signals.SHOWN)
