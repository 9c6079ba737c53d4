"""A shell line read as a shell reads it, into words, operators and redirections. Pure; it must not expand or guess anything.

What cannot be read for certain, or is read differently by different shells, raises `Unreadable`.
"""

import re
from collections.abc import Iterator
from typing import NoReturn

from decisions.intake.commands.words import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    Building,
    Operator,
    Redirection,
    Token,
    Unreadable,
    Word,
)

_BLANK = " \t"
_ENDS_WORD = " \t\n;&|<>()"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = "@*#?$!-0123456789"
_OPERATOR = re.compile(r"\n|;;|;|&&|&(?!>)|\|\||\|&|\||\(|\)")
_REDIRECTION = re.compile(r"([0-9]*)(<<<|<<-|<<|<>|<&|<(?!\()|>>|>\||>&|>(?!\())|(&>>|&>)")
_PLAIN_PARAMETER = re.compile(r"\$\{[#!]?[\w@*#?$!-][^`$(){}\"'\\<>]*\}")
_ARITHMETIC = re.compile(r"\$\(\((?![^()]*\w\s+\w)[^`$()\"'\\=\[]*\)\)")
"""Not where a word follows a word: some shells run that as a command."""
_ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NUMBERED = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")


class _Lexer:
    def __init__(self, text: str) -> None:
        if len(text) > MAX_CHARACTERS:
            raise Unreadable("it is longer than anybody reads")
        if "\0" in text:
            raise Unreadable("it holds the character U+0000")
        self.text = text
        self.at = 0
        self.depth = 0
        self.inner: list[list[Token]] = []
        """The commands of substitutions, which run before the command that they stand in."""
        self.sources: list[str] = []
        """The same where they were written between backticks: still to be read."""
        self.waiting: list[tuple[Redirection, bool]] = []

    def fail(self, why: str) -> NoReturn:
        raise Unreadable(why)

    def tokens(self, *, until_closed: bool = False) -> list[Token]:
        """All tokens; with `until_closed`, those before the bracket that closes the one that was opened before."""
        found: list[Token] = []
        opened = 0
        while True:
            self._skip_blanks()
            if self.at >= len(self.text):
                if until_closed or opened:
                    self.fail("a bracket is not closed")
                self._read_here_documents()
                return found
            if match := _REDIRECTION.match(self.text, self.at):
                found.append(self._redirection(match))
            elif match := _OPERATOR.match(self.text, self.at):
                self.at = match.end()
                operator = match[0]
                if operator == "(":
                    opened += 1
                elif operator == ")":
                    if not opened and until_closed:
                        return found
                    opened -= 1
                    if opened < 0:
                        self.fail("a bracket closes nothing")
                elif operator == "\n":
                    self._read_here_documents()
                found.append(Operator(operator))
            else:
                found.append(self._word())

    def _skip_blanks(self) -> None:
        text = self.text
        while self.at < len(text):
            if text[self.at] in _BLANK:
                self.at += 1
            elif text.startswith("\\\n", self.at):
                self.at += 2
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                return

    def _redirection(self, match: re.Match[str]) -> Redirection:
        self.at = match.end()
        operator = match[2] or match[3]
        while self.text[self.at : self.at + 1] in {" ", "\t"}:
            self.at += 1
        if self.at >= len(self.text) or self.text[self.at] in _ENDS_WORD:
            self.fail("a redirection leads nowhere")
        made = Redirection(operator, self._word())
        if operator in {"<<", "<<-"}:
            if not made.target.known:
                self.fail("a here-document has no certain end")
            self.waiting.append((made, operator == "<<-"))
        return made

    def _read_here_documents(self) -> None:
        for made, tabs in self.waiting:
            lines: list[str] = []
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                line = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                line = line.lstrip("\t") if tabs else line
                if line == made.target.text:
                    break
                lines.append(line)
            body = "".join(f"{line}\n" for line in lines)
            made.body = Word(body, quoted=True) if made.target.quoted else self._expanded(body)
        self.waiting.clear()

    def _expanded(self, body: str) -> Word:
        """A here-document whose delimiter is not quoted: the shell expands it as between double quotes."""
        lexer = _Lexer(body)
        lexer.depth = self.depth + 1
        building = Building(quoted=True)
        lexer.quoted_part(building, end="")
        self.inner += lexer.inner
        self.sources += lexer.sources
        return building.word()

    def _word(self) -> Word:
        text, building = self.text, Building()
        while self.at < len(text):
            char = text[self.at]
            if char in "<>" and text.startswith("(", self.at + 1):
                start = self.at
                self.at += 2
                self._substituted()
                building.unknown(text[start : self.at], splits=False)
            elif char in _ENDS_WORD:
                break
            elif char == "'":
                end = text.find("'", self.at + 1)
                if end < 0:
                    self.fail("a quote is not closed")
                building.add(text[self.at + 1 : end], bare=False)
                building.quoted = True
                self.at = end + 1
            elif char == '"':
                self.at += 1
                building.quoted = True
                self.quoted_part(building, end='"')
            elif char == "\\":
                self._escaped(building)
            elif char == "$":
                self._dollar(building, quoted=False)
            elif char == "`":
                self._backtick(building, quoted=False)
            else:
                building.add(char, bare=True)
                self.at += 1
        return building.word()

    def _escaped(self, building: Building) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following != "\n":
            building.quoted = True
            building.add(following or "\\", bare=False)

    def quoted_part(self, building: Building, *, end: str) -> None:
        """Read what stands between double quotes, or up to the end of the text where `end` is empty."""
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            if char == end:
                self.at += 1
                return
            if char == "\\":
                following = text[self.at + 1 : self.at + 2]
                escapes = '$`"\\' if end else "$`\\"
                if following == "\n":
                    pass
                elif following and following in escapes:
                    building.add(following, bare=False)
                else:
                    building.add("\\" + following, bare=False)
                self.at += 2
            elif char == "$":
                self._dollar(building, quoted=True)
            elif char == "`":
                self._backtick(building, quoted=True)
            else:
                building.add(char, bare=False)
                self.at += 1
        if end:
            self.fail("a quote is not closed")

    def _dollar(self, building: Building, *, quoted: bool) -> None:
        text, start = self.text, self.at
        following = text[start + 1 : start + 2]
        splits = not quoted
        if following == "(":
            if match := _ARITHMETIC.match(text, start):
                self.at = match.end()
            elif text.startswith("((", start + 1):
                self.fail("it computes with commands")
            else:
                self.at += 2
                self._substituted()
        elif following == "{":
            match = _PLAIN_PARAMETER.match(text, start)
            if not match or "@P" in match[0]:
                self.fail("a variable is expanded in a way that may run commands")
            splits = splits or "@" in match[0]
            self.at = match.end()
        elif following == "'" and not quoted:
            self.at += 2
            self._ansi(building)
            return
        elif following == '"' and not quoted:
            self.at += 1
            return
        elif match := _NAME.match(text, start + 1):
            self.at = match.end()
        elif following and following in _SPECIAL:
            splits = splits or following == "@"
            self.at += 2
        else:
            building.add("$", bare=False)
            self.at += 1
            return
        building.unknown(text[start : self.at], splits=splits)

    def _substituted(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail("commands are nested too deep")
        waiting, self.waiting = self.waiting, []
        self.inner.append(self.tokens(until_closed=True))
        if self.waiting:
            self.fail("a here-document is not closed")
        self.waiting = waiting
        self.depth -= 1

    def _backtick(self, building: Building, *, quoted: bool) -> None:
        start, inner = self.at, []
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != "`":
            if self.text[self.at] == "\\" and self.text[self.at + 1 : self.at + 2] in {"`", "\\", "$"}:
                self.at += 1
            inner.append(self.text[self.at])
            self.at += 1
        if self.at >= len(self.text):
            self.fail("a quote is not closed")
        self.at += 1
        self.sources.append("".join(inner))
        building.unknown(self.text[start : self.at], splits=not quoted)

    def _ansi(self, building: Building) -> None:
        """What stands between $' and '."""
        building.quoted = True
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == "'":
                return
            if char != "\\":
                building.add(char, bare=False)
                continue
            following = self.text[self.at : self.at + 1]
            if match := _NUMBERED.match(self.text, self.at):
                self.at = match.end()
                code = int(match[1] or match[2] or match[3] or match[4], 8 if match[4] else 16)
                # Bytes above 127 join into characters, and the null ends the text: neither is worth knowing.
                if (not 0 < code < 128 and not (match[2] or match[3])) or code > 0x10FFFF or 0xD800 <= code < 0xE000:
                    self.fail("a character is written in a way that cannot be read")
                if not code:
                    self.fail("it holds the character U+0000")
                building.add(chr(code), bare=False)
            elif following in _ESCAPES:
                self.at += 1
                building.add(_ESCAPES[following], bare=False)
            elif following and following in '\\"?':
                self.at += 1
                building.add(following, bare=False)
            elif following == "'":
                # A plain shell ends the text here, and would run as commands what another takes for words.
                self.fail("shells differ in where a quote of it ends")
            elif following == "c":
                self.fail("a character is written in a way that cannot be read")
            else:
                building.add("\\", bare=False)
        self.fail("a quote is not closed")


def read(text: str) -> Iterator[list[Token]]:
    """The tokens of a line, and those of every substitution in it, each as a list of its own. Raises `Unreadable`."""
    texts = [(text, 0)]
    while texts:
        one, depth = texts.pop()
        if depth > MAX_DEPTH:
            raise Unreadable("commands are nested too deep")
        lexer = _Lexer(one)
        lexer.depth = depth
        yield lexer.tokens()
        yield from lexer.inner
        texts += [(source, depth + 1) for source in lexer.sources]
