"""The quick reader of entries takes exactly what the plain one takes, and reads the same in it."""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight_verify import glance as module
from oversight_verify.faults import Refuted
from oversight_verify.glance import Glance, digests_of, glance
from oversight_verify.leaf import read_leaf
from tests.contracts.tree import ROOT
from tests.verify import writer
from tests.verify.test_tampering import BAD


def plainly(body: bytes) -> Glance | str:
    """What the plain reader makes of `body`, or why it refuses it."""
    try:
        leaf = read_leaf(body)
    except Refuted as fault:
        return str(fault)
    seen = (leaf["ref"]["seq"], leaf["ref"]["leaf"]) if leaf["ref"] else None
    parts = [leaf[key] for key in ("log", "kind", "ts", "actor", "src", "src_seq")]
    return Glance._make([*parts, seen, len(leaf["_sd"])])


def quickly(body: bytes) -> Glance | str:
    try:
        return glance(body)
    except Refuted as fault:
        return str(fault)


def agree(body: bytes) -> None:
    assert quickly(body) == plainly(body), body


@pytest.mark.parametrize("name", BAD)
def test_they_agree_on_an_entry_of_another_form(name: str):
    agree(BAD[name])


FACTS = {
    "a key twice": '{"a":1,"a":1}',
    "keys out of order": '{"b":1,"a":1}',
    "a comma at the end": '{"a":1,}',
    "a comma alone": "{,}",
    "no comma": '{"a":1"b":2}',
    "two commas": '{"a":1,,"b":2}',
    "two objects": '{"a":1},{"b":2}',
    "one after the other": '{"a":1}{"b":2}',
    "minus zero": '{"a":-0}',
    "a zero before": '{"a":01}',
    "a plus": '{"a":+1}',
    "a fraction": '{"a":1.5}',
    "an exponent": '{"a":1e3}',
    "fifteen digits": '{"a":999999999999999}',
    "the largest": '{"a":9007199254740991}',
    "beyond the largest": '{"a":9007199254740992}',
    "below the smallest": '{"a":-9007199254740992}',
    "a space": '{"a": 1}',
    "a needless escape": '{"a":"\\u0041"}',
    "an escape": '{"a":"\\n\\"\\\\"}',
    "a tab as it is": '{"a":"\t"}',
    "a line end": '{"a":"\n"}',
    "delete": '{"a":"\x7f"}',
    "a word that is none": '{"a":nil}',
    "NaN": '{"a":NaN}',
    "a key with a capital": '{"A":1}',
    "an empty key": '{"":1}',
    "keys of both orders": '{"a":1,"a_":2,"aa":3}',
    "what looks like the rest": '{"a":"},","id":"x"}',
    "a text that ends it": '{"a":"}","b":{}}',
    "a list": '{"a":[1,[],{}]}',
    "a list that is open": '{"a":[}',
    "another object": '{"a":{"c":1,"b":2}}',
    "nothing": "{}",
}


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("key", ["facts", "policy"])
def test_they_agree_on_facts_and_policies(name: str, key: str):
    marked = writer.canonical(writer.envelope(1, **{key: {"mark": 1}}))
    agree(marked.replace(b'{"mark":1}', FACTS[name].encode()))


TEXTS = st.text(st.sampled_from('az_"\\},:{[]1é\x7f\n🚀 '), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-(2**54), 2**54) | TEXTS | st.floats(allow_nan=True)
VALUES = st.recursive(
    SCALARS, lambda some: st.lists(some, max_size=3) | st.dictionaries(TEXTS, some, max_size=3), max_leaves=6
)


@st.composite
def entries(draw: st.DrawFn) -> bytes:
    """Entries of any facts, some of them not canonical, some with a byte that was changed."""
    over: dict[str, Any] = {"facts": draw(st.dictionaries(TEXTS | st.sampled_from(["kv", "tier"]), VALUES, max_size=4))}
    choices = {
        "policy": st.none() | st.dictionaries(TEXTS, SCALARS, max_size=2),
        "src": TEXTS,
        "src_seq": st.none() | st.integers(-2, 2**54),
        "actor": st.sampled_from(["system", "agent:a", "person:p\x7f", "agent:é", "root", 'agent:"']),
        "ref": st.none() | st.fixed_dictionaries({"seq": st.integers(-1, 2**54), "leaf": st.just("ab" * 32)}),
        "_sd": st.lists(st.sampled_from(["a" * 43, "b" * 43, "c" * 42, "é" * 43]), max_size=3),
    }
    for name in draw(st.sets(st.sampled_from(sorted(choices)))):
        over[name] = draw(choices[name])
    made = json.dumps(
        writer.envelope(1, **over), sort_keys=draw(st.integers(0, 9)) > 0, separators=(",", ":"), ensure_ascii=False
    )
    body = bytearray(made.encode(errors="surrogatepass"))
    if draw(st.booleans()):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.sampled_from(list(b'{}[]",:\\0-1 a\xc3')))
    return bytes(body)


@given(entries())
def test_they_agree_on_any_entry(body: bytes):
    agree(body)


def changed(body: bytes, chance: random.Random, times: int) -> Iterator[bytes]:
    palette = b'{}[]",:\\0-1 a_\xff'
    for _ in range(times):
        at, made = chance.randrange(len(body)), bytearray(body)
        how = chance.randrange(3)
        made[at : at + (how != 0)] = bytes([chance.choice(palette)]) if how < 2 else b""
        yield bytes(made)


def corpus() -> list[bytes]:
    lines = (ROOT / "tests/corpus/v4.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    return [json.loads(line)["body"].encode() for line in lines]


def test_they_agree_on_changed_entries_of_the_product():
    chance = random.Random(11)
    for body in corpus():
        agree(body)
        for other in changed(body, chance, 40):
            agree(other)


@pytest.mark.deep
def test_they_agree_on_many_changed_entries_of_the_product():
    chance = random.Random(12)
    for body in corpus():
        for other in changed(body, chance, 20_000):
            agree(other)


def test_entries_of_the_product_are_read_at_a_glance(monkeypatch: pytest.MonkeyPatch):
    """Were the plain reader asked for each, nothing would be wrong but the time that it takes."""
    asked: list[bytes] = []

    def noted(body: bytes) -> dict[str, Any]:
        asked.append(body)
        return read_leaf(body)

    monkeypatch.setattr(module, "read_leaf", noted)
    for body in corpus():
        glance(body)
    assert asked == [body for body in corpus() if not body.isascii()]


def test_the_digests_are_those_of_the_entry():
    for body in corpus():
        assert digests_of(body) == json.loads(body)["_sd"]


def test_a_hostile_entry_takes_no_longer_than_its_length_lets_it():
    tail = writer.canonical(writer.envelope(1)).partition(b',"id":')[2].rpartition(b',"policy":')[0]
    body = (b'{"_sd":[],"_sd_alg":"sha-256","actor":"system","facts":{' + b'},"id":' * 2 + tail) * 200
    for hostile in (body[:65_535], b'{"_sd":[' + b'"%s",' % (b"a" * 43) * 1400, b"{" * 65_535, b'{"a":1,' * 9000):
        began = time.process_time()
        assert isinstance(quickly(hostile), str)
        assert time.process_time() - began < 2
