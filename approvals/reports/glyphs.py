"""Which characters the report's fonts can draw, with a visible substitute for the rest. It must not change what is attached."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent / "template" / "fonts"
SUBSTITUTE = "\u25ca"
"""A lozenge: every font of the report holds it, and nobody takes it for text."""
BREAKS = frozenset("\n\t")


@lru_cache(maxsize=1)
def drawable() -> frozenset[int]:
    """Code points that all fonts of the report hold."""
    held: list[frozenset[int]] = []
    for path in sorted(FONTS.glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            held.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*held)


def safe(text: str) -> str:
    """The text with each run of undrawable characters as one substitute; line breaks become spaces."""
    known = drawable()
    out: list[str] = []
    for char in text:
        if ord(char) in known and char.isprintable():
            out.append(char)
        elif char in BREAKS or char.isspace():
            out.append(" ")
        elif not out or out[-1] != SUBSTITUTE:
            out.append(SUBSTITUTE)
    return "".join(out)


def drawable_copy(value: Any) -> Any:
    """The same structure with every string made drawable."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {key: drawable_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [drawable_copy(item) for item in value]
    return value
