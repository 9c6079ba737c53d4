"""The simple commands of a shell line: what would be run, word by word. Pure; it must not say what a command does.

Every command that stands in the line is found, whatever the condition, loop or substitution that it stands in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from decisions.intake.commands.lexer import read
from decisions.intake.commands.words import Operator, Redirection, Token, Unreadable, Word

MAX_COMMANDS = 200

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]]*\])?\+?=")
_PASSED_OVER = frozenset({"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!", "time"})
_NOT_FOLLOWED = frozenset({"case", "esac", "in", "function", "coproc", "[[", "((", "]]", "))"})
_LOOPS = frozenset({"for", "select"})


@dataclass(frozen=True, slots=True)
class Simple:
    """One program with its words; `words` is empty where only variables are set or only a file is opened."""

    words: tuple[Word, ...]
    assigned: tuple[str, ...] = ()
    """Names of the variables set for it, or by it."""
    redirections: tuple[Redirection, ...] = ()


@dataclass(slots=True)
class _Building:
    words: list[Word] = field(default_factory=list)
    assigned: list[str] = field(default_factory=list)
    redirections: list[Redirection] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.words or self.assigned or self.redirections)

    def simple(self) -> Simple:
        return Simple(tuple(self.words), tuple(self.assigned), tuple(self.redirections))


def simple_commands(line: str) -> list[Simple]:
    """Every simple command in `line`. Raises `Unreadable` where it cannot be split for certain."""
    found: list[Simple] = []
    for tokens in read(line):
        for command in _commands(tokens):
            found.append(command)
            if len(found) > MAX_COMMANDS:
                raise Unreadable("it holds more commands than anybody reads")
    return found


def _commands(tokens: Sequence[Token]) -> Iterator[Simple]:
    building = _Building()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if isinstance(token, Redirection):
            building.redirections.append(token)
        elif isinstance(token, Operator):
            if token.text == ";;":
                raise Unreadable("it chooses between cases")
            # Before a bracket that opens, words would be the name of a function or an array.
            if token.text == "(" and (building.words or building.assigned):
                raise Unreadable("it defines a function or an array")
            if not building.empty:
                yield building.simple()
                building = _Building()
        elif building.words:
            building.words.append(token)
        elif _is_word(token, _LOOPS) and not building.assigned:
            # The name that the loop sets is set for all that follows.
            yield Simple((), (_name_of_loop(tokens, at),))
            at = _after_head_of_loop(tokens, at)
        elif _is_word(token, _NOT_FOLLOWED):
            raise Unreadable("it holds a construct that is not followed")
        elif not (_is_word(token, _PASSED_OVER) and not building.assigned):
            # After a name with `=` come further names, and then the program.
            assignment = _ASSIGNMENT.match(token.text)
            if assignment and _bare_name(token, assignment):
                building.assigned.append(assignment[1])
            else:
                building.words.append(token)
    if not building.empty:
        yield building.simple()


def _is_word(word: Word, of: frozenset[str]) -> bool:
    return word.known and not word.quoted and word.text in of


def _bare_name(word: Word, assignment: re.Match[str]) -> bool:
    """Whether the name before `=` is certain; where its word is quoted it may be no assignment, which is the stricter reading."""
    certain = word.text if word.known else word.prefix
    return not word.quoted or (certain.startswith(assignment[0]) and '"' not in assignment[0])


def _name_of_loop(tokens: Sequence[Token], at: int) -> str:
    name = tokens[at] if at < len(tokens) else None
    if not isinstance(name, Word) or not name.known:
        raise Unreadable("it holds a construct that is not followed")
    return name.text


def _after_head_of_loop(tokens: Sequence[Token], at: int) -> int:
    """The place after `for NAME in WORDS`, which runs nothing by itself."""
    while at < len(tokens) and isinstance(tokens[at], Word):
        at += 1
    return at
