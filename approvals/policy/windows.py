"""Freeze windows: dated ranges, and ranges of every week or year by the clock on the wall. Pure; it must not read a clock.

Where a clock is put back or forward a window is the longer of the two that its text can mean: a time that is there twice begins
with its first and ends with its second.
"""

import re
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from decisions.vocab import Level

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(rf"({'|'.join(DAYS)}) ([01]\d|2[0-3]):([0-5]\d)")
_YEARLY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Dated:
    """From one instant up to another, both in UTC."""

    start: datetime
    end: datetime
    recurs = False

    def covers(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Recurring:
    """From one mark of a wall clock up to another, in every week or every year; it may run over the end of either."""

    every: str
    start: tuple[int, ...]
    """(day of the week from 0, hour, minute), or (month, day, hour, minute)."""
    end: tuple[int, ...]
    zone: ZoneInfo
    words: str
    """As the document has it: from, to and zone."""
    recurs = True

    def covers(self, at: datetime) -> bool:
        today = at.astimezone(self.zone).replace(tzinfo=None)
        return any(
            _utc(start, self.zone, last=False) <= at < _utc(end, self.zone, last=True)
            for start, end in (self._of(today, back) for back in (0, 1))
        )

    def _of(self, today: datetime, back: int) -> tuple[datetime, datetime]:
        """The window that begins in the week or year of `today`, or in the one before it, by the wall clock."""
        over = self.start > self.end
        if self.every == "week":
            monday = today.date() - timedelta(days=today.weekday() + 7 * back)
            return _in_week(monday, self.start), _in_week(monday + timedelta(days=7 * over), self.end)
        year = today.year - back
        return _in_year(year, self.start), _in_year(year + over, self.end)


@dataclass(frozen=True, slots=True)
class Window:
    """While it lasts nothing in `environments` (empty: any) is above `cap`."""

    name: str
    times: Dated | Recurring
    environments: frozenset[str]
    cap: Level


def times_of(item: Mapping[str, Any]) -> Dated | Recurring:
    """When a window of a document holds. Raises ValueError or KeyError."""
    zone = zone_of(item)
    stated = sorted({"weekly", "yearly", "from", "to"} & set(item))
    if stated == ["from", "to"]:
        start, end = instant(item["from"], zone, last=False), instant(item["to"], zone, last=True)
        if start >= end:
            raise ValueError("a freeze window ends after it starts")
        return Dated(start, end)
    if stated == ["weekly"]:
        return _recurring("week", item["weekly"], zone, _weekly)
    if stated == ["yearly"]:
        return _recurring("year", item["yearly"], zone, _yearly)
    raise ValueError("a freeze window has from and to, or weekly, or yearly")


def zone_of(item: Mapping[str, Any]) -> ZoneInfo:
    """The time zone that an item of a document names; UTC for none. Raises ValueError."""
    name = item.get("zone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from None


def instant(value: Any, zone: ZoneInfo, *, last: bool) -> datetime:
    """The instant in UTC of a time as a document has it; by `zone` where it says none, and there the `last` or the first."""
    if not isinstance(value, str):
        raise TypeError(f'{value!r} is not a time; write it as text, such as "2026-12-30T12:00"')
    at = datetime.fromisoformat(value)
    return at.astimezone(UTC) if at.tzinfo is not None else _utc(at, zone, last=last)


def _utc(wall: datetime, zone: ZoneInfo, *, last: bool) -> datetime:
    """The first or the last instant at which clocks in `zone` can be taken to show `wall`."""
    both = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return max(both) if last else min(both)


def _in_week(monday: date, mark: tuple[int, ...]) -> datetime:
    day, hour, minute = mark
    return datetime.combine(monday + timedelta(days=day), time(hour, minute))


def _in_year(year: int, mark: tuple[int, ...]) -> datetime:
    """29 February is 1 March where there is none."""
    month, day, hour, minute = mark
    if (month, day) == (2, 29) and not isleap(year):
        month, day = 3, 1
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - a time on the wall; the zone is put to it later


def _recurring(every: str, item: Any, zone: ZoneInfo, read: Any) -> Recurring:
    if not isinstance(item, Mapping) or set(item) != {"from", "to"}:
        raise ValueError("a window that recurs has from and to, and no other part")
    start, end = read(item["from"]), read(item["to"])
    if start == end:
        raise ValueError("a freeze window ends after it starts")
    return Recurring(every, start, end, zone, f"from {item['from']} to {item['to']}, {zone.key}")


def _weekly(value: Any) -> tuple[int, ...]:
    found = _WEEKLY.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f'{value!r} is not a time of the week such as "fri 16:00"')
    return DAYS.index(found[1]), int(found[2]), int(found[3])


def _yearly(value: Any) -> tuple[int, ...]:
    found = _YEARLY.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f'{value!r} is not a time of the year such as "12-20T18:00"')
    mark = int(found[1]), int(found[2]), int(found[3]), int(found[4])
    # A leap year: it has every day that a year can have.
    _in_year(2028, mark)
    return mark
