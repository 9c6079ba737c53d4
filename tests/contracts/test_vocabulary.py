"""The vocabulary is one: styles, icons and code agree on every badge. It must not let a state be shown by colour alone."""

import re

from decisions import vocab
from tests.contracts.tree import text

Colours = dict[str, str]


def declared(css: str) -> tuple[Colours, Colours]:
    """The badge colours of the light and of the dark scheme."""
    light, _, dark = css.partition("prefers-color-scheme: dark")
    pattern = re.compile(r"--badge-([a-z-]+):\s*(#[0-9a-fA-F]{6})\s*;")
    return dict(pattern.findall(light)), dict(pattern.findall(dark))


def test_the_styles_have_every_badge_in_both_schemes() -> None:
    light, dark = declared(text("static/css/tokens.css"))
    assert light == {badge.slug: badge.light for badge in vocab.BADGES}
    assert dark == {badge.slug: badge.dark for badge in vocab.BADGES}


def test_every_badge_has_an_icon_and_no_other_is_drawn() -> None:
    symbols = re.findall(r'<symbol\b[^>]*\bid="b-([a-z-]+)"', text("templates/_icons.html"))
    assert sorted(symbols) == sorted(badge.slug for badge in vocab.BADGES)


def test_every_state_has_a_badge_and_every_badge_a_state() -> None:
    assert set(vocab.BADGE_OF) == set(vocab.State)
    assert set(vocab.BADGE_OF.values()) == set(vocab.BADGES)


def test_word_and_shape_tell_badges_apart_without_colour() -> None:
    assert len({badge.word for badge in vocab.BADGES}) == len(vocab.BADGES)
    assert len({badge.shape for badge in vocab.BADGES}) == len(vocab.BADGES)


def test_a_missing_colour_is_found() -> None:
    light, dark = declared(":root { --badge-failed: #bc2c38; } @media (prefers-color-scheme: dark) { }")
    assert light == {"failed": "#bc2c38"}
    assert dark == {}
