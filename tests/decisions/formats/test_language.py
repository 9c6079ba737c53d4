"""The language of mappings, piece by piece: what each piece gives. It must not need a format of anybody."""

import json
import time
from typing import Any

import pytest

from decisions.errors import Problem
from decisions.intake.mapping import explain, load, read, take
from decisions.intake.reading import Reading
from tests.decisions.formats.writing import one_rule, written


def reading(text: str, record: Any, **headers: str) -> Reading:
    (found,) = read(load(text), headers, json.dumps(record).encode())
    return found


def given_by(expression: Any, record: Any, let: Any = None, **headers: str) -> Any:
    """What `expression` gives, seen through a parameter, which may be of any shape."""
    found = reading(one_rule(let=let, parameters={"it": expression, "other": 1}), record, **headers)
    return dict(found.parameters).get("it")


RECORD = {
    "name": "checkout",
    "n": 3,
    "empty": "",
    "null": None,
    "zero": 0,
    "false": False,
    "list": [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"v": 3}],
    "map": {"x": 1, "y": 2},
    "a/b": {"c~d": "escaped"},
    "status": "ok",
    "text": '{"inner": {"deep": [1, 2]}}',
}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("/name", "checkout"),
        ("record:/name", "checkout"),
        ("body:/name", "checkout"),
        ("header:X-Request-Id", "r-1"),
        ("header:absent", None),
        ("/a~1b/c~0d", "escaped"),
        ("/list/1/k", "b"),
        ("/list/7/k", None),
        ("/list/-1/k", None),
        ("/list/01", {"k": "b", "v": 2}),
        ("/name/0", None),
        ("/zero", 0),
        ("/false", False),
        ("/null", None),
        ("/empty", None),
        ("plain", "plain"),
        (7, 7),
        (True, True),
        ({"text": "/name"}, "/name"),
        ({"first": ["/absent", "/empty", "/name", "/n"]}, "checkout"),
        ({"first": ["/absent", "/zero"]}, 0),
        ({"first": ["/absent"]}, None),
        ({"join": ["svc/", "/name", "-", "/n"]}, "svc/checkout-3"),
        ({"join": ["svc/", "/absent"]}, None),
        ({"join": ["/name", "/absent", "/n"], "by": " ", "skip": True}, "checkout 3"),
        ({"map": "/status", "to": {"ok": "succeeded"}}, "succeeded"),
        ({"map": "/n", "to": {"3": "/name"}}, "checkout"),
        ({"map": "/status", "to": {"bad": "failed"}, "else": "unknown"}, "unknown"),
        ({"map": "/absent", "to": {"bad": "failed"}}, None),
        ({"choose": [{"when": {"/n": {"at_least": 5}}, "then": "high"}], "else": "low"}, "low"),
        ({"choose": [{"when": {"/n": {"below": 5, "at_least": 3}}, "then": "mid"}]}, "mid"),
        ({"object": {"a": "/name", "b": "/absent"}}, {"a": "checkout"}),
        ({"object": {"a": "/name", "b": "/absent"}, "needs": ["b"]}, None),
        ({"each": "/list", "give": "item:/k"}, ["a", "b"]),
        ({"each": "/list", "when": {"item:/v": {"at_least": 2}}, "give": {"join": ["/name", "item:/v"]}}, ["checkout2", "checkout3"]),
        ({"each": "/map", "give": {"join": ["item:/key", "=", "item:/value"]}}, ["x=1", "y=2"]),
        ({"each": "/absent", "give": "item:"}, None),
        (["/name", "/absent", "/n"], ["checkout", 3]),
        ("$parsed/inner/deep/1", 2),
        ("$both", "checkout!"),
        ({"lower": {"join": ["/name", "!"]}}, "checkout!"),
    ],
)  # fmt: skip
def test_an_expression_gives_what_the_page_says(expression: Any, result: Any):
    let = {"parsed": {"json": "/text"}, "plain": "/name", "both": {"join": ["$plain", "!"]}, "used": "$both"}
    used = {"first": [expression, "$parsed/absent", {"map": "$used", "to": {"never": 1}}]}
    assert given_by(used, RECORD, let, **{"x-request-ID": "r-1"}) == result


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ({"/name": "checkout"}, True),
        ({"/name": "other"}, False),
        ({"/n": 3}, True),
        ({"/n": "3"}, False),
        ({"/false": 0}, False),
        ({"/zero": False}, False),
        ({"/zero": 0}, True),
        ({"/name": ["a", "checkout"]}, True),
        ({"/list": {"in": ["a"]}}, False),
        ({"/name": {"not_in": ["a"]}}, True),
        ({"/absent": {"not_in": ["a"]}}, True),
        ({"/name": {"not_in": ["checkout"]}}, False),
        ({"/map": {"only": ["x", "y", "z"]}}, True),
        ({"/map": {"only": ["x"]}}, False),
        ({"/absent": {"only": ["x"]}}, True),
        ({"/list": {"only": ["x"]}}, False),
        ({"/empty": {"present": False}}, True),
        ({"/zero": {"present": True}}, True),
        ({"/null": {"present": True}}, False),
        ({"/name": {"starts_with": "check", "ends_with": ["in", "out"]}}, True),
        ({"/name": {"starts_with": ["a", "b"]}}, False),
        ({"/n": {"starts_with": "3"}}, False),
        ({"/name": {"at_least": 1}}, False),
        ({"/false": {"at_least": 0}}, False),
        ({"/name": "checkout", "/n": 4}, False),
        ({"$broken": {"present": False}}, False),
        ({}, True),
    ],
)
def test_conditions_hold_or_do_not_and_never_fail(test: Any, holds: bool):
    text = one_rule(when=test, let={"broken": {"json": "/name"}}, title={"first": ["/name", "$broken"]})
    body = json.dumps(RECORD).encode()
    if holds:
        assert read(load(text), {}, body)
    else:
        with pytest.raises(Problem) as caught:
            read(load(text), {}, body)
        assert caught.value.slug == "unknown-record"


