"""The headline measures by brute force: each is its formula, asked of all entries again for every question.

Slow and obvious on purpose. It must not import anything but the standard library and the modules beside it:
no code of the product, no table of its database, nothing kept from one question to the next.
"""

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.approvals.reports.brute.asking import (
    Entries,
    actions_in,
    approvals,
    approved_first,
    claim,
    decisions,
    effect,
    end_of,
    failed,
    falls_in,
    first_told,
    harmful,
    items,
    kind_of,
    level_ruled,
    level_used,
    mandated,
    months_to,
    service_of,
    time_of,
    vetoes,
    was_proposed,
)
from tests.approvals.reports.brute.reading import Entry


class Answer(NamedTuple):
    value: float | None
    numerator: float | None
    denominator: float | None
    series: list[float | None]


def share(top: int, base: int) -> float | None:
    return 100 * top / base if base else None


def rate(counts: list[tuple[int, int]]) -> Answer:
    """Of (numerator, denominator) of each month; the last is the report's."""
    top, base = counts[-1]
    known = base > 0
    return Answer(share(top, base), top if known else None, base if known else None, [share(*one) for one in counts])


def m1(entries: Entries, year: int, month: int) -> Answer:
    counts = []
    for one in months_to(year, month):
        acts = actions_in(entries, *one)
        owned = [d for d in acts if first_told(entries, d).facts["owner"]]
        answered = [d for d in owned if approved_first(entries, d) or mandated(entries, d)]
        counts.append((len(answered), len(acts)))
    return rate(counts)


def m2(entries: Entries, year: int, month: int) -> Answer:
    counts = []
    for one in months_to(year, month):
        acts = actions_in(entries, *one)
        beyond = [d for d in acts if level_used(entries, d) > level_ruled(entries, d)]
        counts.append((len(beyond), len(acts)))
    top, base = counts[-1]
    series = [float(k) if n else None for k, n in counts]
    return Answer(series[-1], top if base else None, base or None, series)


def attempts(entries: Entries, year: int, month: int) -> list[tuple[int, int]]:
    """(refused attempts, proposals) of each month: what is said beside M2."""
    return [
        (
            sum(1 for e in entries if e.kind == "attempt.refused" and falls_in(e.at, *one)),
            sum(
                1 for d in decisions(entries) if was_proposed(entries, d) and falls_in(first_told(entries, d).at, *one)
            ),
        )
        for one in months_to(year, month)
    ]


def m3(entries: Entries, year: int, month: int) -> Answer:
    counts = []
    for one in months_to(year, month):
        facts = {d: first_told(entries, d).facts for d in actions_in(entries, *one)}
        high = [d for d in facts if facts[d]["risk"] == "high" or facts[d]["reversible"] is False]
        counts.append((sum(1 for d in high if approved_first(entries, d)), len(high)))
    return rate(counts)


def m4(entries: Entries, year: int, month: int) -> Answer:
    counts = []
    for one in months_to(year, month):
        asked = [d for d in decisions(entries) if was_proposed(entries, d)]
        yes = [e for d in asked for e in approvals(entries, d) if falls_in(e.at, *one)]
        no = [e for d in asked for e in vetoes(entries, d) if falls_in(e.at, *one)]
        counts.append((len(no), len(no) + len(yes)))
    return rate(counts)


def m6(entries: Entries, year: int, month: int) -> Answer:
    months = [drills(entries, *one) + stops(entries, *one) for one in months_to(year, month)]
    series = [None if None in taken or not taken else slowest(taken) for taken in months]
    now = months[-1]
    if None in now:
        return Answer(None, now.count(None), len(now), series)
    return Answer(series[-1], series[-1], len(now) or None, series)


def drills(entries: Entries, year: int, month: int) -> list[float | None]:
    """Seconds of each drill of stopping; None where the safe state was not reached."""
    return [
        (time_of(one["safe_at"]) - time_of(one["ordered_at"])).total_seconds() if one["safe_at"] else None
        for one in items(entries, "drills")
        if one["of"] == "stop" and falls_in(time_of(one["ordered_at"]), year, month)
    ]


def stops(entries: Entries, year: int, month: int) -> list[float | None]:
    """Seconds of each real stop until nothing was in flight any more; None where something still is."""
    found: list[float | None] = []
    for stop in entries:
        if stop.kind == "freeze.set" and falls_in(stop.at, year, month):
            ends = [lease_over(entries, d) for d in decisions(entries) if in_flight(entries, d, stop)]
            last = max((end.at for end in ends if end), default=stop.at)
            found.append(None if None in ends else (last - stop.at).total_seconds())
    return found


