"""What the entries say of one decision, and of the registers: each answer is asked of all entries again.

Slow and obvious on purpose, as the measures that rest on it, and like them nothing but the standard library.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.approvals.reports.brute.reading import Entry

Entries = list[Entry]
LEVEL_OF_BASIS = {"quorum": "L2", "window": "L3", "autonomy": "L4", "break_glass": "L2"}
HOUR = 3600


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
    return [e for e in told if e.facts.get("outcome") and not (e.kind == "outcome.observed" and before_claim(e))]


def before_claim(entry: Entry) -> bool:
    """Whether what it tells of was done before the right to act was claimed, and so not under it."""
    return bool(entry.facts.get("unclaimed"))


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
    """By the basis of the claim; without one, before it, or as another action than the one permitted, alone."""
    granted = claim(entries, decision)
    if not was_proposed(entries, decision):
        return str(max(e.facts["used"] for e in of(entries, decision, "action.reported")))
    if acted_otherwise(entries, decision) or any(before_claim(e) for e in tells_of_an_act(entries, decision)):
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
    """What stands in a board register, in the order in which it was first recorded, with when that was."""
    told = [e for e in entries if e.facts.get("table") == "board" and e.facts["register"] == register]
    first = {entry.facts["key"]: entry for entry in reversed(told)}
    newest = {entry.facts["key"]: entry for entry in told}
    return [
        {**entry.facts["values"], "recorded": first[key].at}
        for key, entry in newest.items()
        if not entry.facts["withdrawn"]
    ]


def mandated(entries: Entries, decision: str) -> bool:
    began, level = first_effect(entries, decision), level_used(entries, decision)
    day, imported = began.astimezone(UTC).date(), first_told(entries, decision).facts["replayed"]
    return level <= level_ruled(entries, decision) and any(
        date.fromisoformat(one["starts_on"]) <= day <= date.fromisoformat(one["ends_on"])
        and (imported or one["recorded"] <= began)
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


def taken_back(entries: Entries, decision: str) -> list[datetime]:
    """When it was undone, and when people ordered that it be."""
    late = [e.at for e in vetoes(entries, decision) if e.facts["state"] in ("executing", "revert_ordered")]
    ordered = [e.at for e in of(entries, decision, "revert.ordered")]
    return late + ordered + [told_for(e) for e in of(entries, decision, "revert.finished")]


def incidents(entries: Entries, decision: str) -> list[dict[str, Any]]:
    """Those of the board's register that name it."""
    return [one for one in items(entries, "incidents") if one["decision"] == decision]


def harmful(entries: Entries, decision: str) -> bool:
    by_incident = any(one["harmful"] for one in incidents(entries, decision))
    return effect(entries, decision) == "harmed" or bool(taken_back(entries, decision)) or by_incident


def failed(entries: Entries, decision: str) -> bool:
    """By its outcome, by a person's judgement, or by a revert or an incident within 72 hours of its end."""
    ended = outcome(entries, decision)
    if effect(entries, decision) == "harmed" or (ended and ended.facts["outcome"] in ("failed", "partial")):
        return True
    end = told_for(ended) if ended else first_effect(entries, decision)
    began = [time_of(one["began_at"]) for one in incidents(entries, decision)]
    return any(at <= end + timedelta(hours=72) for at in taken_back(entries, decision) + began)