def test_the_first_rule_that_matches_wins_and_the_page_can_say_why():
    rules = [
        {"name": "small", "when": {"/n": {"below": 3}}, "says": "look", "fields": {"id": "/id", "title": "/t"}},
        {"name": "known", "when": {"/kind": "noise"}, "says": "ignore", "reason": "It is noise."},
        {"name": "large", "when": {"/n": {"at_least": 3}}, "says": "trigger", "fields": {"id": "/id", "at": {"time": "/at"}}},
    ]  # fmt: skip
    mapping = load(written(rules=rules, records=[{"at": "/all", "many": True}]))
    records = [
        {"id": "a", "n": 1, "t": [1]},
        {"id": "b", "n": 9},
        {"kind": "noise"},
        {"id": "c", "n": 9, "at": "soon"},
        {"id": "d"},
    ]
    body = json.dumps({"all": records}).encode()
    found = explain(mapping, {}, body)
    assert [(one.rule, bool(one.reading), one.ignored) for one in found] == [
        ("small", True, ""),
        ("large", True, ""),
        ("known", False, "It is noise."),
        ("large", False, ""),
        ("", False, ""),
    ]
    assert found[0].left_out == ("title: a text was expected",)
    assert found[1].passed_over == (
        "small: it does not hold that /n is below 3",
        "known: it does not hold that /kind is 'noise'",
    )
    assert found[3].problem == "large: at: at /at: a time was expected."
    assert found[4].problem == "No rule matches."
    with pytest.raises(Problem) as caught:
        read(mapping, {}, body)
    assert caught.value.extra == {"index": 3}
    taken = take(mapping, {}, json.dumps({"all": records[:3]}).encode())
    assert [(one.index, one.rule) for one in taken.ignored] == [(2, "known")]
    assert [one.id for one in taken.readings] == ["a", "b"]


def test_what_cannot_be_read_leaves_what_stands_beside_it():
    found = reading(
        one_rule(
            title={"first": [{"join": ["/odd"]}, "/name"]},
            detail={"join": ["/name", "/odd"]},
            targets=[
                "/name",
                "/odd",
                {"lower": "/odd"},
                ["/odd", "namespace"],
                {"each": "/things", "give": {"lower": "item:"}},
            ],
            parameters={"good": "/name", "bad": {"lower": "/odd"}},
            keys={"run": ["/odd", "/name", "/things"]},
            evidence=[{"object": {"name": "/odd", "value": "/name"}}, "/name"],
            model="/name",
            trigger={"kind": "/odd", "id": "/name"},
            environment="/odd",
        ),
        {"name": "checkout", "odd": {"a": [1]}, "things": ["A", {"b": 1}, "C"]},
    )
    assert (found.title, found.detail, found.environment) == ("checkout", "", "")
    assert found.targets == ("checkout", "namespace", "a", "c")
    assert dict(found.parameters) == {"good": "checkout"}
    assert found.keys == {"run:checkout", "run:A", "run:C"}
    assert (found.evidence, dict(found.model)) == (({"value": "checkout"},), {})
    assert dict(found.trigger) == {"id": "checkout"}


@pytest.mark.parametrize("body", [b'"text"', b"3", b"null", b"[]", b"true"])
def test_a_record_is_an_object_whatever_a_rule_asks_for(body: bytes):
    with pytest.raises(Problem):
        read(load(one_rule(when={})), {}, body)


