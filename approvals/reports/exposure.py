"""What could it cost: the tables and the sentences of incidents, restore tests, losses and reach. It must not draw."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from approvals.periods import day, minute
from approvals.reports.facts import Facts, IncidentFact, RestoreTest
from approvals.reports.measure import clip, count, percent, plural
from approvals.reports.tally import Tally

Table = dict[str, Any]
RESTORE_AGE = 90
"""Days after which a restore test says nothing of today any more."""
MOST_INCIDENTS = 5
MOST_LINES = 5


def join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


# -- restore tests


def latest_tests(facts: Facts) -> list[RestoreTest]:
    """The last test of each service before the end of the period, by the service's name."""
    before = sorted((test for test in facts.restores if test.at < facts.period_end), key=lambda test: test.at)
    found = {test.service: test for test in before}
    return [found[service] for service in sorted(found)]


def young(facts: Facts, test: RestoreTest) -> bool:
    return (facts.period_end - test.at).days <= RESTORE_AGE


def cover(facts: Facts) -> str:
    """How much of what agents can reach was shown to come back; empty without a test that is young enough."""
    tests = [test for test in latest_tests(facts) if young(facts, test)]
    restored, reachable = restored_share(facts)
    if not reachable:
        return ""
    share = percent(100 * restored / reachable)
    return f"restore tests of {plural(len(tests), 'service')} brought back {share} of what agents can reach there"


def acted_on(tally: Tally) -> set[str]:
    """The services that agents acted on in the period."""
    return {service for far in tally.reach.values() for service in far.services}


def restored_share(facts: Facts) -> tuple[int, int]:
    """(bytes that the young tests brought back, bytes that agents can reach there)."""
    tests = [test for test in latest_tests(facts) if young(facts, test)]
    return sum(test.restored for test in tests), sum(test.reachable for test in tests)


def restores(facts: Facts, tally: Tally) -> Table:
    """The last test of each service, and each service that was acted on without one."""
    tests = latest_tests(facts)
    rows = [
        [
            clip(test.service, 60),
            day(test.at) if young(facts, test) else f"{day(test.at)}, too old",
            size(test.reachable),
            percent(100 * test.restored / test.reachable) if test.reachable else "–",
        ]
        for test in tests
    ]
    missing = sorted(acted_on(tally) - {test.service for test in tests})
    rows += [[clip(service, 60), "none on record", "not known", "–"] for service in missing]
    return {
        "title": "Does it come back? The last restore test of each service",
        "columns": ["Service", "Tested", "Agents can reach", "Brought back"],
        "numeric": [2, 3],
        "rows": rows[:MOST_LINES],
        "all": rows,
        "note": _more(rows, MOST_LINES)
        or ("" if rows else "No restore test is on record, and no service was acted on in the period."),
    }


def scenario(facts: Facts, tally: Tally) -> Table:
    """What is known of the case that the board fears most, and what is not on record."""
    now, acted = tally.now, acted_on(tally)
    tests = [test for test in latest_tests(facts) if young(facts, test)]
    untested = len(acted - {test.service for test in tests})
    reachable = sum(test.reachable for test in tests)
    restored = sum(test.restored for test in tests)
    data = [loss for loss in facts.actual_losses if loss.data and tally.window.index(loss.at) is not None]
    limits = facts.limits
    rows = [
        [
            "Could not be undone",
            f"{count(now.irreversible)} of {plural(now.actions, 'action')}, {count(now.irreversible_decided)} decided by a person first",
        ],
        [
            "In reach, where tested",
            f"{size(reachable)} on {plural(len(tests), 'service')}"
            if tests
            else "No test of the last 90 days is on record",
        ],
        ["Brought back by those tests", percent(100 * restored / reachable) if reachable else "Not known"],
        ["Acted on without such a test", f"{count(untested)} of {plural(len(acted), 'service')}"],
        [
            "Lost through data in twelve",
            plural(len(data), "loss is", "losses are") + " on record" if data else "No such loss is on record",
        ],
        [
            "Loss that the board accepts",
            f"{limits.currency} {Decimal(limits.loss):,.0f} in a 1-in-20 year" if limits.loss else "Not on record",
        ],
        [
            "Loss model; insurance cover",
            "A model is on record; no cover is" if facts.losses else "Neither is on record",
        ],
    ]
    return {
        "title": "If an agent destroys data",
        "columns": ["What", "Known"],
        "numeric": [],
        "rows": rows,
        "note": "",
    }


def size(number: int) -> str:
    """Bytes in the largest unit that leaves at least one."""
    amount, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"


