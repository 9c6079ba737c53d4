"""Months, UTC: how instants fall into the twelve months of a report, and how they are written. It must not read the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
MATURITY = timedelta(hours=72)
"""How long after its end an action may still turn out to have failed."""


def month_number(at: datetime) -> int:
    """Months since year 0, UTC."""
    utc = at.astimezone(UTC)
    return utc.year * 12 + utc.month - 1


@dataclass(frozen=True, slots=True)
class Window:
    """The month of a report and the eleven before it."""

    last: int

    @classmethod
    def ending_with(cls, period_start: datetime) -> "Window":
        return cls(month_number(period_start))

    def index(self, at: datetime | None) -> int | None:
        """0 (eleven months ago) to 11 (the report's month); None outside the window."""
        if at is None:
            return None
        place = month_number(at) - self.last + 11
        return place if 0 <= place <= 11 else None

    def keys(self) -> list[str]:
        return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(self.last - 11, self.last + 1)]

    def labels(self) -> list[str]:
        return [MONTHS[n % 12][:3] for n in range(self.last - 11, self.last + 1)]

    def name(self, place: int = 11) -> str:
        return MONTHS[(self.last - 11 + place) % 12]


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