def in_flight(entries: Entries, decision: str, stop: Entry) -> bool:
    """Whether its lease was live when the stop came, and is of what was stopped."""
    granted, over, told = claim(entries, decision), lease_over(entries, decision), first_told(entries, decision)
    if granted is None or granted.seq > stop.seq or (over and over.seq < stop.seq):
        return False
    if stop.facts["mode"] == "autonomy" and granted.facts["basis"] == "quorum":
        return False
    of_scope = {
        "everything": "",
        "environment": told.facts["environment_class"],
        "service": service_of(entries, decision),
        "agent": told.facts["agent"],
    }
    return bool(stop.facts["value"] == of_scope[stop.facts["scope"]])


def lease_over(entries: Entries, decision: str) -> Entry | None:
    """What ended its lease: the first entry that gives the decision another state, or any other word of the agent that the
    act is over. What is vetoed at work is at work until its holder has spoken or its lease has run out.
    """
    granted = claim(entries, decision)
    vetoed = False
    for entry in entries:
        if granted is None or entry.seq <= granted.seq or entry.facts.get("decision") != decision:
            continue
        state = entry.facts.get("state")
        if state and state != "executing":
            return entry
        vetoed = vetoed or entry.kind == "verdict.given"
        if entry.kind in ("outcome.reported", "action.reported", "revert.finished") and not vetoed:
            return entry
    return None


def slowest(taken: list[float | None]) -> float:
    """The maximum; of twenty and more the 95th percentile: the least that 95 of 100 do not exceed."""
    times = sorted(one for one in taken if one is not None)
    if len(times) < 20:
        return times[-1]
    return next(one for one in times if sum(1 for other in times if other <= one) * 100 >= 95 * len(times))


def m7(entries: Entries, year: int, month: int) -> Answer:
    months = [actions_in(entries, *one) for one in months_to(year, month)]
    return rate([(sum(1 for d in acts if failed(entries, d)), len(acts)) for acts in months])


def people(entries: Entries, year: int, month: int) -> tuple[int, int, float] | None:
    """(actions of kinds that people do too, of these failed, per cent that would have failed with people)."""
    keys = [f"{y:04}-{m:02}" for y, m in months_to(year, month)]
    told = [one for one in items(entries, "people-changes") if one["month"] in keys]
    acts = [
        d
        for d in actions_in(entries, year, month)
        if sum(one["changes"] for one in told if one["kind"] == kind_of(entries, d))
    ]
    if not acts:
        return None
    expected = Fraction(0)
    for kind in {kind_of(entries, d) for d in acts}:
        weight = Fraction(sum(1 for d in acts if kind_of(entries, d) == kind), len(acts))
        same = [one for one in told if one["kind"] == kind]
        expected += weight * Fraction(sum(one["failed"] for one in same), sum(one["changes"] for one in same))
    return len(acts), sum(1 for d in acts if failed(entries, d)), float(100 * expected)


def objective(entries: Entries, year: int, month: int) -> float:
    """Per cent of actions without harm, by the limits in force on the last day of the month."""
    last_day = (end_of(year, month) - timedelta(days=1)).date()
    begun = [one for one in items(entries, "limits") if date.fromisoformat(one["starts_on"]) <= last_day]
    newest = max((one["starts_on"] for one in begun), default=None)
    return float([one for one in begun if one["starts_on"] == newest][-1]["objective_pct"]) if begun else 99.5


def m8(entries: Entries, year: int, month: int) -> Answer:
    series: list[float | None] = []
    hit = n = 0
    for one in months_to(year, month):
        acts = actions_in(entries, *one)
        hit, n = sum(1 for d in acts if harmful(entries, d)), len(acts)
        judged = sum(1 for d in acts if effect(entries, d))
        allowed = (1 - objective(entries, year, month) / 100) * n
        series.append(100 * (1 - hit / allowed) if allowed and judged + hit else None)
    known = series[-1] is not None
    return Answer(series[-1], hit if known else None, n if known else None, series)


def m11(entries: Entries, year: int, month: int, built: datetime) -> Answer:
    """Whole days from the first entry to the end of each month; of one that is not over to the newest entry."""
    begun, over = entries[0].at, end_of(year, month)
    lived = over if built >= over else entries[-1].at
    ends = [min(end_of(*one), lived) for one in months_to(year, month)]
    series = [float((end - begun).days) if begun < end else None for end in ends]
    return Answer(series[-1], series[-1], None, series)


BY_MONTHS = {"M1": m1, "M2": m2, "M3": m3, "M4": m4, "M6": m6, "M7": m7, "M8": m8}
MEASURES = (*BY_MONTHS, "M11")


def answers(entries: Entries, year: int, month: int, built: datetime) -> dict[str, Answer]:
    """What a report of the month says that is built at that time."""
    by_months = {name: formula(entries, year, month) for name, formula in BY_MONTHS.items()}
    return by_months | {"M11": m11(entries, year, month, built)}
