"""Wide windows of the timeline lane by lane: counts of what occurred, per service or agent, column and badge. It must not write."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Count, F, Sum
from django.db.models.functions import Cast

from decisions import bins, clock, inert, ledger, register
from decisions.models import LaneCount
from decisions.models.bulk import snapshot
from decisions.projections.counts import WIDTHS as COUNTED
from decisions.states import moved_by_time, resting_state, with_effective_state, with_resting_state
from decisions.vocab import BADGE_OF, BADGES, State

LANES = {"service": "service", "agent": "agent_id"}
"""What a lane may be of, and the column of a decision that names it."""
MOST_COLUMNS, PIXELS = 180, 5
"""A column is that many pixels wide at least."""
NUMBERS, NAMED = 5000, 16
"""The most numbers of an answer, so that it stays within 40 KB, and as how many a lane's name counts."""

Cells = dict[int, Counter[str]]
"""Column → badge → how many."""


def lanes(start: datetime, end: datetime, px: int, lane_of: str) -> dict[str, Any]:
    """Counts of what occurred in the window, per lane, column and badge; columns as of `bins`. Raises a 400 problem."""
    first, width, columns = bins.columns_of(start, end, min(MOST_COLUMNS, px // PIXELS))
    with snapshot():
        seq, now = ledger.size() - 1, clock.now()
        found = list(_counted(lane_of, first, first + columns * width, width, now))
    cells: dict[Any, Cells] = {}
    for lane, at, state, number in found:
        badges = cells.setdefault(lane, {}).setdefault((at - first) // width, Counter())
        badges[BADGE_OF[State(state)].slug] += number
    told, rest = _kept(cells, _loudest(cells))
    known = register.latest()
    return {
        "seq": seq,
        "start": first * 1000,
        "width": width * 1000,
        "columns_in_window": columns,
        "badges": [badge.slug for badge in BADGES],
        "lanes": [{**_named(known, lane_of, lane), "columns": _numbers(cells[lane])} for lane in told],
        "others": {"lanes": len(rest), "columns": _numbers(_together(cells[lane] for lane in rest))},
        "totals": _totals(cells),
    }


Found = Iterable[tuple[Any, int, str, int]]
"""(lane, a second of the column, the state in effect, how many)."""


def _counted(lane_of: str, first: int, last: int, width: int, now: datetime) -> Found:
    """As they rest; then what time alone has moved is taken out of the state it rests in, and counted in the one in effect."""
    name = LANES[lane_of]
    window = bins.within(first, last)
    unit = max((counted for counted in COUNTED if width % counted == 0), default=0)
    if unit:
        yield from _summed(lane_of, first, last, width, unit)
    else:
        slots = bins.by_slot(with_resting_state(window), width).values(name, "slot", "resting")
        for lane, slot, state, n in slots.annotate(n=Count("seq")).order_by().values_list(name, "slot", "resting", "n"):
            yield lane, int(slot.timestamp()), state, n
    for row in bins.by_slot(with_effective_state(window.filter(moved_by_time(now)), now), width).order_by():
        lane, at = getattr(row, name), int(row.slot.timestamp())
        yield lane, at, str(resting_state(row)), -1
        yield lane, at, row.effective, 1


def _summed(lane_of: str, first: int, last: int, width: int, unit: int) -> Found:
    stretches = LaneCount.objects.filter(lane_of=lane_of, width=unit, start__gte=first, start__lt=last)
    column: Any = (F("start") - first) / width
    slots = stretches.annotate(column=Cast(column, BigIntegerField())).values("lane", "column", "state")
    for lane, column, state, n in (
        slots.annotate(total=Sum("n")).order_by().values_list("lane", "column", "state", "total")
    ):
        yield UUID(lane) if lane_of == "agent" else lane, first + column * width, state, n


def _loudest(cells: Mapping[Any, Cells]) -> list[Any]:
    """The lanes, those that call for attention most before others, then those with most in them."""
    attention = {badge.slug: badge.attention for badge in BADGES}

    def loud(lane: Any) -> tuple[int, int, str]:
        sums = _together([cells[lane]])
        calls = sum(attention[slug] * n for column in sums.values() for slug, n in column.items())
        return -calls, -sum(column.total() for column in sums.values()), str(lane)

    return sorted(cells, key=loud)


def _kept(cells: Mapping[Any, Cells], ordered: list[Any]) -> tuple[list[Any], list[Any]]:
    """The first of `ordered` that can be told each alone, and the rest."""
    keep = len(ordered)
    while keep:
        alone = sum(NAMED + _size(cells[lane]) for lane in ordered[:keep])
        if alone + _size(_together(cells[lane] for lane in ordered[keep:])) <= NUMBERS:
            break
        keep = keep * 3 // 4
    return ordered[:keep], ordered[keep:]


def _size(cells: Cells) -> int:
    return sum(len(column) for column in _numbers(cells))


def _together(each: Iterable[Cells]) -> Cells:
    sums: Cells = {}
    for cells in each:
        for column, badges in cells.items():
            sums.setdefault(column, Counter()).update(badges)
    return sums


def _numbers(cells: Cells) -> list[list[int]]:
    """Each column as [its index, how many, then the place of a badge that calls for attention and how many of it, …]."""
    told = []
    for column, badges in sorted(cells.items()):
        marks = [
            (place, badges[badge.slug]) for place, badge in enumerate(BADGES) if badge.attention and badges[badge.slug]
        ]
        if total := badges.total():
            told.append([column, total, *(number for mark in marks for number in mark)])
    return told


def _totals(cells: Mapping[Any, Cells]) -> dict[str, int]:
    sums = Counter[str]()
    for lane in cells.values():
        for badges in lane.values():
            sums.update(badges)
    return {badge.slug: sums[badge.slug] for badge in BADGES}


def _named(known: register.Register, lane_of: str, lane: Any) -> dict[str, Any]:
    """As a row of the timeline names it, and its tier as the register has it now."""
    if lane_of == "agent":
        agent = known.agents.get(lane)
        return {"name": agent.slug if agent else "", "tier": None}
    service = known.services.get(lane)
    return {"name": inert.visible(lane), "tier": service.tier if service else None}
