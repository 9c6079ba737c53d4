"""Options and operands of a program, split as the program splits them. Pure; it must not know any program.

An option that is not in the program's table may hide what the command does: it raises `Strange`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from decisions.intake.commands.words import Word

_OFF = frozenset({"false", "f", "0"})
"""What switches an option without a value off again."""


class Strange(Exception):
    """The words are not what the program's table knows; the message says which part."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a program's options are: letters of one dash and names of two, with a value and without."""

    letters: str = ""
    letters_with_value: str = ""
    names: frozenset[str] = frozenset()
    names_with_value: frozenset[str] = frozenset()
    stops: bool = False
    """Whether the first operand ends the options, as for a program that runs another."""
    same: Mapping[str, str] = field(default_factory=dict)
    """Letters that stand for a name."""


@dataclass(slots=True)
class Split:
    values: dict[str, list[Word | None]] = field(default_factory=dict)
    """By the option's name without its dashes; None for an option without a value."""
    operands: list[Word] = field(default_factory=list)
    after: list[Word] | None = None
    """What stands after `--`, or after the first operand where that ends the options."""

    def last(self, name: str) -> str:
        """The value that counts, where an option is given more than once."""
        given = [word.text for word in self.values.get(name, ()) if word is not None]
        return given[-1] if given else ""

    def has(self, *names: str) -> bool:
        return any(name in self.values for name in names)


def table(text: str, *, stops: bool = False) -> Table:
    """A table from `-n,--namespace= -A,--all-namespaces --dry-run`: `=` after those that take a value."""
    letters = {True: "", False: ""}
    names: dict[bool, set[str]] = {True: set(), False: set()}
    same: dict[str, str] = {}
    for option in text.split():
        valued = option.endswith("=")
        forms = option.rstrip("=").split(",")
        long = next((form[2:] for form in forms if form.startswith("--")), "")
        for form in forms:
            if form.startswith("--"):
                names[valued].add(form[2:])
            else:
                letters[valued] += form[1:]
                same |= {form[1:]: long} if long else {}
    return Table(letters[False], letters[True], frozenset(names[False]), frozenset(names[True]), stops, same)


def split(words: Sequence[Word], known: Table) -> Split:
    """Options and operands in `words`, the program itself not among them. Raises `Strange`."""
    found = Split()
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not word.known:
            if word.may_be_option:
                raise Strange("a word that only running it would tell may be an option")
            found.operands.append(word)
        elif word.text == "--":
            found.after = list(words[at:])
            return found
        elif word.text == "-" or not word.text.startswith("-"):
            found.operands.append(word)
            if known.stops:
                found.after = list(words[at:])
                return found
        elif word.text.startswith("--"):
            at = _named(word.text[2:], words, at, known, found)
        else:
            at = _letters(word.text[1:], words, at, known, found)
    return found


def _named(text: str, words: Sequence[Word], at: int, known: Table, found: Split) -> int:
    name, equals, value = text.partition("=")
    if name in known.names:
        if value.lower() in _OFF:
            found.values.pop(name, None)
            return at
        found.values.setdefault(name, []).append(Word(value) if equals else None)
        return at
    if name not in known.names_with_value:
        raise Strange("it has an option that is not known")
    if equals:
        found.values.setdefault(name, []).append(Word(value))
        return at
    return _next(name, words, at, found)


def _letters(text: str, words: Sequence[Word], at: int, known: Table, found: Split) -> int:
    for place, letter in enumerate(text):
        name = known.same.get(letter, letter)
        if letter in known.letters_with_value:
            if rest := text[place + 1 :]:
                found.values.setdefault(name, []).append(Word(rest.removeprefix("=")))
                return at
            return _next(name, words, at, found)
        if letter not in known.letters:
            raise Strange("it has an option that is not known")
        found.values.setdefault(name, []).append(None)
    return at


def _next(name: str, words: Sequence[Word], at: int, found: Split) -> int:
    if at >= len(words):
        raise Strange("an option has no value")
    if not words[at].known:
        raise Strange("the value of an option is known only to who runs it")
    found.values.setdefault(name, []).append(words[at])
    return at + 1
