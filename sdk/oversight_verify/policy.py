"""Whom the auditor trusts: logs, witnesses and the quorum (C2SP tlog-policy). It must come from the auditor, never from an export."""

import re
from dataclasses import dataclass, field

from oversight_verify.faults import Unreadable
from oversight_verify.keys import LOG, WITNESS, Key, read_key
from oversight_verify.strict import shown

MAX_POLICY = 262_144
MAX_LINES = 64
_REFUSED = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_SPACE = re.compile(r"[ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]?")


@dataclass(slots=True)
class Policy:
    """The keys that count, and which witnesses together are enough."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    """name → how many of which members."""
    quorum: str = "none"

    def met_by(self, cosigned: frozenset[str]) -> bool:
        """Whether the witnesses of these names are a quorum."""
        return self.quorum == "none" or self._met(self.quorum, cosigned)

    def _met(self, name: str, cosigned: frozenset[str]) -> bool:
        if name in self.witnesses:
            return name in cosigned
        enough, members = self.groups[name]
        return sum(self._met(member, cosigned) for member in members) >= enough


def of_key(text: str) -> Policy:
    """The policy that trusts one log key and asks for no witness. Raises Unreadable."""
    return Policy(logs=[read_key(text, LOG)])


def read_policy(raw: bytes) -> Policy:
    """The policy in a tlog-policy file. Raises Unreadable, naming the line."""
    if len(raw) > MAX_POLICY or _REFUSED.search(raw):
        raise Unreadable("the policy is too long or holds control characters")
    # A file that was cut could ask for less than was meant.
    if not raw.endswith(b"\n"):
        raise Unreadable("the last line of the policy is not ended: is the file whole?")
    reader = _Reader()
    for number, line in enumerate(raw.decode(errors="surrogateescape").split("\n"), 1):
        words = _SPACE.split(line.strip(" \t"))
        if words != [""] and not words[0].startswith("#"):
            try:
                reader.take(words)
            except Unreadable as fault:
                raise Unreadable(f"line {number} of the policy: {fault}") from None
    if not reader.ruled:
        raise Unreadable("the policy has no quorum line")
    return reader.policy


class _Reader:
    def __init__(self) -> None:
        self.policy = Policy()
        self.ruled = False
        self.members: set[str] = set()
        self.publics: set[bytes] = set()

    def take(self, words: list[str]) -> None:
        word, *rest = words
        if word == "log" and len(rest) in {1, 2}:
            self._room(self.policy.logs)
            self.policy.logs.append(self._key(rest[0], LOG))
        elif word == "witness" and len(rest) in {2, 3}:
            self._room(self.policy.witnesses)
            self.policy.witnesses[self._new_name(rest[0])] = self._key(rest[1], WITNESS)
        elif word == "group" and len(rest) >= 3:
            self._room(self.policy.groups)
            self.policy.groups[self._new_name(rest[0])] = self._group(rest[1], rest[2:])
        elif word == "quorum" and len(rest) == 1 and not self.ruled:
            self.policy.quorum, self.ruled = self._known(rest[0], "none"), True
        else:
            raise Unreadable("it is none of: log KEY, witness NAME KEY, group NAME COUNT MEMBER…, one quorum NAME")

    def _room(self, taken: "list[Key] | dict[str, Key] | dict[str, tuple[int, tuple[str, ...]]]") -> None:
        if len(taken) == MAX_LINES:
            raise Unreadable(f"there are more than {MAX_LINES} of its kind")

    def _key(self, text: str, use: int) -> Key:
        key = read_key(text, use)
        # Also across uses: a log that is its own witness is no witness.
        if key.public in self.publics:
            raise Unreadable(f"the key of {shown(key.name)} is named twice")
        self.publics.add(key.public)
        return key

    def _new_name(self, name: str) -> str:
        if name == "none" or name in self.policy.witnesses or name in self.policy.groups:
            raise Unreadable(f"the name {shown(name)} is taken")
        return name

    def _known(self, name: str, *others: str) -> str:
        if name not in self.policy.witnesses and name not in self.policy.groups and name not in others:
            raise Unreadable(f"no line above defines {shown(name)}")
        return name

    def _group(self, enough: str, members: list[str]) -> tuple[int, tuple[str, ...]]:
        for member in members:
            # Each may count once only, in whichever group.
            if self._known(member) in self.members:
                raise Unreadable(f"{shown(member)} is already a member of a group")
            self.members.add(member)
        words = {"any": 1, "all": len(members)}
        number = words.get(enough) or (int(enough) if _THRESHOLD.fullmatch(enough) else 0)
        if not 1 <= number <= len(members):
            raise Unreadable("a group needs `any`, `all` or a number from 1 to that of its members")
        return number, tuple(members)
