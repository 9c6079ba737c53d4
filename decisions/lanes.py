"""Wide windows of the timeline lane by lane: counts of what occurred, per service or agent, column and badge. It must not write."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import accumulate
from operator import add
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Count, F, Sum
from django.db.models.functions import Cast

from decisions import bins, clock, inert, ledger, register
from decisions.models import LaneCount
from decisions.models.bulk import snapshot
from decisions.projections.counts import WIDTHS as COUNTED
from decisions.states import with_resting_state
from decisions.vocab import BADGE_OF, BADGES, State

LANES = {"service": "service", "agent": "agent_id"}
"""What a lane may be of, and the column of a decision that names it."""
MOST_COLUMNS, PIXELS = 180, 5
"""A column is that many pixels wide at least."""
ROOM, NAMED = 38 * 1024, 110
"""Characters for all lanes, so that an answer stays within 40 KB, and for the name of each."""

PLACE = {state: BADGES.index(badge) for state, badge in BADGE_OF.items()}
LOUD = [(place, badge.attention) for place, badge in enumerate(BADGES) if badge.attention]

Cells = dict[int, list[int]]
"""Column → how many of each badge."""


def lanes(start: datetime, end: datetime, px: int, lane_of: str) -> dict[str, Any]:
    """Counts of what occurred in the window, per lane, column and badge; columns as of `bins`. Raises a 400 problem."""
    first, width, columns = bins.columns_of(start, end, min(MOST_COLUMNS, px // PIXELS))
    cells: dict[Any, Cells] = {}
    with snapshot():
        seq, now = ledger.size() - 1, clock.now()
        for lane, at, state, number in _counted(lane_of, first, first + columns * width, width, now):
            counts = cells.setdefault(lane, {}).setdefault((at - first) // width, [0] * len(BADGES))
            counts[PLACE[State(state)]] += number
    told = {lane: _numbers(cells[lane]) for lane in sorted(cells, key=lambda lane: _loud(cells[lane], str(lane)))}
    alone = _kept(told, columns)
    rest = [cells[lane] for lane in told if lane not in alone]
    known = register.latest()
    return {
        "seq": seq,
        "start": first * 1000,
        "width": width * 1000,
        "columns_in_window": columns,
        "badges": [badge.slug for badge in BADGES],
        "lanes": [{**_named(known, lane_of, lane), "columns": told[lane]} for lane in alone],
        "others": {"lanes": len(rest), "columns": _numbers(_together(rest))},
        "totals": _totals(cells.values()),
    }


Found = Iterable[tuple[Any, int, str, int]]
"""(lane, a second of the column, the state in effect, how many)."""


def _counted(lane_of: str, first: int, last: int, width: int, now: datetime) -> Found:
    """As they rest, set right by what time alone has moved."""
    name = LANES[lane_of]
    window = bins.within(first, last)
    unit = max((counted for counted in COUNTED if width % counted == 0), default=0)
    if unit:
        yield from _summed(lane_of, first, last, width, unit)
    else:
        slots = bins.by_slot(with_resting_state(window), width).values(name, "slot", "resting")
        for lane, slot, state, n in slots.annotate(n=Count("seq")).order_by().values_list(name, "slot", "resting", "n"):
            yield lane, int(slot.timestamp()), state, n
    for row, at, state, n in bins.moved(window, width, now):
        yield getattr(row, name), at, state, n


def _summed(lane_of: str, first: int, last: int, width: int, unit: int) -> Found:
    stretches = LaneCount.objects.filter(lane_of=lane_of, width=unit, start__gte=first, start__lt=last)
    column: Any = (F("start") - first) / width
    slots = stretches.annotate(column=Cast(column, BigIntegerField())).values("lane", "column", "state")
    for lane, column, state, n in (
        slots.annotate(total=Sum("n")).order_by().values_list("lane", "column", "state", "total")
    ):
        yield UUID(lane) if lane_of == "agent" else lane, first + column * width, state, n


def _loud(cells: Cells, name: str) -> tuple[int, int, str]:
    """Lanes in this order: that which calls for attention most before others, then that with most in it."""
    calls = sum(attention * counts[place] for counts in cells.values() for place, attention in LOUD)
    return -calls, -sum(map(sum, cells.values())), name


def _kept(told: Mapping[Any, list[list[int]]], columns: int) -> list[Any]:
    """The first lanes of `told` that can be told each alone; there is room for the rest as one."""
    sizes = {lane: NAMED + len(json.dumps(numbers, separators=(",", ":"))) for lane, numbers in told.items()}
    if sum(sizes.values()) <= ROOM:
        return list(told)
    room = ROOM - columns * len(json.dumps([MOST_COLUMNS, 10**6, *((9, 10**6) * len(LOUD))]))
    return [lane for lane, upto in zip(told, accumulate(sizes.values()), strict=True) if upto <= room]


def _together(each: Iterable[Cells]) -> Cells:
    sums: Cells = {}
    for cells in each:
        for column, counts in cells.items():
            known = sums.get(column)
            sums[column] = list(map(add, known, counts)) if known else counts
    return sums


def _numbers(cells: Cells) -> list[list[int]]:
    """Each column as [its index, how many, then the place of a badge that calls for attention and how many of it, …]."""
    return [
        [column, sum(counts), *(number for place, _ in LOUD if counts[place] for number in (place, counts[place]))]
        for column, counts in sorted(cells.items())
        if any(counts)
    ]


def _totals(each: Iterable[Cells]) -> dict[str, int]:
    counted = _together({0: counts} for cells in each for counts in cells.values())
    return dict(zip((badge.slug for badge in BADGES), counted.get(0, [0] * len(BADGES)), strict=True))


def _named(known: register.Register, lane_of: str, lane: Any) -> dict[str, Any]:
    """As a row of the timeline names it, and its tier as the register has it now."""
    if lane_of == "agent":
        agent = known.agents.get(lane)
        return {"name": agent.slug if agent else "", "tier": None}
    service = known.services.get(lane)
    return {"name": inert.visible(lane), "tier": service.tier if service else None}
