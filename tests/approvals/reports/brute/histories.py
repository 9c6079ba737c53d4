"""Histories that hypothesis makes: what happens, how often, and at which moments. It must not know what a measure is."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from approvals.vocab import Finding
from decisions.vocab import Effect
from tests.approvals.reports.brute.living import EDGES, END, INSTANT, START, History, Step

SERVICES = st.sampled_from(["search", "search", "checkout", "geo", "wiki", "orphan"])
KINDS = st.sampled_from(["scale", "scale", "restart", "delete", "read"])
AGENTS = st.sampled_from(["remediator", "remediator", "autoscaler"])
ACTIONS = st.tuples(SERVICES, KINDS)
PICKS = st.sampled_from([0, 0, 0, 1, 2])
OUTCOMES = st.sampled_from(["succeeded", "succeeded", "failed", "partial", "unknown", "not_executed", "no_change"])
MAYBE = st.one_of(st.just(""), OUTCOMES)
WAITS = st.one_of(
    st.sampled_from([timedelta(0), INSTANT, timedelta(seconds=20), timedelta(minutes=5), timedelta(hours=2)]),
    st.sampled_from([timedelta(days=1), timedelta(days=4), timedelta(days=20)]),
    st.sampled_from(EDGES),
)
SHORT = st.sampled_from([timedelta(0), INSTANT, timedelta(seconds=20), timedelta(minutes=5)])
STATED = st.one_of(
    SHORT,
    st.sampled_from([timedelta(hours=1), timedelta(days=1), timedelta(days=40), timedelta(days=200)]),
    st.sampled_from(EDGES),
)
"""The times that events state: now, before, and about the edges of the month."""
APPROVERS = st.sampled_from(["marta", "david", "ines", "tomasz"])


def steps(name: str, *what: st.SearchStrategy[Any], waits: st.SearchStrategy[Any] = WAITS) -> st.SearchStrategy[Step]:
    return st.builds(Step, waits, st.just(name), st.tuples(*what))


def keeping(of: str, who: str, /, **item: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return steps("keep", st.just(of), st.just(who), st.fixed_dictionaries(dict(item)))


MOMENTS = st.sampled_from([START - INSTANT, START, END - INSTANT, END, START + timedelta(days=9)])
REGISTERED = st.one_of(
    keeping(
        "mandates",
        "helena",
        starts_on=st.sampled_from(["2026-12-31", "2027-01-01", "2027-01-02"]),
        ends_on=st.sampled_from(["2027-01-30", "2027-01-31", "2027-02-01"]),
        level=st.sampled_from(["L3", "L4"]),
        reason=st.just("Rehearsed each month"),
        agent=st.sampled_from([None, "remediator", "autoscaler"]),
        service=st.sampled_from([None, "wiki", "search"]),
        kind=st.sampled_from([None, "scale", "restart"]),
    ),
    keeping(
        "people-changes",
        "samuel",
        month=st.sampled_from(["2025-12", "2026-02", "2026-11", "2027-01"]),
        kind=st.sampled_from(["scale", "restart", "delete"]),
        changes=st.sampled_from([0, 3, 40]),
        failed=st.sampled_from([0, 1, 3]),
        source=st.just("Change calendar"),
    ),
    keeping(
        "drills",
        "samuel",
        of=st.sampled_from(["stop", "stop", "veto"]),
        scope=st.just("All agents"),
        led_by=st.just("ines"),
        ordered_at=MOMENTS.map(lambda at: at.isoformat()),
        safe_at=st.sampled_from(
            [None, (END + timedelta(seconds=1)).isoformat(), (END + timedelta(hours=1)).isoformat()]
        ),
    ),
    keeping(
        "limits",
        "helena",
        starts_on=st.sampled_from(["2026-12-01", "2027-01-31", "2027-02-01"]),
        approved_on=st.just("2026-11-01"),
        minute=st.just("Item 4"),
        objective_pct=st.sampled_from(["99.5", "90", "100"]),
    ),
    keeping(
        "losses",
        "marta",
        at=MOMENTS.map(lambda at: at.isoformat()),
        amount=st.just("10"),
        currency=st.just("EUR"),
        what=st.just("Vouchers"),
    ),
    keeping(
        "incidents",
        "marta",
        title=st.just("Pages without pictures"),
        began_at=MOMENTS.map(lambda at: at.isoformat()),
        severity=st.sampled_from([1, 4]),
        harmful=st.booleans(),
        accountable=st.just("marta"),
        decision=st.sampled_from([0, 1, None]),
    ),
    steps(
        "take_out",
        st.sampled_from(["mandates", "limits", "people-changes", "drills", "incidents"]),
        st.just("helena"),
        PICKS,
    ),
)
BEGUN = st.one_of(
    steps("report", AGENTS, ACTIONS, STATED, MAYBE),
    steps("bring_in", AGENTS, ACTIONS, STATED, MAYBE),
    steps("propose", AGENTS, ACTIONS),
    steps("propose", AGENTS, ACTIONS),
    steps("propose_late", AGENTS, ACTIONS, STATED),
)
ANSWERED = st.one_of(
    steps("approve", PICKS, APPROVERS, waits=SHORT),
    steps("veto", PICKS, APPROVERS),
    steps("break_glass", PICKS, APPROVERS, waits=SHORT),
    steps("claim", PICKS, waits=SHORT),
    steps("finish", PICKS, OUTCOMES, waits=SHORT),
    steps("report_of", PICKS, STATED, MAYBE, st.sampled_from(["same", "same", "another"])),
    steps("outcome_of", PICKS, STATED, OUTCOMES),
    steps("reverted", PICKS, STATED),
    steps("answer", PICKS, st.sampled_from(["well", "badly"])),
    steps("withdraw", PICKS, waits=SHORT),
    steps("observe", PICKS, STATED, MAYBE),
    steps("cut", PICKS, st.just("marta")),
    steps(
        "sign_off",
        PICKS,
        st.sampled_from(["marta", "david"]),
        st.sampled_from(["accept", "refuse"]),
        st.sampled_from(list(Effect)),
    ),
    steps("review", PICKS, st.sampled_from(list(Finding))),
)
AFTERWARDS = st.one_of(
    steps("veto", PICKS, APPROVERS),
    steps(
        "sign_off",
        PICKS,
        st.sampled_from(["marta", "david"]),
        st.sampled_from(["accept", "refuse"]),
        st.sampled_from(list(Effect)),
    ),
    steps("observe", PICKS, STATED, MAYBE),
    steps("report_of", PICKS, STATED, MAYBE, st.sampled_from(["same", "same", "another"])),
)
AROUND = st.one_of(
    steps("freeze", st.sampled_from(["autonomy", "all"]), waits=SHORT),
    steps("freeze", st.sampled_from(["autonomy", "all"]), st.just("service"), SERVICES, waits=SHORT),
    steps("freeze", st.just("all"), st.just("agent"), AGENTS, waits=SHORT),
    steps("lift"),
    steps("be_there", waits=SHORT),
    steps("expire"),
    steps("draw_the_line", st.sampled_from(["L1", "L2", "L4"])),
    steps("erase", PICKS, st.sampled_from([("account",), ("action",), ("names",)])),
)

STOPPED = steps("freeze", st.sampled_from(["autonomy", "all"]), waits=SHORT)


@st.composite
def asked(draw: st.DrawFn) -> History:
    """A proposal with what usually follows it; any of the waits may carry the next step over the end of a month."""
    waits = st.one_of(SHORT, SHORT, SHORT, st.sampled_from(EDGES))
    begun = draw(st.one_of(steps("propose", AGENTS, ACTIONS), steps("propose_late", AGENTS, ACTIONS, STATED)))
    first, second = draw(st.permutations(["marta", "david"]))
    path = [
        begun,
        Step(draw(waits), "approve", (0, first)),
        Step(draw(waits), "approve", (0, second)),
        Step(timedelta(0), "be_there"),
        Step(draw(waits), "claim", (0,)),
        draw(STOPPED),
        Step(draw(waits), "finish", (0, draw(OUTCOMES))),
        draw(AFTERWARDS),
    ]
    left_out = draw(st.sampled_from([0, 5, 5, 5, 1, 2, 4, 6]))
    return [step for place, step in enumerate(path) if place != left_out or not place]


@st.composite
def blamed(draw: st.DrawFn) -> History:
    """An act of the month that is told when it is over, and an incident that names it: within 72 hours of it, or later."""
    at = draw(st.sampled_from([START, START + timedelta(days=9)]))
    after = draw(st.sampled_from([timedelta(hours=72), timedelta(hours=72) + INSTANT, timedelta(days=20)]))
    incident = {
        "title": "Pages without pictures",
        "began_at": (at + after).isoformat(),
        "severity": 3,
        "harmful": draw(st.booleans()),
        "accountable": "marta",
        "decision": 0,
    }
    return [
        Step(END + timedelta(days=1), "report", (draw(AGENTS), draw(ACTIONS), at, "succeeded")),
        Step(timedelta(0), "keep", ("incidents", "marta", incident)),
    ]


PARTS = {
    "blamed": blamed(),
    "asked": asked(),
    "begun": BEGUN,
    "answered": ANSWERED,
    "registered": REGISTERED,
    "around": AROUND,
}
OFTEN = ("blamed", "asked", "asked", "begun", "begun", "answered", "answered", "answered", "registered", "around")


@st.composite
def histories(draw: st.DrawFn, most: int = 10) -> History:
    """Some of everything, the likelier the more it leaves to be counted."""
    history: History = []
    for part in draw(st.lists(st.sampled_from(OFTEN), min_size=2, max_size=most)):
        made = draw(PARTS[part])
        history += made if isinstance(made, list) else [made]
    return history
