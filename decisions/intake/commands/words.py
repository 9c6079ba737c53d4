"""What a shell line is made of: words, operators, redirections. Pure; it must not read a line itself.

What only running the line would tell is marked unknown.
"""

from dataclasses import dataclass, field

MAX_CHARACTERS = 65_536
MAX_DEPTH = 8


class Unreadable(Exception):
    """The line cannot be read for certain; the message says why, in words of ours alone."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    known: bool = True
    """False where a variable, a substitution or a pattern of file names stands in it."""
    prefix: str = ""
    """What every word that an unknown one becomes begins with, for certain."""
    quoted: bool = False

    @property
    def may_be_option(self) -> bool:
        certain = self.text if self.known else self.prefix
        return certain.startswith("-") or (not self.known and not certain)


@dataclass(frozen=True, slots=True)
class Operator:
    text: str


@dataclass(slots=True)
class Redirection:
    operator: str
    target: Word
    body: Word | None = None
    """Of a here-document."""


Token = Word | Operator | Redirection


@dataclass(slots=True)
class Building:
    """A word that is being read."""

    text: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    """The part that no quote protects; what is quoted stands in it as a letter."""
    length: int = 0
    known: bool = True
    prefix: int | None = None
    """How many characters of it are certain; None for all."""
    quoted: bool = False

    def add(self, text: str, *, bare: bool) -> None:
        self.text.append(text)
        self.bare.append(text if bare else "q" * len(text))
        self.length += len(text)

    def unknown(self, source: str, *, splits: bool) -> None:
        certain = 0 if splits else self.length
        self.prefix = certain if self.prefix is None else min(self.prefix, certain)
        self.known = False
        self.text.append(source)
        self.bare.append("q" * len(source))
        self.length += len(source)

    def word(self) -> Word:
        text = "".join(self.text)
        first = expansion("".join(self.bare))
        if first is not None:
            self.prefix = first if self.prefix is None else min(self.prefix, first)
        elif self.known:
            return Word(text, quoted=self.quoted)
        if first == 0 and text.startswith("~"):
            return Word(text, known=False, prefix="/", quoted=self.quoted)
        return Word(text, known=False, prefix=text[: self.prefix], quoted=self.quoted)


def expansion(bare: str) -> int | None:
    """Where a pattern of file names, a list in braces or a home folder begins; None where there is none."""
    if bare.startswith("~"):
        return 0
    found = [bare.find(char) for char in "*?"]
    opened = bare.find("[")
    if opened >= 0 and bare.find("]", opened) >= 0:
        found.append(opened)
    brace = bare.find("{")
    if brace >= 0 and bare.rfind("}") > brace and ("," in bare[brace:] or ".." in bare[brace:]):
        found.append(brace)
    places = [place for place in found if place >= 0]
    return min(places) if places else None
