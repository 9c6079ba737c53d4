"""What the report says beside what the brute force finds, measure by measure. It must not compute a measure itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from approvals.periods import Period
from approvals.reports import compared
from approvals.reports.collect import facts_of
from approvals.reports.counting import began, decided_first, ran
from approvals.reports.dataset import canonical, report_of
from approvals.reports.facts import Facts
from approvals.reports.measures import people_at_the_same_work
from approvals.reports.names import Names
from approvals.reports.plain import plain, with_story
from approvals.reports.tally import tally_of
from decisions.models import Decision
from tests.approvals.reports.brute import asking, measures

DECIMALS = 4
Month = tuple[int, int]
Said = dict[str, Any]
"""Of each measure its value, numerator, denominator and twelve months; `attempts` and `people` stand beside M2 and M7."""


class Lived(NamedTuple):
    """What is left of a history: the facts that the report is made of, and what is to be held against it."""

    facts: Facts
    """Every decision by itself."""
    grouped: Facts
    """As the database counts them together."""
    entries: Said
    misread: list[str]
    """Where a row by itself tells another story than the history of its decision."""


def span(month: Month) -> tuple[datetime, datetime]:
    return datetime(*month, 1, tzinfo=UTC), asking.end_of(*month)


def built_at(month: Month) -> datetime:
    """The final cut-off of a month, by when its actions have matured."""
    return span(month)[1] + timedelta(hours=72)


def collected(month: Month, now: datetime, *, grouped: bool = True) -> Facts:
    """The facts of a report, which can be counted again and again."""
    period = Period.read("{:04d}-{:02d}".format(*month))
    facts = facts_of("Example", period, now=now, verified=True, grouped=grouped)
    decisions = list(facts.decisions)
    alike, asked, listed = list(facts.alike), list(facts.asked), list(facts.listed)
    return replace(facts, decisions=decisions, alike=alike, asked=asked, listed=listed)


def misread(facts: Facts) -> list[str]:
    """Where the row of a plain decision tells another story than its history."""
    names = Names.read()
    known = {fact.seq: fact for fact in facts.decisions}
    rows = Decision.objects.filter(plain(names.incidents), seq__in=known)
    columns = ("seq", "effective", "began", "verdict", "decided_at", "first", "lapsed_at")
    found = []
    for seq, *told in with_story(rows, facts.as_of).values_list(*columns):
        fact = known[seq]
        lapsed = (fact.hold_until or fact.received_at) if fact.expired and not fact.verdict else None
        # Of what never ran nobody asks whether it was approved first.
        first = decided_first(fact) if ran(fact) else told[4]
        lived = [fact.state, began(fact), fact.verdict, fact.verdict_at, first, lapsed]
        if told != lived or fact.undone_at or fact.acted_otherwise or fact.approved_at:
            found.append(f"the row says {told}, its history {fact}")
    return found


def of_report(facts: Facts) -> Said:
    tally = tally_of(facts)
    same = people_at_the_same_work(facts, tally)
    said: Said = {
        one["id"]: [one["value"], one["numerator"], one["denominator"], one["series"]]
        for one in report_of(facts)["measures"]
        if one["id"] in measures.MEASURES
    }
    said["attempts"] = [(one.refused, one.proposals) for one in tally.months]
    said["people"] = (same.actions, same.failed, rounded(same.expected)) if same else None
    return said


def of_entries(entries: asking.Entries, month: Month, built: datetime) -> Said:
    said: Said = {}
    for name, answer in measures.answers(entries, *month, built).items():
        value, numerator, denominator, series = answer
        said[name] = [rounded(value), rounded(numerator), denominator, [rounded(one) for one in series]]
    same = measures.people(entries, *month)
    said["attempts"] = measures.attempts(entries, *month)
    said["people"] = (same[0], same[1], rounded(same[2])) if same else None
    return said


def rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DECIMALS) + 0.0


def apart(lived: Lived) -> list[str]:
    """Where the report says something else of decisions that the database counted together than of each by itself."""
    one, other = (json.loads(canonical(report_of(facts))) for facts in (lived.facts, lived.grouped))
    # A report carries the names that it may print: of what is counted together it has asked for fewer.
    assert other["people"].items() <= one["people"].items()
    differ = compared.differences(one, other | {"people": one["people"]})
    return [*lived.misread, *(str(each) for each in differ)]


def differences(lived: Lived) -> list[str]:
    """Each measure of which the report says something else than the entries, in words."""
    report = of_report(lived.facts)
    return [
        f"{name}: the report says {report[name]}, the entries {expected}"
        for name, expected in lived.entries.items()
        if report[name] != expected
    ]
