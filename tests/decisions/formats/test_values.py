"""Times, names, kinds and the JSON of others, value by value. It must not need a mapping."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import inert
from decisions.canonical import NotStrictError, check, encode
from decisions.intake.mapping import foreign, values
from decisions.intake.mapping.functions import FUNCTIONS
from decisions.intake.mapping.values import UnreadableError
from decisions.intake.shape import KindName

MOMENT = datetime(2016, 11, 29, 19, 43, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2016-11-29T19:43:20Z", MOMENT),
        ("2016-11-29T20:43:20+01:00", MOMENT),
        ("2016-11-29T20:43:20+0100", MOMENT),
        ("2016-11-29t19:43:20z".upper(), MOMENT),
        ("2016-11-29T19:43:20.000000000Z", MOMENT),
        ("2016-11-29T19:43:20.123456789Z", MOMENT.replace(microsecond=123456)),
        ("2016-11-29T19:43:20.1Z", MOMENT.replace(microsecond=100000)),
        ("2016-11-29 19:43:20Z", MOMENT),
        ("Nov 29, 2016 7:43:20 PM", MOMENT),
        ("Nov 29, 2016 12:00:00 AM", datetime(2016, 11, 29, tzinfo=UTC)),
        ("Nov 29, 2016 12:00:00 PM", datetime(2016, 11, 29, 12, tzinfo=UTC)),
        (1480448600, MOMENT),
        (1480448600.5, MOMENT.replace(microsecond=500000)),
        ("1480448600", MOMENT),
        ("1480448600.5", MOMENT.replace(microsecond=500000)),
        (1480448600123, MOMENT.replace(microsecond=123000)),
        ("1480448600123", MOMENT.replace(microsecond=123000)),
        ("1480448600123456789", MOMENT.replace(microsecond=123456)),
        (1480448600123456789, MOMENT.replace(microsecond=123456)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        (MOMENT, MOMENT),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read_in_any_of_its_forms(written: Any, moment: datetime | None):
    assert values.time(written) == moment


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "2016-11-29",
        "2016-11-29T19:43:20",
        "2016-02-30T00:00:00Z",
        "1815-06-18T11:35:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "Nov 31, 2016 7:43:20 PM",
        "Nov 29, 2016 13:43:20 PM",
        "Nov 29, 2016 0:43:20 AM",
        "Nov 29, 2016 7:43:20",
        "Nov",
        "Nov x, y z:z:z PM",
        "1" * 21,
        "1e9",
        -1,
        -1e300,
        1e300,
        float("inf"),
        float("nan"),
        True,
        [],
        {},
        "2" * 100_000,
    ],
)
def test_what_is_no_time_of_ours_is_refused(written: Any):
    with pytest.raises(UnreadableError):
        values.time(written)


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(st.integers(), max_size=2))
def test_any_value_is_a_time_or_is_none(written: Any):
    try:
        moment = values.time(written)
    except UnreadableError:
        return
    assert moment is None or datetime(1970, 1, 1, tzinfo=UTC) <= moment < datetime(2200, 1, 1, tzinfo=UTC)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_is_the_same_in_every_form(moment: datetime):
    whole = moment.replace(microsecond=0)
    seconds = int(whole.timestamp())
    assert values.time(seconds) == whole
    assert values.time(whole.isoformat()) == whole
    assert values.time(whole.strftime("%b %-d, %Y %-I:%M:%S %p")) == whole
    # Before March 1973 a count of milliseconds looks like one of seconds.
    if seconds >= 1e8:
        assert values.time(str(seconds * 1000)) == whole
        assert values.time(str(seconds * 10**9)) == whole


@given(st.text(max_size=40), st.integers(20, 60))
def test_a_name_fits_hides_nothing_and_stays_what_it_is(written: str, most: int):
    written = written.encode("utf-8", "ignore").decode().replace("\0", "")
    name = values.name(written * 3, most)
    assert len(name) <= most
    assert not inert.hides(name)
    assert values.name(name, most) == name


def test_two_names_stay_two():
    assert values.name("a" * 300 + "b", 200) != values.name("a" * 300 + "c", 200)
    assert values.name("a\u202eb", 200) == "a⟦U+202E⟧b"
    assert values.name("checkout\nfake", 200) == "checkout⟦U+000A⟧fake"
    assert values.name("cafe\u0301", 200) == "caf\u00e9"


@pytest.mark.parametrize("written", ["a" * 201, "a\u202eb", "a\nb", "a\u200bb"])
def test_what_names_a_record_is_taken_as_it_is_or_not_at_all(written: str):
    with pytest.raises(UnreadableError):
        values.exact_name(written, 200)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("rollback", "rollback"),
        ("KubePodCrashLooping", "kube_pod_crash_looping"),
        ("deploy:rollback", "deploy_rollback"),
        ("OOMKilling", "oomkilling"),
        ("  Disk full!  ", "disk_full"),
        ("5xx of checkout", "k_5xx_of_checkout"),
        ("example.event", "example_event"),
        ("naïve", "na_ve"),
        ("完了", ""),
        ("", ""),
        ("___", ""),
    ],
)
def test_a_word_of_the_vendors_becomes_the_name_of_a_kind(written: str, kind: str):
    assert values.kind(written) == kind


@given(st.text())
def test_any_word_becomes_a_kind_that_an_action_may_have_or_none(written: str):
    pattern = KindName.__metadata__[0].pattern  # type: ignore[attr-defined]
    made = values.kind(written)
    assert made == "" or re.match(pattern, made)


def test_a_parameter_that_is_too_large_or_too_deep_leaves_its_size_and_hash():
    assert values.folded({"replicas": 3, "at": MOMENT}) == {"replicas": 3, "at": "2016-11-29T19:43:20Z"}
    large = values.folded({"patch": "x" * 9000})
    assert (large["left_out"], large["bytes"]) == (True, 9012)
    assert large != values.folded({"patch": "y" * 9000})
    deep: Any = 1
    for _ in range(11):
        deep = [deep]
    assert values.folded(deep)["left_out"] is True
    assert values.folded(deep[0]) == deep[0]


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        ("workload", ["geo-6d4d9d4c5f-k8f2m"], "geo"),
        ("workload", ["my-app-7998647bdf-phvq7"], "my-app"),
        ("workload", ["db-0"], "db"),
        ("workload", ["node-exporter-x2x7k"], "node-exporter"),
        ("workload", ["checkout"], ""),
        ("workload", ["coredns-aeiou"], ""),
        ("workload", [""], ""),
        ("workload", [None], ""),
        ("trace", ["00-8ac6ba1957618909373b7aaed3968c6b-0efa374df25ae0f8-01"], "8ac6ba1957618909373b7aaed3968c6b"),
        ("trace", ["00-00000000000000000000000000000000-0efa374df25ae0f8-01"], ""),
        ("trace", ["00-8AC6BA1957618909373B7AAED3968C6B-0efa374df25ae0f8-01"], ""),
        ("trace", ["hello"], ""),
        ("after", [":", "main@sha1:abc:d"], "abc:d"),
        ("after", [":", "abc"], ""),
        ("after_last", ["/", "a/b/c"], "c"),
        ("after_last", ["/", "abc"], "abc"),
        ("before", ["@", "a@b@c"], "a"),
        ("before", ["@", "abc"], "abc"),
        ("tag", ["service", "env:prod,service:checkout,services:x"], "checkout"),
        ("tag", ["service", ["env:prod", "service=checkout"]], "checkout"),
        ("tag", ["service", "services:x"], ""),
        ("tag", ["service", None], ""),
        ("query", ["command", "/exec?command=sh&command=-c&command=kill%201&x=y"], "sh -c kill 1"),
        ("query", ["command", "/exec"], ""),
        ("query", ["command", "/exec?command=a%00b"], "a⟦U+0000⟧b"),
        ("query", ["command", "/exec?" + "&".join(["a=b"] * 2000)], ""),
        ("urldecode", ["sha256%3Aab"], "sha256:ab"),
        ("urldecode", ["%00%ff"], "⟦U+0000⟧\ufffd"),
        ("lower", ["Deployment"], "deployment"),
        ("json", ['{"a": 1}'], {"a": 1}),
        ("json", [None], None),
    ],
)
def test_a_function_gives_what_its_sentence_says(function: str, arguments: list[Any], result: Any):
    assert FUNCTIONS[function].call(*arguments) == result


@pytest.mark.parametrize("written", ['{"a": 1', "NaN", '{"a": 1, "a": 2}', 5, []])
def test_what_is_no_json_in_a_text_is_refused(written: Any):
    with pytest.raises(UnreadableError):
        FUNCTIONS["json"].call(written)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": 9007199254740991}', {"a": 9007199254740991}),
        (b'{"a": 9007199254740992}', {"a": "9007199254740992"}),
        (b'{"a": -9223372036854775808}', {"a": "-9223372036854775808"}),
        (b'{"a": 1e300}', {"a": "1e300"}),
        (b'{"a": 1e400}', {"a": "1e400"}),
        (b'{"a": 0.5}', {"a": 0.5}),
        (b'{"a\\u0000": "b\\u0000"}', {"a⟦U+0000⟧": "b⟦U+0000⟧"}),
        (b'{"a": "\\\\u0000"}', {"a": "\\u0000"}),
        (b'"\\ud83d"', "⟦U+D83D⟧"),
        (b'{"cafe\xcc\x81": "cafe\xcc\x81"}', {"caf\u00e9": "cafe\u0301"}),
        (b'{"cafe\xcc\x81": 1, "caf\xc3\xa9": 2}', {"caf\u00e9": 1, "caf\u00e9⟦1⟧": 2}),
        (b'{"\\u0000": 1, "\xe2\x9f\xa6U+0000\xe2\x9f\xa7": 2}', {"⟦U+0000⟧": 1, "⟦U+0000⟧⟦1⟧": 2}),
        (b'"\\ud83d\\ude00"', "😀"),
    ],
)
def test_what_honest_senders_write_is_taken(raw: bytes, value: Any):
    assert foreign.parse(raw) == value
    encode(value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b'{"a": 1, "a": 1}',
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000,
        b'"\xff"',
        b'"\x00"',
        b"{} {}",
        b'\xef\xbb\xbf{"a": 1}',
        b"{'a': 1}",
    ],
)
def test_what_two_readers_could_read_differently_is_refused(raw: bytes):
    with pytest.raises(NotStrictError):
        foreign.parse(raw)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_whatever_is_read_can_be_stored(value: Any):
    try:
        read = foreign.parse(json.dumps(value).encode())
    except NotStrictError:
        return
    check(read, depth=foreign.DEPTH)
    encode(read)
