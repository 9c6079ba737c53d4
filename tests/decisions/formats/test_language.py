"""The language of mappings, piece by piece: what each piece gives, and what a person is told who writes it wrongly."""

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from decisions.errors import Problem
from decisions.intake.mapping import check, explain, load, read, take
from decisions.intake.mapping.document import MOST_CHARACTERS
from decisions.intake.reading import Reading

BASE: dict[str, Any] = {
    "system": "acme",
    "version": 1,
    "about": "Records of Acme.",
    "signature": "bearer",
    "rules": [{"name": "all", "when": {"/id": {"present": True}}, "says": "look", "fields": {"id": "/id"}}],
}


class Plain(yaml.SafeDumper):
    """Writes everything out: mappings take no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def written(**changes: Any) -> str:
    return str(yaml.dump({**BASE, **changes}, Dumper=Plain, sort_keys=False, allow_unicode=True))


def one_rule(when: Any = None, says: str = "look", let: Any = None, **fields: Any) -> str:
    rule = {"name": "all", "when": when or {}, "says": says, "fields": {"id": "fixed", **fields}}
    return written(rules=[rule], let=let or {})


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


FAULTS: dict[str, tuple[str, str]] = {
    "no YAML": ("system: [", "This is not YAML"),
    "no object": ("- a", "is an object"),
    "nothing": ("", "is an object"),
    "an alias": (written() + "x: &a 1\ny: *a\n", "Aliases"),
    "a key twice": (written() + "system: other\n", "appears twice"),
    "a tag": (written() + "x: !!python/object:os.system {}\n", "tag"),
    "a tag of YAML": (written() + "x: !!binary aGk=\n", "tag"),
    "a control character": (written() + "x: \x01\n", "not YAML"),
    "a lone surrogate": (written(about='"\\ud800"').replace("'\"", '"').replace("\"'", '"'), "surrogate"),
    "a key that is no word": (written() + "? [a]\n: b\n", "no word"),
    "an endless number": (written() + "x: " + "9" * 10_000 + "\n", "2^53"),
    "bottomless": ("a: " + "[" * 500, ""),
    "too long": (written() + "#" * MOST_CHARACTERS, "characters"),
    "a name that is none": (written(system="Acme Corp"), "system"),
    "an unknown member": (written(extra=1), "extra"),
    "no rules": (written(rules=[]), "rules"),
    "too many rules": (written(rules=BASE["rules"] * 51), "rules"),
    "a scheme that is none": (written(signature="md5"), "md5"),
    "no version": (written(version="one"), "version"),
    "an enormous limit": (written(body_limit=1 << 30), "body_limit"),
    "an unknown field": (one_rule(colour="/x"), "'all', colour: there is no such field"),
    "an unknown function": (one_rule(title={"uppercase": "/x"}), "no operator or function that is known"),
    "two operators": (one_rule(title={"lower": "/x", "first": ["/x"]}), "side by side"),
    "something beside an operator": (one_rule(title={"lower": "/x", "of": "/y"}), "takes no 'of'"),
    "a function without its word": (one_rule(title={"after": ":"}), "{after: word, of: value}"),
    "a bad pointer": (one_rule(title="/a~2b"), "no JSON pointer"),
    "a bad pointer at its end": (one_rule(title="/a~"), "no JSON pointer"),
    "a bad pointer of the body": (one_rule(title="body:a"), "no JSON pointer"),
    "a header without a name": (one_rule(title="header:"), "a header has a name"),
    "a header that holds a secret": (one_rule(title="header:Authorization"), "holds a secret"),
    "a name that is not there": (one_rule(title="$service"), "is not among the names"),
    "a name before it is given": (one_rule(let={"a": "$b", "b": "/b"}, title="$a"), "is not among the names"),
    "a name that names itself": (one_rule(let={"a": {"first": ["$a"]}}, title="$a"), "is not among the names"),
    "a name that nothing uses": (one_rule(let={"a": "/a"}), "nothing uses it"),
    "a name with a slash": (one_rule(let={"a/b": "/a"}), "a name holds no /"),
    "an item outside each": (one_rule(title="item:/x"), "outside `each`"),
    "each in each": (one_rule(targets={"each": "/x", "give": {"each": "item:", "give": "item:"}}), "inside another"),
    "each without give": (one_rule(targets={"each": "/x"}), "`give`"),
    "first of nothing": (one_rule(title={"first": []}), "list of expressions"),
    "a join that is none": (one_rule(title={"join": "/x"}), "list of expressions"),
    "a map without a table": (one_rule(title={"map": "/x"}), "`to`"),
    "a case without then": (one_rule(title={"choose": [{"when": {}}]}), "`when` and `then`"),
    "a need that is not there": (one_rule(model={"object": {"name": "/x"}, "needs": ["version"]}), "does not have"),
    "null": (one_rule(title=None), "an expression is"),
    "too deep": (one_rule(title=json.loads('{"first": [' * 14 + "1" + "]}" * 14)), ""),
    "an unknown test": (one_rule(when={"/x": {"matches": ".*"}}), "'matches' is not known"),
    "a test of nothing": (one_rule(when={"/x": {}}), "a test is"),
    "a test of null": (one_rule(when={"/x": None}), "a test is"),
    "a test with the wrong kind": (one_rule(when={"/x": {"at_least": "3"}}), "cannot compare"),
    "a test with true as number": (one_rule(when={"/x": {"at_least": True}}), "cannot compare"),
    "a test with nothing to choose from": (one_rule(when={"/x": []}), "list of plain values"),
    "a condition on no place": (one_rule(when={"status": "ok"}), "this is no place"),
    "says something else": (one_rule(says="alert"), "says is one of"),
    "an action without a decision": (one_rule(says="action", kind="x"), "it gives no decision"),
    "an effect without a kind": (one_rule(says="effect"), "it gives no kind"),
    "no id": (written(rules=[{"name": "all", "when": {}, "says": "look"}]), "it gives no id"),
    "ignored without a reason": (written(rules=[{"name": "x", "when": {}, "says": "ignore"}]), "gives no reason"),
    "ignored with fields": (
        written(rules=[{"name": "x", "when": {}, "says": "ignore", "reason": "r", "fields": {"id": "/id"}}]),
        "never read",
    ),
    "a reason for nothing": (
        written(rules=[{"name": "x", "when": {}, "says": "look", "reason": "r", "fields": {"id": "/id"}}]),
        "only a rule that ignores",
    ),
    "two rules of one name": (written(rules=[*BASE["rules"], {**BASE["rules"][0], "when": {"/x": 1}}]), "have this name"),
    "two rules the same": (written(rules=[*BASE["rules"], {**BASE["rules"][0], "name": "b"}]), "same conditions"),
    "a rule after one for everything": (
        written(rules=[{**BASE["rules"][0], "when": {}}, {**BASE["rules"][0], "name": "b"}]),
        "takes every record",
    ),
    "an unknown prefix": (one_rule(keys={"ticket": "/x"}), "'ticket' is not known"),
    "keys that are a list": (one_rule(keys=["/x"]), "keys are written as prefixes"),
    "a record in the conditions of records": (written(records=[{"when": {"/x": 1}}]), "there is no record yet"),
    "a bad place of records": (written(records=[{"at": "items"}]), "no JSON pointer"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_said(fault: str):
    text, said = FAULTS[fault]
    found = check(text)
    assert found
    assert any(said in sentence for sentence in found), found
    assert all(sentence.endswith(".") and len(sentence) < 600 for sentence in found), found
    with pytest.raises(Problem) as caught:
        load(text)
    assert (caught.value.status, caught.value.slug) == (400, "bad-mapping")
    assert caught.value.extra["faults"] == found


def test_a_good_mapping_has_no_fault():
    assert check(written()) == []
    assert check(one_rule(title={"text": "/"}, parameters={"text": "/a", "object": "/b"})) == []


def test_every_fault_is_told_at_once():
    assert len(check(one_rule(title="$a", detail="/~", colour=1, keys={"x": "/x"}))) == 4


def test_words_of_yaml_stay_words():
    text = written() + (
        "let:\n  answer: {map: /answer, to: {on: a, no: b, null: c, 12: d, 2026-01-01: e, 12:30: f}}\n"
        "fields: {title: $answer, detail: [yes, off, 12:30, 2026-01-01, 0x1f, 1_000, ~, null]}\n"
    )
    text = text.replace(
        "[yes, off, 12:30, 2026-01-01, 0x1f, 1_000, ~, null]",
        "{join: [yes, off, '12:30', 2026-01-01, 0x1f, 1_000], by: ' '}",
    )
    mapping = load(text)
    for answer, title in {"on": "a", "no": "b", "null": "c", 12: "d", "2026-01-01": "e", "12:30": "f"}.items():
        (found,) = read(mapping, {}, json.dumps({"id": "x", "answer": answer}).encode())
        assert (found.title, found.detail) == (title, "yes off 12:30 2026-01-01 0x1f 1_000")


def test_a_fault_never_comes_as_another_exception():
    begun = time.perf_counter()
    for text in (
        "a: " + "{a: " * 1_000,
        "- " * 5_000,
        "? " * 5_000,
        "!" * 60_000,
        "'" * 60_001,
        "a:\n" * 20_000,
        "\ufeff" * 60_000,
    ):
        assert check(text)
    assert time.perf_counter() - begun < 20


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["/a", "$x", "body:", "item:/b", "header:x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["first", "join", "map", "to", "else", "each", "give", "when", "choose", "object", "needs", "hash", "time", "tag", "of", "text", "a"]),
        inner,
        max_size=3,
    ),
    max_leaves=10,
)  # fmt: skip


@given(WILD, WILD, st.dictionaries(st.sampled_from(["/a", "$x", "b"]), WILD, max_size=2))
def test_whatever_is_written_is_a_mapping_or_has_faults(title: Any, x: Any, when: Any):
    text = one_rule(when=when, let={"x": x}, title=title, parameters={"p": x, "q": title}, targets=x)
    if check(text):
        return
    try:
        read(load(text), {"x": "y"}, b'{"a": {"b": [1, "c"]}, "b": 2}')
    except Problem as problem:
        assert problem.status in {400, 413}  # noqa: PT017 - most are read
