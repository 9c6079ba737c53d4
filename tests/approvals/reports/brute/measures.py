"""The headline measures by brute force: each is its formula, asked of all entries again for every question.

Slow and obvious on purpose. It must not import anything but the standard library and the reading of an export beside it:
no code of the product, no table of its database, nothing kept from one question to the next.
"""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from tests.approvals.reports.brute.reading import Entry

Entries = list[Entry]
LEVEL_OF_BASIS = {"quorum": "L2", "window": "L3", "autonomy": "L4", "break_glass": "L2"}
HOUR = 3600


class Answer(NamedTuple):
    value: float | None
    numerator: float | None
    denominator: float | None
    series: list[float | None]


# Months


def months_to(year: int, month: int) -> list[tuple[int, int]]:
    """The twelve months that end with this one, oldest first."""
    return [
        ((year * 12 + month - 1 - back) // 12, (year * 12 + month - 1 - back) % 12 + 1) for back in range(11, -1, -1)
    ]


def end_of(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def falls_in(at: datetime, year: int, month: int) -> bool:
    return datetime(year, month, 1, tzinfo=UTC) <= at < end_of(year, month)


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told_for(entry: Entry) -> datetime:
    """The time that an entry states, else that at which it was recorded."""
    return time_of(entry.facts["occurred"]) if entry.facts.get("occurred") else entry.at


# Decisions


def decisions(entries: Entries) -> list[str]:
    """Every decision whose action was told."""
    found: list[str] = []
    for entry in entries:
        if entry.kind in ("action.proposed", "action.reported") and entry.facts["decision"] not in found:
            found.append(entry.facts["decision"])
    return found


def of(entries: Entries, decision: str, *kinds: str) -> Entries:
    """The entries of `kinds` that speak of a decision, in order; but not what was seen and taken back by a person."""
    cut = [e.facts["evidence"] for e in entries if e.kind == "link.cut" and e.facts["decision"] == decision]
    return [
        e
        for e in entries
        if e.kind in kinds and e.facts.get("decision") == decision and (e.facts.get("evidence") or "") not in cut
    ]


def first_told(entries: Entries, decision: str) -> Entry:
    """What says what the action is: a later telling changes nothing of that."""
    return of(entries, decision, "action.proposed", "action.reported")[0]


def was_proposed(entries: Entries, decision: str) -> bool:
    return first_told(entries, decision).kind == "action.proposed"


def kind_of(entries: Entries, decision: str) -> str:
    """Nothing where the action was erased."""
    action = first_told(entries, decision).said.get("action")
    return str(action["canonical"]["kind"]) if action else ""


def service_of(entries: Entries, decision: str) -> str:
    first = first_told(entries, decision)
    return str(
        first.said["action"]["canonical"]["target"]["service"] if "action" in first.said else first.facts["service"]
    )


def claim(entries: Entries, decision: str) -> Entry | None:
    found = of(entries, decision, "claim.granted")
    return found[0] if found else None


def outcomes(entries: Entries, decision: str) -> Entries:
    told = of(entries, decision, "action.reported", "outcome.reported", "outcome.observed")
    return [entry for entry in told if entry.facts.get("outcome")]


def rank(entry: Entry) -> tuple[bool, bool, datetime, int]:
    """What was seen stands above what was said, an outcome told by itself above one told with the action, the later above
    the earlier, and of two of one instant the worse.
    """
    seen = entry.kind == "outcome.observed" or entry.actor.startswith("source:")
    worse = ["succeeded", "no_change", "not_executed", "partial", "unknown", "failed"]
    return seen, entry.kind != "action.reported", told_for(entry), worse.index(entry.facts["outcome"])


def outcome(entries: Entries, decision: str) -> Entry | None:
    return max(outcomes(entries, decision), key=rank, default=None)


def tells_of_an_act(entries: Entries, decision: str) -> Entries:
    """What says, without a claim, that something was done."""
    return [
        e
        for e in of(entries, decision, "action.reported", "outcome.reported", "outcome.observed", "revert.finished")
        if e.kind in ("action.reported", "revert.finished") or e.facts.get("outcome") not in (None, "", "not_executed")
    ]


def acted_otherwise(entries: Entries, decision: str) -> bool:
    """Whether what was done is another action than the one that was told first."""
    return any(entry.facts.get("otherwise") for entry in tells_of_an_act(entries, decision))


def level_used(entries: Entries, decision: str) -> str:
    """By the basis of the claim; without one, or as another action than the one permitted, alone."""
    granted = claim(entries, decision)
    if not was_proposed(entries, decision):
        return str(max(e.facts["used"] for e in of(entries, decision, "action.reported")))
    if acted_otherwise(entries, decision):
        return "L4"
    if granted is not None:
        adopted = granted.facts["basis"] == "quorum" and level_ruled(entries, decision) == "L1"
        return "L1" if adopted else LEVEL_OF_BASIS[granted.facts["basis"]]
    return "L4" if tells_of_an_act(entries, decision) else ""


def level_ruled(entries: Entries, decision: str) -> str:
    return str(first_told(entries, decision).facts["ruled"])


def first_effect(entries: Entries, decision: str) -> datetime:
    """When it was done, as the first of the reports has it; else when the right to act was claimed; else when its outcome
    came about; else when it was asked for.
    """
    reports = of(entries, decision, "action.reported")
    if reports:
        return min(told_for(entry) for entry in reports)
    granted, ended = claim(entries, decision), outcome(entries, decision)
    if granted is not None:
        return granted.at
    return told_for(ended) if ended is not None else told_for(first_told(entries, decision))


def is_action(entries: Entries, decision: str) -> bool:
    """Whether it had an effect on a live system: begun, not merely looked, and not told to have been left undone."""
    ended = outcome(entries, decision)
    undone = ended is not None and ended.facts["outcome"] == "not_executed"
    return not undone and level_used(entries, decision) not in ("", "L0")


def actions_in(entries: Entries, year: int, month: int) -> list[str]:
    """A: the actions whose first effect falls in the month."""
    return [d for d in decisions(entries) if is_action(entries, d) and falls_in(first_effect(entries, d), year, month)]


# People


def approvals(entries: Entries, decision: str) -> Entries:
    """The verdicts with which people had approved it: the last one that its quorum needed."""
    given = of(entries, decision, "verdict.given")
    return [e for e in given if e.facts["verdict"] != "veto" and e.facts["state"] == "authorized"]


def vetoes(entries: Entries, decision: str) -> Entries:
    return [e for e in of(entries, decision, "verdict.given") if e.facts["verdict"] == "veto"]


def approved_first(entries: Entries, decision: str) -> bool:
    """Whether an approval of this very action was in force when its first effect began."""
    began = first_effect(entries, decision)
    return not acted_otherwise(entries, decision) and any(
        given.at <= began and not over_before(entries, decision, given, began) for given in approvals(entries, decision)
    )


def over_before(entries: Entries, decision: str, given: Entry, began: datetime) -> bool:
    """Whether the approval was vetoed, or not claimed in time, stopped or withdrawn, when the act began."""
    if any(given.at <= veto.at <= began for veto in vetoes(entries, decision)):
        return True
    if claim(entries, decision) is not None:
        return False
    seconds = first_told(entries, decision).facts["claim_seconds"]
    if given.facts["verdict"] == "break_glass":
        seconds = min(seconds, HOUR)
    ended = of(entries, decision, "decision.expired", "decision.withdrawn")
    return began >= given.at + timedelta(seconds=seconds) or any(given.at <= e.at <= began for e in ended)


def items(entries: Entries, register: str) -> list[dict[str, Any]]:
    """What stands in a board register, in the order in which it was first recorded."""
    newest: dict[str, Entry] = {}
    for entry in entries:
        if entry.facts.get("table") == "board" and entry.facts["register"] == register:
            newest[entry.facts["key"]] = entry
    return [entry.facts["values"] for entry in newest.values() if not entry.facts["withdrawn"]]


def mandated(entries: Entries, decision: str) -> bool:
    day, level = first_effect(entries, decision).astimezone(UTC).date(), level_used(entries, decision)
    return level <= level_ruled(entries, decision) and any(
        date.fromisoformat(one["starts_on"]) <= day <= date.fromisoformat(one["ends_on"])
        and level <= one["level"]
        and one["agent"] in (None, first_told(entries, decision).facts["agent"])
        and one["service"] in (None, service_of(entries, decision))
        and one["kind"] in (None, kind_of(entries, decision))
        for one in items(entries, "mandates")
    )


def effect(entries: Entries, decision: str) -> str:
    """As the last sign-off has it; nothing where nobody has judged it."""
    given = of(entries, decision, "sign_off.given")
    return str(given[-1].facts["effect"]) if given else ""


def taken_back(entries: Entries, decision: str) -> bool:
    """Whether it was undone, or people have ordered that it be."""
    late = [e for e in vetoes(entries, decision) if e.facts["state"] in ("executing", "revert_ordered")]
    return bool(late or of(entries, decision, "revert.ordered", "revert.finished"))


def harmful(entries: Entries, decision: str) -> bool:
    return effect(entries, decision) == "harmed" or taken_back(entries, decision)


def failed(entries: Entries, decision: str) -> bool:
    ended = outcome(entries, decision)
    badly = ended is not None and ended.facts["outcome"] in ("failed", "partial")
    return badly or harmful(entries, decision)


# Measures


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
        yes = [e for d in decisions(entries) for e in approvals(entries, d) if falls_in(e.at, *one)]
        no = [e for d in decisions(entries) for e in vetoes(entries, d) if falls_in(e.at, *one)]
        counts.append((len(no), len(no) + len(yes)))
    return rate(counts)


def m6(entries: Entries, year: int, month: int) -> Answer:
    months = [stops(entries, *one) for one in months_to(year, month)]
    series = [None if None in taken or not taken else slowest(taken) for taken in months]
    now = months[-1]
    if None in now:
        return Answer(None, now.count(None), len(now), series)
    return Answer(series[-1], series[-1], len(now) or None, series)


def stops(entries: Entries, year: int, month: int) -> list[float | None]:
    """Seconds of each drill of stopping; None where the safe state was not reached."""
    return [
        (time_of(one["safe_at"]) - time_of(one["ordered_at"])).total_seconds() if one["safe_at"] else None
        for one in items(entries, "drills")
        if one["of"] == "stop" and falls_in(time_of(one["ordered_at"]), year, month)
    ]


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


def m11(entries: Entries, year: int, month: int) -> Answer:
    """Whole days from the first entry to the end of each month."""
    begun = entries[0].at
    series = [float((end_of(*one) - begun).days) if begun < end_of(*one) else None for one in months_to(year, month)]
    return Answer(series[-1], series[-1], None, series)


MEASURES = {"M1": m1, "M2": m2, "M3": m3, "M4": m4, "M6": m6, "M7": m7, "M8": m8, "M11": m11}
