"""What the protocol asks of the world, as values; sync and async drivers perform them. It must not do any I/O itself."""

import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from oversight_sdk import canonical
from oversight_sdk.errors import BadAnswer, GateUnavailable

T = TypeVar("T")

ANSWERS = frozenset({"another-action", "claimed", "duplicate-open", "not-open", "other-outcome"})
"""Problems with status 409 that say how things stand, whatever they say of being tried again."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: bytes | None = None
    key: str = ""
    timeout: float = 10.0
    """Seconds until this one attempt counts as unanswered."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    retry_after: float = 0.0

    def json(self) -> dict[str, Any]:
        """The object in the body. Raises BadAnswer."""
        try:
            value = canonical.parse(self.body)
        except canonical.NotCanonical as error:
            raise BadAnswer(f"the gate's answer cannot be read: {error}") from None
        if not isinstance(value, dict):
            raise BadAnswer("the gate's answer is not an object")
        return value


@dataclass(frozen=True, slots=True)
class NoReply:
    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """A short blocking piece of work that an event loop should not wait for."""

    function: Callable[[], Any]


Step: TypeAlias = Request | Pause | Work
Steps: TypeAlias = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call is repeated, and how the pauses between attempts grow."""

    seconds: float = 30.0
    first: float = 0.25
    most: float = 5.0
    clock: Callable[[], float] = field(default=time.monotonic)

    def pause(self, attempt: int) -> float:
        """Full range above one half, so that many agents do not come back at the same moment."""
        whole = min(self.most, self.first * 2.0 ** min(attempt, 16))
        return whole * _random.uniform(0.5, 1.0)


_random = random.SystemRandom()


def settled(request: Request, patience: Patience) -> Steps[Reply]:
    """The answer to `request`, repeated unchanged while the gate is busy, failing or silent.

    Raises GateUnavailable when the time is over, or would be before the gate wants to be asked again.
    """
    until = patience.clock() + patience.seconds
    attempt = 0
    while True:
        got: Reply | NoReply = yield request
        if isinstance(got, Reply):
            if not _again(got):
                return got
            why, least = f"status {got.status}", got.retry_after
        else:
            why, least = got.reason, 0.0
        delay = max(patience.pause(attempt), least)
        attempt += 1
        if patience.clock() + delay >= until:
            raise GateUnavailable(f"the gate is unavailable ({why}) after {attempt} attempts")
        yield Pause(delay)


def _again(reply: Reply) -> bool:
    if reply.status == 429 or reply.status >= 500:
        return True
    if reply.status != 409:
        return False
    try:
        problem = reply.json()
    except BadAnswer:
        return False
    # Only "the same call is still running": what the contract answers with 409 would be the same the next time.
    return problem.get("retryable") is True and str(problem.get("type")).rpartition("/")[2] not in ANSWERS
