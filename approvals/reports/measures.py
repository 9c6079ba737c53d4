"""The headline measures that rest on decisions, and all eleven together. It must not turn a missing record into a number."""

from collections import Counter
from dataclasses import dataclass, replace

from approvals.intervals import p_chart, wilson
from approvals.periods import months_in
from approvals.reports.evidence import complete_logs, modelled_loss, planted_caught, replayed_by_auditor, safe_stop
from approvals.reports.facts import Facts
from approvals.reports.measure import (
    OUTSIDE,
    SMALL,
    TOO_FEW,
    WATCH,
    WITHIN,
    Measure,
    Series,
    absent,
    count,
    interval_of,
    monthly_rate,
    percent,
    plural,
)
from approvals.reports.tally import Month, Tally
from approvals.reports.trend import trend
from approvals.vocab import MEASURES

BASE_MONTHS = 9
"""Months that fix the control limits of the refusal rate."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Agents and people at the kinds of action that both do."""

    actions: int
    failed: int
    expected: float
    """Per cent of the agents' actions that would fail if they failed as people do."""

    @property
    def rate(self) -> float:
        return 100 * self.failed / self.actions

    @property
    def worse(self) -> bool:
        return self.rate > self.expected

    @property
    def surely_worse(self) -> bool:
        """Whether chance does not explain it: the interval of the agents' rate lies above people's."""
        return 100 * wilson(self.failed, self.actions)[0] > self.expected


def named_owner(tally: Tally) -> Measure:
    name, now = MEASURES["M1"], tally.now
    series = monthly_rate(tally.months, lambda m: m.answered, lambda m: m.actions)
    if not now.actions:
        return absent("M1", name, "100%", "accountable", "No action in the period.", series=series)
    misses = now.actions - now.answered
    return Measure(
        "M1",
        name,
        series[11],
        percent(series[11] or 0.0),
        "100%",
        100.0,
        None,
        OUTSIDE if misses else WITHIN,
        trend(series, 1),
        series,
        "accountable",
        now.answered,
        now.actions,
        note=f"{plural(now.no_owner, 'action')} without a named owner; {plural(misses - now.no_owner, 'action')} with an "
        "owner but with neither an approval nor a mandate.",
        phrase=f"{count(misses)} of {plural(now.actions, 'action')} had no named owner with an approval or a mandate",
    )


def beyond_autonomy(tally: Tally) -> Measure:
    name, now = MEASURES["M2"], tally.now
    series: Series = [float(m.beyond) if m.actions else None for m in tally.months]
    attempts = f"{plural(now.refused, 'attempt')} refused"
    if now.proposals:
        attempts += f", {1000 * now.refused / now.proposals:,.1f} per 1,000 proposals"
    if not now.actions:
        return absent("M2", name, "0", "accountable", f"No action in the period; {attempts}.", series=series)
    verb = "action went" if now.beyond == 1 else "actions went"
    return Measure(
        "M2",
        name,
        float(now.beyond),
        count(now.beyond),
        "0",
        None,
        0.0,
        OUTSIDE if now.beyond else WITHIN,
        trend(series, -1),
        series,
        "accountable",
        now.beyond,
        now.actions,
        note=f"Of {plural(now.actions, 'action')}; {attempts}.",
        phrase=f"{count(now.beyond)} {verb} beyond permitted autonomy",
    )


def decided_by_person(tally: Tally) -> Measure:
    name, now = MEASURES["M3"], tally.now
    series = monthly_rate(tally.months, lambda m: m.high_decided, lambda m: m.high)
    if not now.high:
        return absent(
            "M3", name, "100%", "accountable", "No high-risk or irreversible action in the period.", series=series
        )
    misses = now.high - now.high_decided
    return Measure(
        "M3",
        name,
        series[11],
        percent(series[11] or 0.0),
        "100%",
        100.0,
        None,
        OUTSIDE if misses else WITHIN,
        trend(series, 1),
        series,
        "accountable",
        now.high_decided,
        now.high,
        note=f"{count(now.high_decided)} of {plural(now.high, 'high-risk or irreversible action')}.",
        phrase=f"{count(misses)} of {plural(now.high, 'high-risk action')} ran before a person decided",
    )


def refused_by_people(tally: Tally) -> Measure:
    name, now = MEASURES["M4"], tally.now
    hits = [m.vetoed for m in tally.months]
    sizes = [m.vetoed + m.approved for m in tally.months]
    series: Series = [100 * k / n if n else None for k, n in zip(hits, sizes, strict=True)]
    apart = f"{count(now.expired) if now.expired else 'none'} timed out"
    if now.objected:
        apart += f"; {plural(now.objected, 'veto', 'vetoes')} of acts that nobody had proposed, counted apart"
    if not sizes[11]:
        return absent(
            "M4", name, "3-sigma", "review", f"No verdict on a proposal in the period; {apart}.", series=series
        )
    measure = Measure(
        "M4",
        name,
        series[11],
        percent(series[11] or 0.0),
        "3-sigma",
        None,
        None,
        TOO_FEW,
        "too short",
        series,
        "review",
        hits[11],
        sizes[11],
        interval_of(hits[11], sizes[11]),
        note=f"{count(hits[11])} of {plural(sizes[11], 'verdict')} on proposals; {apart}.",
    )
    if sum(1 for n in sizes[:11] if n) < BASE_MONTHS:
        return measure
    _, limits = p_chart(hits, sizes, BASE_MONTHS)
    band = [None if b is None else (100 * b[0], 100 * b[1]) for b in limits]
    low, high = band[11] or (0.0, 100.0)
    value = series[11] or 0.0
    margin = (high - low) / 8
    status = (
        OUTSIDE
        if not low <= value <= high
        else WATCH
        if min(value - low, high - value) < margin and low > 0
        else WITHIN
    )
    fewer = "fewer" if value < (low + high) / 2 else "more"
    return replace(
        measure,
        limit=f"{low:.1f}\u2013{high:.1f}%",
        low=low,
        high=high,
        status=status,
        trend=trend(series, 0),
        band=band,
        phrase=f"people refused {fewer} proposals than chance explains"
        if status == OUTSIDE
        else "the share of proposals that people refuse is close to its control limit",
    )


