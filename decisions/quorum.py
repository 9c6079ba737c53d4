"""Who must have cosigned a checkpoint: witnesses, groups and the quorum of a C2SP tlog-policy. Pure; it must not ask anybody."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from decisions.signing import COSIGNATURE, BadNoteError, Verifier, read_verifier

NONE = "none"
MOST = 32
"""Of witnesses, and of groups."""


class BadPolicyError(ValueError):
    """The text is no policy of witnesses; the message names the line."""


@dataclass(frozen=True, slots=True)
class Witness:
    """`name` is the policy's own, `verifier` holds the key and the name that it signs with; no url: it is never asked."""

    name: str
    verifier: Verifier
    url: str = ""

    def line(self) -> str:
        return " ".join(filter(None, ("witness", self.name, str(self.verifier), self.url)))


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    least: int
    members: tuple[str, ...]

    def line(self) -> str:
        return " ".join(("group", self.name, str(self.least), *self.members))


@dataclass(frozen=True, slots=True)
class Quorum:
    """A policy without its logs."""

    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    name: str = NONE

    def text(self) -> str:
        lines = [*(one.line() for one in self.witnesses), *(one.line() for one in self.groups), f"quorum {self.name}"]
        return "\n".join(lines) + "\n"

    def met(self, cosigned: AbstractSet[str]) -> bool:
        """Whether cosignatures by the witnesses of those names are enough."""
        have = set(cosigned)
        for group in self.groups:
            if sum(member in have for member in group.members) >= group.least:
                have.add(group.name)
        return self.name == NONE or self.name in have


def read(text: str) -> Quorum:
    """The quorum that `text` states. Raises BadPolicyError; a line that names a log is one: which logs there are we know."""
    made = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            made.take(words)
        except (BadPolicyError, BadNoteError) as error:
            raise BadPolicyError(f"line {number}: {error}") from None
    if made.quorum is None:
        raise BadPolicyError("there is no line `quorum <name>`")
    return Quorum(tuple(made.witnesses), tuple(made.groups), made.quorum)


class _Reader:
    def __init__(self) -> None:
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.names: set[str] = set()
        self.grouped: set[str] = set()
        self.quorum: str | None = None

    def take(self, words: list[str]) -> None:
        match words:
            case ["witness", name, key, *url] if len(url) <= 1:
                self._witness(name, key, *url)
            case ["group", name, least, *members] if members:
                self._group(name, least, members)
            case ["quorum", name] if self.quorum is None:
                if name != NONE and name not in self.names:
                    raise BadPolicyError(f"the quorum {name} is not defined above")
                self.quorum = name
            case _:
                raise BadPolicyError(
                    "a line is `witness <name> <vkey> [<url>]`, `group <name> <number> <name>…` or `quorum <name>`"
                )

    def _name(self, name: str, held: int) -> None:
        if name == NONE or name in self.names:
            raise BadPolicyError(f"the name {name} is taken")
        if held == MOST:
            raise BadPolicyError(f"there are at most {MOST}")
        self.names.add(name)

    def _witness(self, name: str, key: str, url: str = "") -> None:
        verifier = read_verifier(key, COSIGNATURE)
        if any(one.verifier.public == verifier.public for one in self.witnesses):
            raise BadPolicyError("a witness before has the same key")
        self._name(name, len(self.witnesses))
        self.witnesses.append(Witness(name, verifier, url))

    def _group(self, name: str, least: str, members: list[str]) -> None:
        for member in members:
            if member not in self.names or member in self.grouped:
                raise BadPolicyError(f"{member} is not defined above, or is in a group already")
            self.grouped.add(member)
        plain = least.isascii() and least.isdigit() and len(least) < 4 and least[0] != "0"
        count = {"any": 1, "all": len(members)}.get(least) or (int(least) if plain else 0)
        if not 1 <= count <= len(members):
            raise BadPolicyError("a group takes all, any, or a number from 1 to that of its members")
        self._name(name, len(self.groups))
        self.groups.append(Group(name, count, tuple(members)))
