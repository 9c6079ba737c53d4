"""Text of others: nothing hidden survives, nothing plain changes, and what is cut says so."""

import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import inert

UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
NASTY = [
    *map(chr, range(32)),
    *"\x7f\x9b\u200b\u200e\u200f\u061c\u202e\u2066\u2069\ufeff\ufe0f\U000e0041\U000e0100\ud800",
]
PILE = "\u0301\u0336\u20dd"
plain = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"))
hostile = st.text(st.characters() | st.sampled_from([*NASTY, *PILE, "\n", " ", "a"]))
values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | hostile,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hostile, inner, max_size=4),
    max_leaves=12,
)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for part in value.values() for text in strings(part))]
    return [text for part in value for text in strings(part)] if isinstance(value, list) else []


def longest_pile(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        longest = max(longest, run)
    return longest


@given(plain)
def test_plain_text_is_not_changed(text: str):
    assert inert.visible(text) == text
    assert not inert.hides(text)


@given(hostile)
def test_nothing_hidden_survives(text: str):
    for shown in (inert.visible(text), inert.folded(text), inert.excerpt(text).text, inert.name(text)):
        assert not [char for char in shown if unicodedata.category(char) in UNSEEN and char != "\n"]
        assert not inert.BLANKS & set(shown)
        assert longest_pile(shown) <= inert.MARKS


@given(hostile)
def test_to_draw_twice_is_to_draw_once(text: str):
    once = inert.visible(text)
    assert inert.visible(once) == once
    assert inert.excerpt(inert.excerpt(text).text).text == inert.excerpt(text).text
    assert inert.name(inert.name(text)) == inert.name(text)


@given(hostile, hostile)
def test_what_differs_in_what_is_hidden_is_drawn_differently(one: str, other: str):
    # The brackets themselves may be typed; apart from them no two texts look the same.
    if not set("⟦⟧") & set(one + other) and max(map(longest_pile, (one, other))) <= inert.MARKS:
        assert (inert.visible(one) == inert.visible(other)) is (one == other)


@given(values)
def test_it_hides_something_exactly_where_something_is_drawn_otherwise(value: Any):
    assert inert.hides(value) is any(inert.visible(text) != text for text in strings(value))


@given(st.text(st.characters() | st.sampled_from("\n \u202ea"), max_size=6000))
def test_an_excerpt_is_short_and_says_what_is_missing(text: str):
    shown = inert.excerpt(text)
    assert len(shown.text) <= inert.EXCERPT_CHARACTERS
    assert shown.text.count("\n") < inert.EXCERPT_LINES
    assert "\n\n\n" not in shown.text
    assert shown.length == len(text)
    if not shown.left_out:
        assert "".join(inert.visible(text).split()) == "".join(shown.text.split())


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.deep)])
def test_every_character_of_unicode_is_shown_or_written_out(step: int):
    """On every run each eleventh, those of the first planes, where most of what is unseen is, without exception."""
    for number in {
        *range(0x3000),
        *range(0xFE00, 0x10000),
        *range(0xE0000, 0xE0200),
        *range(0, sys.maxunicode + 1, step),
    }:
        char = chr(number)
        shown = inert.visible(char)
        if char != "\n" and (unicodedata.category(char) in UNSEEN or char in inert.BLANKS):
            assert shown == f"⟦U+{number:04X}⟧"
        else:
            assert shown == char


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟦U+202E⟧b"),
        ("\x1b[2Jok\x9b31m", "⟦U+001B⟧[2Jok⟦U+009B⟧31m"),
        ("\x1b]8;;http://x\x07", "⟦U+001B⟧]8;;http://x⟦U+0007⟧"),
        ("a\tb\r\n", "a⟦U+0009⟧b⟦U+000D⟧\n"),
        ("go\U000e0067\U000e006f", "go⟦U+E0067⟧⟦U+E006F⟧"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * 4 + "⟦5 more marks⟧"),
        ("Zürich 東京 שלום दिल्ली", "Zürich 東京 שלום दिल्ली"),
        ("1\u00a0000", "1\u00a0000"),
    ],
)
def test_it_is_drawn(text: str, shown: str):
    assert inert.visible(text) == shown


def test_empty_space_that_pushes_something_away_is_counted():
    assert inert.folded("rm\n" + "\n" * 9999 + "-rf" + " " * 500 + "/") == "rm\n⟦9,999 blank lines⟧\n-rf ⟦500 spaces⟧ /"
    assert inert.folded("a\n\nb  c") == "a\n\nb  c"


def test_ten_thousand_lines_are_an_excerpt():
    assert inert.excerpt("a" + "\n" * 10_000 + "b") == inert.Excerpt("a\n\nb", "", 10_002)
    shown = inert.excerpt("line\n" * 10_000)
    assert (shown.text.count("\n"), shown.left_out) == (39, "49,800 more characters and 9,960 more lines left out")
    assert inert.excerpt("x" * 1_000_000).left_out == "998,000 more characters left out"


def test_a_cut_never_goes_through_what_is_written_out():
    assert inert.excerpt("\u202e" * 400).text == "⟦U+202E⟧" * 250
    assert inert.name("\u202e" * 400, 20) == "⟦U+202E⟧" * 2 + "…"
    assert inert.name("two\nlines") == "two⟦U+000A⟧lines"
    assert len(inert.name("x" * 400)) == inert.NAME_CHARACTERS


@pytest.mark.parametrize(
    ("identifier", "doubts"),
    [
        ("checkout-api", []),
        ("münchen/prod_1", []),
        ("деплой/frontend", []),
        ("日本語サーバー", []),
        ("한국어", []),
        ("ch\u0435ckout", ["mixes Latin and Cyrillic letters"]),
        ("sc\u03bfpe", ["mixes Latin and Greek letters"]),
        ("\u0440\u0430\u0443\u0440\u0430\u0443", ["is written in Cyrillic letters that look like Latin ones"]),
        ("\uff46\uff4f\uff4f", ["has characters that look like plain ones and are not"]),
        ("𝐠𝐞𝐨", ["has characters that look like plain ones and are not"]),
    ],
)
def test_a_name_that_looks_like_another_is_doubted(identifier: str, doubts: list[str]):
    assert inert.doubts(identifier)[: len(doubts) or 1] == doubts


def test_a_symbol_drawn_as_an_emoji_hides_nothing():
    assert not inert.hides({"rationale": "⚠️ error rate 7 %, ▶️ rolling back"})
    assert inert.hides("rm️ -rf")
    assert inert.hides("️⚠")
