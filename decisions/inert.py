"""Text that somebody else wrote, made harmless to look at: what cannot be seen is written out, what is long is cut.

It must not change what is stored, hashed or sent to machines: only what is drawn for people.
"""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby
from typing import Any

EXCERPT_CHARACTERS = 2000
EXCERPT_LINES = 40
NAME_CHARACTERS = 160
MARKS = 4
"""How many combining marks a letter may carry: no writing needs more, and a tower of them covers its neighbours."""
BLANKS = frozenset(
    map(
        chr,
        [
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),  # joiner, fillers, empty braille
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ],
    )
)
"""Letters, marks and symbols that show nothing, by whatever category: fillers and variation selectors."""


def _hidden(char: str) -> bool:
    # Not printable: categories Cc, Cf, Co, Cs, Cn, Zl, Zp, and the spaces, which do show.
    unseen = not char.isprintable() and char != "\n" and unicodedata.category(char) != "Zs"
    return unseen or char in BLANKS


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" and char not in BLANKS


def _plain(text: str) -> bool:
    return text.isascii() and (text.isprintable() or text.replace("\n", "").isprintable())


def visible(text: str) -> str:
    """`text` with every character that cannot be seen written as ⟦U+202E⟧, and piled up marks cut."""
    if _plain(text):
        return text
    letters = set(text)
    unseen = {ord(char): f"⟦U+{ord(char):04X}⟧" for char in letters if _hidden(char)}
    shown = text.translate(unseen) if unseen else text
    marks = {char for char in letters if _is_mark(char)}
    return _cut_marks(shown, marks) if marks else shown


def _cut_marks(text: str, marks: AbstractSet[str]) -> str:
    parts: list[str] = []
    for piled, run in groupby(text, marks.__contains__):
        part = "".join(run)
        more = len(part) - MARKS
        parts.append(f"{part[:MARKS]}⟦{more} more marks⟧" if piled and more > 0 else part)
    return "".join(parts)


def name(text: str, most: int = NAME_CHARACTERS) -> str:
    """An identifier as it stands in a title: visible, on one line, cut to a length that leaves room for the rest."""
    shown = visible(text.replace("\n", "⟦U+000A⟧"))
    return shown if len(shown) <= most else _whole(shown[: most - 1]) + "…"


def _whole(cut: str) -> str:
    """`cut` without the beginning of a ⟦U+…⟧ that the cut went through."""
    opened = cut.rfind("⟦", max(0, len(cut) - 24))
    return cut if opened < cut.rfind("⟧") or opened < 0 else cut[:opened]


_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){3,}")
_WIDE_SPACE = re.compile(r"[^\S\n]{81,}")


def folded(text: str) -> str:
    """All of `text`, visible; empty space that would push something out of sight is written as how much it is."""
    shown = _EMPTY_LINES.sub(lambda found: f"\n⟦{found[0].count(chr(10)) - 1:,} blank lines⟧\n", visible(text))
    return _WIDE_SPACE.sub(lambda found: f" ⟦{len(found[0]):,} spaces⟧ ", shown)


@dataclass(frozen=True, slots=True)
class Excerpt:
    text: str
    left_out: str
    """How much is missing, in words; empty for a text that is all there."""
    length: int
    """Of the original, in characters."""


def excerpt(text: str, *, characters: int = EXCERPT_CHARACTERS, lines: int = EXCERPT_LINES) -> Excerpt:
    """The beginning of `text`, visible, without runs of blank lines, at most so many characters and lines of it."""
    kept: list[str] = []
    for line in visible(text).split("\n"):
        if line.strip() or (kept and kept[-1]):
            kept.append(line if line.strip() else "")
    every = "\n".join(kept).rstrip()
    cut = "\n".join(every.split("\n", lines)[:lines])
    if len(cut) > characters:
        cut = _whole(cut[:characters])
    cut = cut.rstrip()
    more, more_lines = len(every) - len(cut), every.count("\n") - cut.count("\n")
    if not more:
        return Excerpt(cut, "", len(text))
    missing = [f"{more:,} more character{'s' * (more != 1)}"]
    missing += [f"{more_lines:,} more line{'s' * (more_lines != 1)}"] if more_lines else []
    return Excerpt(cut, f"{' and '.join(missing)} left out", len(text))


_EMOJI = re.compile("([\u203c-\u3299\U0001f000-\U0001faff])\ufe0f")


def hides(value: Any) -> bool:
    """Whether any string in a JSON value, keys too, holds what `visible` would have to write out."""
    # Every event is asked, so what most strings are comes first, and no generator is made.
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return False
        # A symbol that asks to be drawn as an emoji hides nothing, and agents write them all the time.
        plain = _EMOJI.sub("\\1", value)
        return visible(plain) != plain
    if isinstance(value, dict):
        return any(map(hides, value)) or any(map(hides, value.values()))
    return isinstance(value, list) and any(map(hides, value))


TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
"""Scripts that one word of Chinese, Japanese or Korean is written in."""
LIKE_LATIN = frozenset(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝ"  # Cyrillic
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινυα"  # Greek
)
"""Letters of other scripts that nobody tells from a Latin one."""
_WORDS = re.compile(r"[\W_]+")


def doubts(identifier: str) -> list[str]:
    """What makes `identifier` look like one that it is not, in words; empty for one that looks like what it is."""
    if identifier.isascii():
        return []
    found: list[str] = []
    if unicodedata.normalize("NFKC", identifier) != unicodedata.normalize("NFC", identifier):
        found.append("has characters that look like plain ones and are not")
    for word in _WORDS.split(identifier):
        scripts = _scripts(word)
        if len(scripts) > 1:
            found.append(f"mixes {' and '.join(scripts)} letters")
        elif scripts and scripts[0] != "Latin" and LIKE_LATIN.issuperset(char for char in word if char.isalpha()):
            found.append(f"is written in {scripts[0]} letters that look like Latin ones")
    return list(dict.fromkeys(found))


def _scripts(word: str) -> list[str]:
    """The scripts of the letters of `word`, Latin first; those that are written together count as one."""
    firsts = {unicodedata.name(char, "UNKNOWN").split()[0].split("-")[0] for char in word if char.isalpha()}
    if firsts & TOGETHER:
        firsts = firsts - TOGETHER | {"EAST ASIAN"}
    return sorted((first.title() for first in firsts), key=lambda script: (script != "Latin", script))