def _more(rows: list[list[str]], most: int) -> str:
    return f"{plural(len(rows) - most, 'more is', 'more are')} in the data." if len(rows) > most else ""


# -- losses


def lost(facts: Facts, tally: Tally) -> str:
    """What acts of agents have cost, in the period and in the twelve months, by currency."""
    month, year = losses_of(facts, tally)
    if not year:
        return f"No loss is on record in twelve {tally.window.unit}s."
    said = join(_amounts(month)) if month else "nothing"
    return f"On record as lost: {said} in the period, {join(_amounts(year))} in twelve {tally.window.unit}s."


def losses_of(facts: Facts, tally: Tally) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """(currency → what was lost and not recovered in the period, the same in the twelve months)."""
    month: dict[str, Decimal] = {}
    year: dict[str, Decimal] = {}
    for loss in facts.actual_losses:
        place = tally.window.index(loss.at)
        for held, counts in ((year, place is not None), (month, place == 11)):
            if counts:
                held[loss.currency] = held.get(loss.currency, Decimal(0)) + loss.amount - loss.recovered
    return month, year


def _amounts(held: Mapping[str, Decimal]) -> list[str]:
    return [f"{currency} {amount:,.2f}" for currency, amount in sorted(held.items())]


def losses(facts: Facts, tally: Tally) -> Table:
    recent = [loss for loss in facts.actual_losses if tally.window.index(loss.at) is not None]
    recent.sort(key=lambda loss: loss.at, reverse=True)
    rows = [
        [
            day(loss.at),
            clip(loss.what, 70),
            f"{loss.currency} {loss.amount:,.2f}",
            f"{loss.recovered:,.2f}" if loss.recovered else "–",
        ]
        for loss in recent
    ]
    return {
        "title": f"What it has cost in twelve {tally.window.unit}s",
        "columns": ["When", "What", "Amount", "Recovered"],
        "numeric": [2, 3],
        "rows": rows[:MOST_LINES],
        "all": rows,
        "note": _more(rows, MOST_LINES) or ("" if rows else f"No loss is on record in twelve {tally.window.unit}s."),
    }


# -- reach


def reach(tally: Tally) -> Table:
    """How far each agent reached in the period, the farthest first."""
    ranked = sorted(tally.reach.items(), key=lambda item: (-len(item[1].services), -item[1].irreversible, item[0]))
    rows = [
        [clip(agent, 40), count(len(far.services)), count(far.critical), count(far.irreversible)]
        for agent, far in ranked[:MOST_LINES]
    ]
    return {
        "title": "How far agents reached in the period",
        "columns": ["Agent", "Services", "Acts on tier 0–1", "Irreversible"],
        "numeric": [1, 2, 3],
        "rows": rows,
        "note": "" if rows else "No action in the period.",
    }


def irreversible(tally: Tally) -> Table:
    ranked = sorted(tally.irreversible.items(), key=lambda item: (-item[1][0], item[0]))
    rows = [[kind, count(n), count(decided)] for kind, (n, decided) in ranked[:MOST_LINES]]
    return {
        "title": "What could not be undone in the period",
        "columns": ["Kind of action", "Actions", "Decided by a person first"],
        "numeric": [1, 2],
        "rows": rows,
        "note": "" if rows else "No action of the period was known to be irreversible.",
    }


# -- incidents


def incidents(facts: Facts, tally: Tally) -> Table:
    """Those that began in the period, the gravest first."""
    found = [one for one in facts.incidents if tally.window.index(one.began_at) == 11]
    found.sort(key=lambda one: (one.severity, one.began_at))
    rows = [
        [
            minute(one.began_at),
            one.title,
            str(one.severity),
            one.accountable,
            _clock(one, facts),
            minute(one.restored_at) if one.restored_at else "not yet",
        ]
        for one in found
    ]
    return {
        "title": "Incidents of the period",
        "columns": ["Began", "What happened", "Severity", "Accountable", "Report to an authority", "Restored"],
        "numeric": [2],
        "rows": rows[:MOST_INCIDENTS],
        "all": rows,
        "note": _more(rows, MOST_INCIDENTS)
        or ("" if rows else f"None is on record, of {plural(tally.now.actions, 'action')} in the period."),
    }


def _clock(one: IncidentFact, facts: Facts) -> str:
    if one.report_due is None:
        return "not due"
    if one.reported_at is not None:
        return f"{minute(one.reported_at)}, {'late' if one.late(facts.as_of) else 'in time'}"
    return f"{'overdue since' if one.late(facts.as_of) else 'open until'} {minute(one.report_due)}"