def people_at_the_same_work(facts: Facts, tally: Tally) -> Comparison | None:
    """People's failure rate, standardised to the agents' mix of kinds in the period; None where people did none of them.

    Both rates are of the kinds that people did in the months that began in the twelve periods, so that like is held against like.
    """
    months = set(months_in(tally.window.edges[0], tally.window.edges[12]))
    made: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for one in facts.people:
        if one.month in months:
            made[one.kind] += one.changes
            lost[one.kind] += one.failed
    actions: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for (kind, _), cell in tally.cells.items():
        if made[kind]:
            actions[kind] += cell.actions
            failed[kind] += cell.failed
    n = actions.total()
    if not n:
        return None
    expected = sum(actions[kind] * lost[kind] / made[kind] for kind in sorted(actions))
    return Comparison(n, failed.total(), 100 * expected / n)


def failed_changes(facts: Facts, tally: Tally) -> Measure:
    name, now, most = MEASURES["M7"], tally.now, facts.limits.failed_pct
    people = people_at_the_same_work(facts, tally)
    limit = f"≤ {most:g}%" + (" and ≤ people's" if people else "")
    series = monthly_rate(tally.months, lambda m: m.failed, lambda m: m.actions)
    if not now.actions:
        return absent("M7", name, limit, "harm", "No action in the period.", series=series)
    value = series[11] or 0.0
    interval = interval_of(now.failed, now.actions)
    crosses = interval is not None and interval[0] <= most <= interval[1]
    if crosses and now.actions < SMALL:
        status = TOO_FEW
    else:
        status = OUTSIDE if value > most else WATCH if crosses or value > 0.75 * most else WITHIN
    note = f"{count(now.failed)} of {plural(now.actions, 'action')}."
    phrase = f"{count(now.failed)} of {plural(now.actions, 'change')} failed"
    if people is None:
        note += " People's rate for the same work is not on record."
    else:
        note += f" People at the same work: {percent(people.expected)}; agents at the kinds that people do: {percent(people.rate)} of {count(people.actions)}."
        if people.worse and status != OUTSIDE:
            status = OUTSIDE if people.surely_worse else WATCH
            phrase = f"agents failed at {percent(people.rate)} of the work at which people fail at {percent(people.expected)}"
    if now.unknown:
        note += f" Outcomes unknown, not counted as failed: {count(now.unknown)}."
    return Measure(
        "M7",
        name,
        value,
        percent(value),
        limit,
        None,
        most,
        status,
        trend(series, -1),
        series,
        "harm",
        now.failed,
        now.actions,
        interval,
        note=note,
        phrase=phrase,
    )


def _budget(month: Month, objective: float) -> float | None:
    allowed = (1 - objective / 100) * month.actions
    # Where no harm at all is allowed there is no budget that could be spent.
    if not allowed or not month.judged + month.harmed:
        return None
    return 100 * (1 - month.harmed / allowed)


def error_budget(facts: Facts, tally: Tally) -> Measure:
    name, now, least = MEASURES["M8"], tally.now, facts.limits.budget_pct
    limit = f"≥ {least:g}%"
    series: Series = [_budget(m, facts.limits.objective_pct) for m in tally.months]
    value = series[11]
    if value is None:
        note = (
            "No action in the period."
            if not now.actions
            else "The objective allows no harm, so there is no budget."
            if facts.limits.objective_pct >= 100
            else "Nobody has judged the effect of any action of the period yet."
        )
        return absent("M8", name, limit, "harm", note, series=series)
    status = OUTSIDE if value < least else WATCH if value < least + 0.25 * (100 - least) or now.owed else WITHIN
    note = f"{plural(now.harmed, 'harmful action')} of {count(now.actions)}; objective {facts.limits.objective_pct:g}% without harm."
    if now.owed:
        note += f" {count(now.owed)} still await judgement, so this is the best case."
    return Measure(
        "M8",
        name,
        value,
        f"{value:,.0f}%".replace("-", "\u2212"),
        limit,
        least,
        None,
        status,
        trend(series, 1),
        series,
        "harm",
        now.harmed,
        now.actions,
        note=note,
        phrase=f"{plural(now.harmed, 'harmful action')} left {value:,.0f}% of the error budget".replace("-", "\u2212")
        if status == OUTSIDE
        else f"the error budget is not settled while {plural(now.owed, 'action')} await judgement"
        if now.owed
        else f"{value:,.0f}% of the error budget is left",
    )


def measures_of(facts: Facts, tally: Tally) -> list[Measure]:
    return [
        named_owner(tally),
        beyond_autonomy(tally),
        decided_by_person(tally),
        refused_by_people(tally),
        planted_caught(facts, tally),
        safe_stop(facts, tally),
        failed_changes(facts, tally),
        error_budget(facts, tally),
        modelled_loss(facts, tally),
        replayed_by_auditor(facts, tally),
        complete_logs(facts, tally),
    ]
