"""What a person is told who writes a mapping wrongly: every fault, in sentences, and never another exception."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.errors import Problem
from decisions.intake.mapping import check, load, read
from decisions.intake.mapping.document import MOST_CHARACTERS
from tests.decisions.formats.writing import BASE, one_rule, written

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
