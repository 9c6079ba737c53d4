"""The one clock. Nothing else in the product asks for the time."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import connection

Clock = Callable[[], datetime]


def system() -> datetime:
    """The time of the database in service mode, of this machine in embedded mode; always aware, in UTC."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            at: datetime = cursor.fetchone()[0]
            return at.astimezone(UTC)
    return datetime.now(UTC)


_clock: Clock = system


def now() -> datetime:
    return _clock()


def use(clock: Clock) -> Clock:
    """Replace the clock (tests, replays); returns the one that was in use."""
    global _clock
    before, _clock = _clock, clock
    return before


def local() -> datetime:
    """This machine's time, for showing ages on screen; never for a deadline."""
    return datetime.now(UTC)
