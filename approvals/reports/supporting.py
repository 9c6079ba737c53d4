"""The supporting measures: what stands behind the eleven, each with what it was counted from. It must not turn a missing record into a number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from approvals.intervals import poisson, quantile
from approvals.reports.exposure import losses_of, restored_share, size
from approvals.reports.facts import Facts, IncidentFact
from approvals.reports.measure import count, percent, plural
from approvals.reports.tally import READING_FLOOR, WENT_BACK, Tally
from decisions.vocab import LEVEL_MEANING, Level, Risk

NONE = "No data"


@dataclass(frozen=True, slots=True)
class Supporting:
    """One line: what it is called, its value in words, and what it was counted from."""

    id: str
    name: str
    text: str
    counted: str
    numerator: float | None = None
    denominator: float | None = None


def supporting(facts: Facts, tally: Tally) -> list[Supporting]:
    """In the order of the pages that they stand behind; what no record is kept of says so."""
    return [
        *_autonomy(facts, tally),
        *_review(tally),
        *_harm(facts, tally),
        *_cost(facts, tally),
        *(Supporting(id_, name, NONE, why) for id_, name, why in UNRECORDED),
    ]


UNRECORDED = (
    ("owner_cover", "Hours in which a qualified owner was on duty", "No rota is recorded."),
    ("training", "Reviewers whose training is in date", "No training is recorded."),
    ("changes", "Model, prompt and policy changes with evaluation and approval", "No evaluation is recorded."),
    ("findings", "Open findings by age", "No finding is recorded."),
    ("near_misses", "Near misses per 1,000 actions", "No near miss is recorded as one."),
)


def _share(id_: str, name: str, part: float, whole: float, of: str) -> Supporting:
    text = percent(100 * part / whole) if whole else NONE
    return Supporting(id_, name, text, f"{count(part)} of {count(whole)} {of}", part, whole)


def _autonomy(facts: Facts, tally: Tally) -> Iterable[Supporting]:
    now = tally.now
    for level in Level:
        name = f"Actions at {level}, {LEVEL_MEANING[level]}"
        yield _share(f"level_{level}", name, now.levels[level], now.actions, "actions")
    for risk in Risk:
        yield _share(f"risk_{risk}", f"Actions of {risk} risk", tally.risks[risk], now.actions, "actions")
    yield _share("refused", "Attempts refused per proposal", now.refused, now.proposals, "proposals")
    yield _share("supplier", "Actions on the largest supplier", *_supplier(facts, tally), "actions")
    yield _share("observed", "Outcomes that were seen and not told alone", now.observed, now.actions, "actions")


def _supplier(facts: Facts, tally: Tally) -> tuple[int, int]:
    by_vendor: dict[str, int] = {}
    for agent, answers in tally.acting.items():
        vendor = facts.vendors.get(agent, "")
        if vendor:
            by_vendor[vendor] = by_vendor.get(vendor, 0) + answers.actions
    return max(by_vendor.values(), default=0), tally.now.actions if by_vendor else 0


def _review(tally: Tally) -> Iterable[Supporting]:
    now, times = tally.now, sorted(tally.deciding_seconds)
    of = plural(len(times), "verdict")
    half = quantile(times, 0.5) if times else None
    middle = f"{half:,.0f} s" if half else NONE
    yield Supporting("median_decision", "Time to decide, median", middle, of, half)
    slow = quantile(times, 0.9) if times else None
    yield Supporting("slow_decision", "Time to decide, nine of ten", f"{slow:,.0f} s" if slow else NONE, of, slow)
    quick = sum(1 for one in tally.approval_seconds if one < READING_FLOOR)
    name = f"Approvals quicker than {READING_FLOOR:.0f} s, the shortest reading time"
    yield _share("too_fast", name, quick, len(tally.approval_seconds), "approvals")
    verdicts = sum(tally.deciders.values())
    yield _share(
        "top_reviewer", "Verdicts of the busiest person", max(tally.deciders.values(), default=0), verdicts, "verdicts"
    )
    busiest = max(tally.verdict_hours.values(), default=0)
    text = count(busiest) if busiest else NONE
    yield Supporting("busiest_hour", "Verdicts in the busiest hour", text, of, busiest or None)
    yield _share("timeouts", "Requests that nobody answered in time", now.expired, now.asked, "requests")
    yield _share(
        "overdue", "Sign-offs overdue", tally.sign_offs["overdue"], now.actions - tally.sign_offs["none"], "required"
    )


def _harm(facts: Facts, tally: Tally) -> Iterable[Supporting]:
    now = tally.now
    approved = now.actions - now.unapproved
    yield _share(
        "harmful_approved", "Approved actions that did harm", tally.harmed_approved, approved, "approved actions"
    )
    began = [one for one in facts.incidents if tally.window.index(one.began_at) == 11]
    harmful = [one for one in began if one.harmful and one.severity <= 3]
    yield _incidents(len(harmful), now.actions)
    restored = [(one.restored_at - one.began_at) / timedelta(minutes=1) for one in began if one.restored_at]
    text = f"{median(restored):,.0f} min" if restored else NONE
    yield Supporting(
        "restore_time", "Time to restore, median", text, f"{plural(len(restored), 'restored incident')} of {len(began)}",
        median(restored) if restored else None,
    )  # fmt: skip
    yield _share("reverts", "Reverts that succeeded", tally.reverts[WENT_BACK], tally.reverts.total(), "ordered")
    yield _classified(began)
    late = sum(one.late(facts.as_of) for one in began)
    yield _share(
        "late_reports",
        "Incidents reported late",
        late,
        sum(one.report_due is not None for one in began),
        "with a deadline",
    )


def _incidents(n: int, actions: int) -> Supporting:
    name = "Incidents per 10,000 actions"
    if not actions:
        return Supporting("incident_rate", name, NONE, "No action in the period.")
    low, high = (10_000 * edge / actions for edge in poisson(n))
    text = f"{10_000 * n / actions:,.1f}"
    return Supporting(
        "incident_rate", name, text, f"{plural(n, 'incident')} of {plural(actions, 'action')}; 95% interval {low:,.1f} to {high:,.1f}",
        n, actions,
    )  # fmt: skip


def _classified(began: list[IncidentFact]) -> Supporting:
    waits = [
        (one.classified_at - one.aware_at) / timedelta(minutes=1) for one in began if one.classified_at and one.aware_at
    ]
    text = f"{median(waits):,.0f} min" if waits else NONE
    return Supporting(
        "classified", "From awareness to classification, median", text, plural(len(waits), "classified incident"),
        median(waits) if waits else None,
    )  # fmt: skip


def _cost(facts: Facts, tally: Tally) -> Iterable[Supporting]:
    now = tally.now
    yield _share("irreversible", "Irreversible actions", now.irreversible, now.actions, "actions")
    yield _share(
        "irreversible_decided",
        "Irreversible, decided by a person first",
        now.irreversible_decided,
        now.irreversible,
        "irreversible actions",
    )
    farthest = max((len(one.services) for one in tally.reach.values()), default=0)
    yield Supporting(
        "reach",
        "Services that one agent reached",
        count(farthest),
        f"of {plural(len(tally.reach), 'agent')} that acted",
        farthest,
    )
    restored, reachable = restored_share(facts)
    text = percent(100 * restored / reachable) if reachable else NONE
    yield Supporting(
        "restore_cover",
        "Shown to come back",
        text,
        f"{size(restored)} of {size(reachable)} that agents can reach",
        restored,
        reachable,
    )
    month, year = losses_of(facts, tally)
    for id_, name, held in (
        ("loss", "Lost in the period", month),
        ("loss_year", f"Lost in twelve {tally.window.unit}s", year),
    ):
        said = ", ".join(f"{currency} {amount:,.2f}" for currency, amount in sorted(held.items()))
        yield Supporting(id_, name, said or "nothing on record", "register of losses, less what was recovered")
