"""What a report is of: a period and a part of the company; and how instants fall into twelve periods. Pure, UTC.

It must not read the clock.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
MOST_DAYS = 366
MATURITY = timedelta(hours=72)
"""How long after its end an action may still turn out to have failed."""


def month_number(at: datetime) -> int:
    """Months since year 0, UTC."""
    utc = at.astimezone(UTC)
    return utc.year * 12 + utc.month - 1


def first_of(number: int) -> datetime:
    """The instant at which the month of that number begins."""
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """What a report is of: a month, or some whole days; [start, end) in UTC."""

    key: str
    """`2026-10`, or `2026-10-05..2026-11-01`: both days are in it."""
    start: datetime
    end: datetime

    @classmethod
    def read(cls, text: str) -> "Period":
        """The period in `text`; days that are a whole month are that month. Raises ValueError."""
        if MONTH.fullmatch(text):
            number = int(text[:4]) * 12 + int(text[5:]) - 1
            return cls(text, first_of(number), first_of(number + 1))
        first, dots, last = text.partition("..")
        # As strictly as months: days are written in other ways too, and one period has one key.
        if not dots or not DAY.fullmatch(first) or not DAY.fullmatch(last):
            raise ValueError("a period is a month, 2026-10, or its first and last day, 2026-10-05..2026-11-01")
        start, end = (datetime.combine(date.fromisoformat(part), time(), UTC) for part in (first, last))
        end += timedelta(days=1)
        if not start < end <= start + timedelta(days=MOST_DAYS) or start.year < 2000 or end.year > 2099:
            raise ValueError(f"a period has its days in order, and {MOST_DAYS} at most")
        return cls(f"{start:%Y-%m}" if is_month(start, end) else text, start, end)

    @property
    def matures(self) -> datetime:
        """When every action of it has shown whether it failed."""
        return self.end + MATURITY

    @property
    def name(self) -> str:
        return Window.of(self.start, self.end).named()


def is_month(start: datetime, end: datetime) -> bool:
    return start == first_of(month_number(start)) and end == first_of(month_number(start) + 1)


def months_in(start: datetime, end: datetime) -> list[str]:
    """The months that begin in [start, end)."""
    first = month_number(start) if start == first_of(month_number(start)) else month_number(start) + 1
    numbers = range(first, month_number(end) + 1)
    return [f"{first_of(n):%Y-%m}" for n in numbers if first_of(n) < end]


def as_of(period: Period, recorded: datetime, now: datetime) -> datetime:
    """As of when a report of a ledger whose newest entry is of `recorded` speaks: the same on every day of one phase.

    A period is running, over, or mature; the moment is that of the newest entry, or where none came later the one at
    which the phase began.
    """
    return max([recorded, *(at for at in (period.end, period.matures) if at <= now)])


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose actions a report is of: all, or those on one team's services or on one service."""

    of: Literal["", "team", "service"] = ""
    value: str = ""

    @classmethod
    def read(cls, key: str) -> "Scope":
        """The scope in `key`, such as `team:payments`; empty for all. Raises ValueError."""
        of, _, value = key.partition(":")
        if not key:
            return cls()
        if of not in ("team", "service") or not value:
            raise ValueError("a scope is empty, team:<name> or service:<name>")
        return cls("team" if of == "team" else "service", value)

    @property
    def key(self) -> str:
        return f"{self.of}:{self.value}" if self.of else ""

    @property
    def name(self) -> str:
        return {"": "the whole organisation", "team": f"team {self.value}", "service": f"service {self.value}"}[self.of]


WHOLE = Scope()


@dataclass(frozen=True, slots=True)
class Window:
    """The period of a report and the eleven of the same kind before it."""

    edges: tuple[datetime, ...]
    """Where each of the twelve begins, and where the last ends."""
    monthly: bool = True

    @classmethod
    def of(cls, start: datetime, end: datetime) -> "Window":
        """Months before a month; before other periods as many periods of its length."""
        if is_month(start, end):
            last = month_number(start)
            return cls(tuple(first_of(n) for n in range(last - 11, last + 2)))
        return cls(tuple(end - n * (end - start) for n in range(12, -1, -1)), monthly=False)

    @property
    def unit(self) -> str:
        return "month" if self.monthly else "period"

    def index(self, at: datetime | None) -> int | None:
        """0 (the first) to 11 (the report's own); None outside the window."""
        if at is None or not self.edges[0] <= at < self.edges[12]:
            return None
        return bisect_right(self.edges, at) - 1

    def keys(self) -> list[str]:
        """The months, or the first days."""
        return [f"{edge:%Y-%m}" if self.monthly else f"{edge:%Y-%m-%d}" for edge in self.edges[:12]]

    def labels(self) -> list[str]:
        short = [MONTHS[edge.month - 1][:3] for edge in self.edges[:12]]
        return short if self.monthly else [f"{e.day} {s}" for e, s in zip(self.edges, short, strict=False)]

    def name(self, place: int = 11) -> str:
        """As sentences name it: the month, or the first day and the last."""
        first, last = self.edges[place], self.edges[place + 1] - timedelta(days=1)
        if self.monthly:
            return MONTHS[first.month - 1]
        start = f"{first.day} {MONTHS[first.month - 1][:3]}"
        return start if first == last else f"{start} to {last.day} {MONTHS[last.month - 1][:3]}"

    def named(self, place: int = 11) -> str:
        """As `name`, with the year."""
        first, last = self.edges[place], self.edges[place + 1] - timedelta(days=1)
        if self.monthly or first.year == last.year:
            return f"{self.name(place)} {last.year}"
        return f"{first.day} {MONTHS[first.month - 1][:3]} {first.year} to {last.day} {MONTHS[last.month - 1][:3]} {last.year}"


def iso(at: datetime | None) -> str:
    """RFC 3339 UTC with seconds, or the empty string."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def day(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}"


def minute(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {MONTHS[utc.month - 1][:3]} {utc:%H:%M}"


def moment(at: datetime) -> str:
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"
