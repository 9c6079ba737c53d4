"""What is known of the decisions that one request speaks of: their rows, and what its earlier events say of them."""

import hashlib
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from decisions import served
from decisions.envelope import uuid7
from decisions.moment import Moment
from decisions.states import claimed_at


def ref_key(agent: UUID, decision: str) -> str:
    """How entries name the decision that `agent` calls `decision`."""
    return hashlib.sha256(f"oversight-ref-v1\0{agent}\0{decision}".encode()).hexdigest()[:32]


def digest(key: str) -> str:
    """How an entry names what belongs to the same affair: names may be personal, and a digest is found all the same."""
    return hashlib.sha256(f"oversight-affair-v1\0{key}".encode()).hexdigest()[:32]


class Telling(Protocol):
    """An event that tells of a decision, and may state its action."""

    @property
    def ref(self) -> str: ...

    @property
    def action(self) -> dict[str, Any] | None: ...


class Told:
    """What is known of the decisions that one request speaks of: their rows, and what its earlier events say of them."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self._ids: dict[str, UUID] = {}
        self._actions: dict[str, dict[str, Any]] = {}
        self._asked: set[str] = set()
        self._served: int | None = None

    def served_ms(self) -> int:
        """The served time now: where a veto window that opens now begins."""
        if self._served is None:
            self._served = served.spent(self.moment.now)
        return self._served

    def decision(self, ref: str) -> UUID:
        row = self.moment.decision(ref)
        return row.id if row else self._ids.setdefault(ref, uuid7(self.moment.now))

    def described(self, item: Telling) -> bool:
        """Whether the action of this decision was told before."""
        row = self.moment.decision(item.ref)
        return (row is not None and row.complete) or item.ref in self._actions

    def contradicts(self, item: Telling, *parts: str) -> bool:
        """Whether the action that `item` states differs in one of `parts` from the one told before."""
        row = self.moment.decision(item.ref)
        before = row.action if row is not None and row.complete else self._actions.get(item.ref)
        if item.action is None or not before:
            return False
        return any(before.get(part) != item.action["canonical"].get(part) for part in parts)

    def asked(self, ref: str) -> bool:
        """Whether permission to act was asked for."""
        row = self.moment.decision(ref)
        return ref in self._asked or (row is not None and row.proposed)

    def claimed(self, ref: str) -> datetime | None:
        """When the right to act was claimed."""
        row = self.moment.decision(ref)
        return claimed_at(row) if row is not None else None

    def tell(self, item: Telling, *, asked: bool) -> None:
        assert item.action is not None
        self._actions.setdefault(item.ref, item.action["canonical"])
        if asked:
            self._asked.add(item.ref)
