"""The form of a headline measure, its status words and how numbers are written. It must not compute one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from approvals.intervals import wilson
from approvals.reports.tally import Month

WITHIN, WATCH, OUTSIDE, NO_DATA, TOO_FEW = "within", "watch", "outside", "no_data", "too_few"
STATUS_WORD = {
    WITHIN: "Within limit",
    WATCH: "Watch",
    OUTSIDE: "Outside limit",
    NO_DATA: "No data",
    TOO_FEW: "Too few",
}
SMALL = 30
"""Below this many, a rate whose interval holds the limit says nothing either way."""

TITLE_LENGTH = 40

Series = list[float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of page 1. `value`, `low`, `high` and `series` are in the unit of `text` (per cent, seconds, a count)."""

    id: str
    name: str
    value: float | None
    text: str
    limit: str
    low: float | None
    high: float | None
    status: str
    trend: str
    series: Series
    section: str
    numerator: int | float | None = None
    denominator: int | float | None = None
    interval: tuple[float, float] | None = None
    band: list[tuple[float, float] | None] = field(default_factory=list)
    note: str = ""
    phrase: str = ""
    """How the verdict names this measure when it is not within its limit."""


def percent(value: float, digits: int = 1) -> str:
    """Never rounds up to 100 % or down to 0 % what is not that."""
    text = f"{value:.{digits}f}"
    if float(text) in (0.0, 100.0) and value not in (0.0, 100.0):
        text = f"{value:.3f}" if float(f"{value:.3f}") not in (0.0, 100.0) else ("<0.001" if value < 1 else ">99.999")
    return text + "%"


def count(n: float) -> str:
    return f"{n:,.0f}"


def money(currency: str, amount: float) -> str:
    for size, mark in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{currency} {amount / size:.1f}{mark}"
    return f"{currency} {amount:.0f}"


def clip(text: str, most: int = TITLE_LENGTH) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def plural(n: int, one: str, many: str = "") -> str:
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def monthly_rate(months: Sequence[Month], top: Callable[[Month], int], base: Callable[[Month], int]) -> Series:
    return [100 * top(m) / base(m) if base(m) else None for m in months]


def absent(id_: str, name: str, limit: str, section: str, note: str, *, series: Series | None = None) -> Measure:
    return Measure(
        id_, name, None, "No data", limit, None, None, NO_DATA, "too short", series or [None] * 12, section, note=note
    )


def interval_of(hits: int, n: int) -> tuple[float, float] | None:
    """In per cent, given for fewer than 1,000 only; more need none."""
    if n >= 1000:
        return None
    low, high = wilson(hits, n)
    return 100 * low, 100 * high