def test_what_is_no_json_is_told_apart_from_json_that_is_wrong():
    mapping = load(written(instead="Set the payload format to JSON."))
    for headers, body in (
        ({"content-type": "application/json"}, b" \n<notification/>"),
        ({"Content-Type": "text/xml"}, b"<notification/>"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"payload=%7B%7D"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x"),
    ):
        with pytest.raises(Problem) as caught:
            read(mapping, headers, body)
        assert (caught.value.status, caught.value.detail) == (415, "Set the payload format to JSON.")
    for media in ("", "application/json", "text/plain; charset=UTF-8", "application/vnd.acme+json", "APPLICATION/JSON"):
        assert read(mapping, {"CONTENT-TYPE": media}, b'{"id": "a"}')


def test_a_header_that_cannot_be_printed_is_none():
    text = one_rule(title="header:x-a", detail={"first": ["header:x-b", "none"]})
    found = reading(text, {}, **{"X-A": "plain", "X-B": "a\u202eb"})
    assert (found.title, found.detail) == ("plain", "none")


def test_records_are_found_in_the_first_form_that_fits():
    records = [
        {"at": "/items", "many": True, "take": "/inside", "json": True, "when": {"body:/form": "wrapped"}},
        {"at": "/items", "many": True},
        {"at": ""},
    ]
    mapping = load(written(records=records))
    bodies = {
        '{"form": "wrapped", "items": [{"inside": "{\\"id\\": \\"a\\"}"}]}': ["a"],
        '{"items": [{"id": "b"}, {"id": 3}]}': ["b", "3"],
        '{"items": []}': [],
        '{"id": "c"}': ["c"],
    }
    for body, ids in bodies.items():
        assert [one.id for one in read(mapping, {}, body.encode())] == ids
    for body in (
        '{"form": "wrapped", "items": [{"inside": "{"}]}',
        '{"form": "wrapped", "items": [{"inside": {"id": "a"}}]}',
        '{"items": {"id": "b"}}',
        '{"items": ["b"]}',
        '["b"]',
    ):
        with pytest.raises(Problem):
            read(mapping, {}, body.encode())


def test_lines_are_records_where_the_mapping_says_so():
    body = b'{"id": "a"}\r\n\n{"id": "b\xe2\x80\xa8c"}\n'
    headers = {"Content-Type": "application/x-ndjson; charset=utf-8"}
    assert [
        one.title for one in read(load(one_rule(title="/id").replace("let:", "lines: true\nlet:")), headers, body)
    ] == [
        "a",
        "b\u2028c",
    ]
    with pytest.raises(Problem) as caught:
        read(load(written(lines=True)), headers, b'{"id": "a"}\n{"id": \n')
    assert (caught.value.slug, caught.value.extra) == ("not-strict-json", {"index": 1})
    with pytest.raises(Problem) as caught:
        read(load(written()), headers, body)
    assert caught.value.status == 415


def test_sizes_are_bounded():
    small = load(written(body_limit=100))
    with pytest.raises(Problem) as caught:
        read(small, {}, b'{"id": "' + b"a" * 100 + b'"}')
    assert caught.value.status == 413
    many = load(written(records=[{"at": "/all", "many": True}]))
    with pytest.raises(Problem) as caught:
        read(many, {}, json.dumps({"all": [{"id": "a"}] * 5001}).encode())
    assert caught.value.status == 413
    found = reading(
        one_rule(
            title="/long",
            detail="/long",
            actor="/long",
            targets={"each": "/many", "give": "item:"},
            parameters={"each": {"each": "/many", "give": "item:"}, "long": "/long"},
            evidence={"each": "/many", "give": {"object": {"name": "item:", "ref": "/long"}}},
            keys={"run": {"each": "/many", "give": "item:"}},
            model={"name": "/long", "version": "/long"},
        ),
        {"long": "x" * 100_000, "many": [f"n{number}" for number in range(500)]},
    )
    assert (len(found.title), len(found.detail), len(found.actor)) == (300, 20_000, 200)
    assert (len(found.targets), len(found.evidence), len(found.keys)) == (10, 100, 20)
    assert len(found.parameters["each"]) == 100
    assert found.parameters["long"]["left_out"] is True
    assert len(found.evidence[0]["ref"]) == 2000
    assert len(found.model["name"]) == 300


def test_work_is_bounded_by_the_size_of_the_body():
    """A mapping that reads the whole body again for every record would take time in its square."""
    mapping = load(
        written(
            records=[{"at": "/all", "many": True}],
            rules=[{"name": "all", "when": {}, "says": "look", "fields": {"id": {"hash": ["body:", "/id"]}}}],
        )
    )
    assert len(read(mapping, {}, json.dumps({"all": [{"id": 1}, {"id": 2}]}).encode())) == 2
    body = json.dumps({"all": [{"id": number, "pad": "x" * 100} for number in range(1000)]}).encode()
    begun = time.perf_counter()
    with pytest.raises(Problem) as caught:
        read(mapping, {}, body)
    assert caught.value.status == 413
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    "body",
    [b"%s" % (b'{"a":' * 60 + b"1" + b"}" * 60), b"[" + b"1," * 100_000 + b"1]", b'"' + b"\\u0000" * 100_000 + b'"'],
)
def test_a_body_of_any_shape_is_answered_soon(body: bytes):
    begun = time.perf_counter()
    with pytest.raises(Problem):
        read(load(written()), {}, body)
    assert time.perf_counter() - begun < 3
