"""The one sentence and colour of page 1, from the measures. It must not claim control over what was not measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.reports.facts import Facts
from approvals.reports.measure import NO_DATA, OUTSIDE, TOO_FEW, WATCH, WITHIN, Measure

STATUTORY = ("M2", "M3", "M1")
"""A miss in one of these is red by itself; the gravest first."""

NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")


@dataclass(frozen=True, slots=True)
class Verdict:
    colour: str
    word: str
    rule: str
    head: str


WORD = {"red": "Not under control", "amber": "Needs attention", "green": "Under control", "none": "Nothing to judge"}


def in_words(n: int) -> str:
    return NUMBERS[n] if n < len(NUMBERS) else str(n)


def _with(measures: Sequence[Measure], status: str) -> list[Measure]:
    return [m for m in measures if m.status == status]


def _distance(measure: Measure) -> float:
    """How far beyond its limit, as a share of the limit."""
    if measure.value is None:
        return 1.0
    if measure.low is not None and measure.value < measure.low:
        return (measure.low - measure.value) / (abs(measure.low) or 1.0)
    if measure.high is not None and measure.value > measure.high:
        return (measure.value - measure.high) / (abs(measure.high) or 1.0)
    return 0.0


def gravest(measures: Sequence[Measure]) -> list[Measure]:
    """Measures outside or on watch, gravest first."""
    order = {OUTSIDE: 0, WATCH: 1}
    wrong = [m for m in measures if m.status in order]
    rank = {id_: place for place, id_ in enumerate(STATUTORY)}
    return sorted(wrong, key=lambda m: (order[m.status], rank.get(m.id, 9), -_distance(m), m.id))


def colour(measures: Sequence[Measure], facts: Facts) -> tuple[str, str]:
    """The colour and the rule that gave it."""
    status = {m.id: m.status for m in measures}
    if facts.verified is False:
        return "red", "verdict.red.ledger"
    for id_ in STATUTORY:
        if status[id_] == OUTSIDE:
            return "red", f"verdict.red.{id_}"
    if any(one.late(facts.as_of) and one.began_at < facts.period_end for one in facts.incidents):
        return "red", "verdict.red.deadline"
    if _with(measures, OUTSIDE):
        return "amber", "verdict.amber.outside"
    if len(_with(measures, WATCH)) >= 2:
        return "amber", "verdict.amber.watch"
    if status["M1"] == NO_DATA:
        return "none", "verdict.none"
    if facts.verified is None:
        return "amber", "verdict.amber.not_verified"
    return "green", "verdict.green"


def verdict_of(measures: Sequence[Measure], facts: Facts, period: str) -> Verdict:
    hue, rule = colour(measures, facts)
    outside, watch, within = (len(_with(measures, s)) for s in (OUTSIDE, WATCH, WITHIN))
    silent = len(_with(measures, NO_DATA)) + len(_with(measures, TOO_FEW))
    worst = [m.phrase for m in gravest(measures)[:2] if m.phrase]
    if hue == "none":
        head = f"No agent action is on record for {period}: there is nothing to judge."
    else:
        first = f"Outside limit on {in_words(outside)}" if outside else f"Within limit on {in_words(within)}"
        head = f"{first} of eleven measures" + (f", on watch with {in_words(watch)}" if watch else "")
        head += f"; {in_words(silent)} cannot be judged yet." if silent else "."
        if worst:
            said = ", and ".join(worst)
            head += f" {said[:1].upper()}{said[1:]}."
    return Verdict(hue, WORD[hue], rule, head)
