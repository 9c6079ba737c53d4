"""Which registers there are, who keeps each, and what no form alone can see of an item. Pure; it must not write."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from approvals.board import shapes
from approvals.board.shapes import Item
from decisions.vocab import Board, Role

EXECUTIVES = (Role.EXECUTIVE,)
MANAGERS = (Role.MANAGER, Role.EXECUTIVE)
AUDITORS = (Role.MANAGER, Role.EXECUTIVE, Role.AUDITOR)
FUTURE = timedelta(minutes=5)
"""Clocks differ: what has happened may be said to be so far ahead."""
LONGEST = timedelta(days=366)
"""So long a mandate lasts at most."""


def _nothing(_: Any, __: datetime) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True, slots=True)
class BoardRegister:
    """One register: its items, its words and who keeps it."""

    of: Board
    shape: type[Item]
    title: str
    one: str
    """An item of it in words, with its article."""
    about: str
    roles: Sequence[Role]
    shown: Sequence[str]
    """The fields that a list shows."""
    faults: Callable[[Any, datetime], Iterator[str]] = _nothing
    """Sentences on what is wrong with an item beyond its form, at a moment."""
    fixed: bool = False
    """Whether an item stays as it is: it is withdrawn and followed by another, never changed."""


def _limits(item: shapes.Limits, now: datetime) -> Iterator[str]:
    if item.approved_on > now.date():
        yield "The board cannot have approved it in the future."
    if (item.loss is None) != (item.currency is None):
        yield "A limit of loss needs its currency, and a currency a limit."


def _mandate(item: shapes.Mandate, _: datetime) -> Iterator[str]:
    if item.ends_on < item.starts_on:
        yield "It ends before it begins."
    elif item.ends_on - item.starts_on > LONGEST:
        yield "A mandate lasts a year at most; then it is signed anew."


def _people(item: shapes.PeopleChanges, now: datetime) -> Iterator[str]:
    if item.failed > item.changes:
        yield "No more changes can have failed than were made."
    if item.month > f"{now:%Y-%m}":
        yield "The month has not begun."


def _incident(item: shapes.Incident, now: datetime) -> Iterator[str]:
    steps = (
        ("Began", item.began_at),
        ("Known to us from", item.aware_at),
        ("Classified", item.classified_at),
        ("Reported to the authority", item.reported_at),
    )
    for name, at in (*steps, ("Service restored", item.restored_at), ("Closed", item.closed_at)):
        if at is not None and at > now + FUTURE:
            yield f"“{name}” lies in the future."
        if at is not None and at < item.began_at:
            yield f"“{name}” lies before it began."
    if item.classified_at and item.aware_at and item.classified_at < item.aware_at:
        yield "It cannot be classified before it is known."
    if item.clock is not shapes.Clock.NONE and item.report_due is None:
        yield "An incident to be reported needs the time by which."


def _drill(item: shapes.Drill, now: datetime) -> Iterator[str]:
    if item.ordered_at > now + FUTURE or (item.safe_at and item.safe_at > now + FUTURE):
        yield "It lies in the future."
    if item.safe_at is not None and item.safe_at < item.ordered_at:
        yield "The safe state was reached before the order."


def _restore(item: shapes.RestoreTest, now: datetime) -> Iterator[str]:
    if item.restored_bytes > item.reachable_bytes:
        yield "No more can be brought back than was there."
    if item.tested_at > now + FUTURE:
        yield "It lies in the future."


def _loss(item: shapes.Loss, now: datetime) -> Iterator[str]:
    if item.at > now + FUTURE:
        yield "It lies in the future."
    if item.recovered is not None and Decimal(item.recovered) > Decimal(item.amount):
        yield "No more can be recovered than was lost."


def _duty(item: shapes.Duty, now: datetime) -> Iterator[str]:
    if (item.decided_by is None) != (item.decided_on is None):
        yield "Who decided it and when belong together."
    if item.applies is not shapes.Applies.OPEN and item.decided_by is None:
        yield "That a duty binds or does not is decided by a named person."
    if item.decided_on is not None and item.decided_on > now.date():
        yield "It cannot have been decided in the future."


REGISTERS: Mapping[Board, BoardRegister] = MappingProxyType(
    {
        one.of: one
        for one in (
            BoardRegister(
                Board.LIMITS,
                shapes.Limits,
                "Limits",
                "a version of the limits",
                "What the board accepts, with its approval. The version that began last is in force; each report says which.",
                EXECUTIVES,
                ("starts_on", "approved_on", "minute"),
                _limits,
                fixed=True,
            ),
            BoardRegister(
                Board.MANDATES,
                shapes.Mandate,
                "Mandates",
                "a mandate",
                "Signed, dated permissions for standing autonomy. Who records one signs it.",
                EXECUTIVES,
                ("level", "reason", "starts_on", "ends_on"),
                _mandate,
                fixed=True,
            ),
            BoardRegister(
                Board.PEOPLE,
                shapes.PeopleChanges,
                "Changes by people",
                "a month of changes by people",
                "How people fared at the same work, month by month: what the agents' failures are held against.",
                AUDITORS,
                ("month", "kind", "changes", "failed"),
                _people,
            ),
            BoardRegister(
                Board.INCIDENTS,
                shapes.Incident,
                "Incidents",
                "an incident",
                "What went wrong and needed correcting, with the clocks that run.",
                MANAGERS,
                ("title", "severity", "began_at", "report_due"),
                _incident,
            ),
            BoardRegister(
                Board.DRILLS,
                shapes.Drill,
                "Drills",
                "a drill",
                "Practice of stopping and of taking over, and how long it took.",
                AUDITORS,
                ("of", "scope", "ordered_at", "safe_at"),
                _drill,
            ),
            BoardRegister(
                Board.RESTORE_TESTS,
                shapes.RestoreTest,
                "Restore tests",
                "a restore test",
                "What was shown to come back, of what agents could destroy.",
                AUDITORS,
                ("service", "tested_at", "reachable_bytes", "restored_bytes"),
                _restore,
            ),
            BoardRegister(
                Board.LOSSES,
                shapes.Loss,
                "Losses",
                "a loss",
                "Money that acts of agents have cost.",
                MANAGERS,
                ("what", "at", "amount", "currency"),
                _loss,
            ),
            BoardRegister(
                Board.DUTIES,
                shapes.Duty,
                "Duties",
                "a duty",
                "Duties from law and standards, and what people decided about each. Nothing here is legal advice.",
                EXECUTIVES,
                ("source", "needs", "applies", "decided_on"),
                _duty,
            ),
        )
    }
)
