"""A run that is read as it went: words, calls, and the answers that come to them. Pure; it must not keep more than is still open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from decisions.errors import bad_request
from decisions.intake.calls import MAX_RATIONALE, Call, Where, reading_of
from decisions.intake.reading import Reading

MAX_OPEN = 10_000


@dataclass(slots=True)
class _Open:
    tool: str
    arguments: Any
    where: Where


@dataclass(slots=True)
class Talk:
    """What is known so far. A call carries what was said last before it."""

    actor: str
    episode: str = ""
    model: str = ""
    trigger: Mapping[str, Any] = field(default_factory=dict)
    _words: list[str] = field(default_factory=list)
    _called: bool = False
    _open: dict[str, _Open] = field(default_factory=dict)
    _count: int = 0
    _of: str = ""
    _said: bool = False

    def say(self, words: str) -> None:
        """Words of the agent; the first after a call begin anew."""
        if not words.strip():
            return
        if self._called:
            self._words.clear()
            self._called = False
        if sum(map(len, self._words)) < MAX_RATIONALE:
            self._words.append(words)

    def say_again(self, of: str, words: str) -> None:
        """Words of a message that was written before in part: they take the place of what it said then."""
        if of and of == self._of and self._said:
            self._words.clear()
            self._called = False
        self._said = bool(words.strip()) or (of == self._of and self._said)
        self._of = of
        self.say(words)

    def call(self, id_: str, tool: str, arguments: Any, at: datetime | None) -> None:
        """A call that the agent makes; one without an id is counted."""
        self._called = True
        self._count += 1
        id_ = id_ or f"call {self._count}"
        if not tool or id_ in self._open:
            return
        if len(self._open) >= MAX_OPEN:
            raise bad_request("Too many calls of the run have no answer.", "bad-run")
        name = f"{self.episode}/{id_}" if self.episode else id_
        where = Where(
            id=name,
            decision=name,
            episode=self.episode,
            at=at,
            actor=self.actor,
            rationale="\n\n".join(self._words),
            model={"name": self.model[:300]} if self.model else {},
            trigger=self.trigger,
            keys=frozenset({f"run:{self.episode[:190]}"}) if self.episode else frozenset(),
        )
        self._open[id_] = _Open(tool, arguments, where)

    def answer(
        self,
        id_: str,
        answer: str,
        exit_code: int | None = None,
        *,
        errored: bool = False,
        refused: bool = False,
    ) -> Iterator[Reading]:
        """The reading of the call that is answered; nothing where it is not known, or was answered before."""
        found = self._open.pop(id_, None)
        if found is not None:
            call = Call(
                tool=found.tool,
                arguments=found.arguments,
                answer=answer,
                exit_code=exit_code,
                errored=errored,
                refused=refused,
            )
            yield reading_of(call, found.where)

    def rest(self) -> Iterator[Reading]:
        """The calls that were never answered: the record ends there, and what they did is not known."""
        for id_ in list(self._open):
            yield from self.answer(id_, "")
