"""Histories by hand: the edges of a month, and what once made the report say something else than the entries.

It must not hold an answer: what is right is what brute force finds.
"""

from datetime import timedelta

from tests.approvals.reports.brute.living import END, INSTANT, START, History, Step

NOW, SOON, LATER = timedelta(0), timedelta(minutes=5), timedelta(hours=2)
DAY = timedelta(days=1)
MIDDLE = START + 9 * DAY
SEARCH, WIKI, CHECKOUT, GEO = ("search", "scale"), ("wiki", "scale"), ("checkout", "scale"), ("geo", "scale")
AGENT = "remediator"
ASK, APPROVE, CLAIM = (
    Step(MIDDLE, "propose", (AGENT, SEARCH)),
    Step(SOON, "approve", (0, "marta")),
    Step(SOON, "claim", (0,)),
)
DONE = Step(NOW, "finish", (0, "succeeded"))
TAKEN: History = [ASK, APPROVE, CLAIM, DONE]
SEEN = (0, NOW, "succeeded")


def reported(at: object, status: str = "succeeded", action: tuple[str, str] = WIKI) -> Step:
    return Step(END + DAY, "report", (AGENT, action, at, status))


def registered(of: str, who: str, /, **item: object) -> Step:
    return Step(NOW, "keep", (of, who, item))


def mandate(level: str, first: str, last: str, **over: object) -> Step:
    return registered("mandates", "helena", level=level, starts_on=first, ends_on=last, reason="Rehearsed", **over)


def incident(began: object, *, harmful: bool = False, **over: object) -> Step:
    item = {"title": "Pages without pictures", "severity": 3, "accountable": "marta", "decision": 0, **over}
    return registered("incidents", "marta", began_at=str(began), harmful=harmful, **item)


def drill(ordered: object, safe: object) -> Step:
    return registered("drills", "samuel", of="stop", scope="All", led_by="ines", ordered_at=str(ordered), safe_at=safe)


HISTORIES: dict[str, History] = {
    "nothing": [],
    "approved, claimed and done": TAKEN,
    "two people, in the wrong order of the month": [
        Step(START - SOON, "propose", (AGENT, CHECKOUT)),
        Step(START - INSTANT, "approve", (0, "marta")),
        Step(START, "approve", (0, "david")),
        Step(START, "claim", (0,)),
        DONE,
    ],
    "the first and the last instant": [
        reported(edge + off) for edge in (START, END) for off in (-INSTANT, timedelta(0), INSTANT)
    ],
    "asked in one month and done in the next": [
        Step(END - LATER, "propose", (AGENT, SEARCH)),
        Step(END - INSTANT, "approve", (0, "marta")),
        Step(END, "claim", (0,)),
        DONE,
    ],
    "approved in the month, reported in the next": [
        Step(END - SOON, "propose", (AGENT, SEARCH)),
        Step(END - INSTANT, "approve", (0, "marta")),
        Step(END + SOON, "report_of", (0, NOW, "succeeded", "same")),
    ],
    "told late, and long ago": [reported(START - 400 * DAY), Step(NOW, "bring_in", (AGENT, WIKI, MIDDLE, "failed"))],
    "an old act vetoed in the month": [
        Step(MIDDLE, "report", (AGENT, WIKI, 500 * DAY, "succeeded")),
        Step(SOON, "veto", (0, "marta")),
    ],
    "vetoed, and done all the same": [
        ASK,
        APPROVE,
        Step(SOON, "veto", (0, "david")),
        Step(SOON, "report_of", (*SEEN, "same")),
    ],
    "approved, and vetoed before it was done": [ASK, APPROVE, Step(SOON, "veto", (0, "david"))],
    "only reported, and undone on a veto": [
        Step(MIDDLE, "report", (AGENT, WIKI, NOW, "succeeded")),
        Step(SOON, "veto", (0, "marta")),
        Step(SOON, "answer", (0, "well")),
    ],
    "vetoed after the act, and undone by the agent's word": [
        *TAKEN,
        Step(END + DAY, "veto", (0, "marta")),
        Step(SOON, "answer", (0, "well")),
    ],
    "approved after the act": [
        ASK,
        Step(SOON, "observe", SEEN),
        Step(SOON, "approve", (0, "marta")),
    ],
    "approved, but not in time": [ASK, APPROVE, Step(LATER, "report_of", (*SEEN, "same"))],
    "approved, and another thing done": [*TAKEN[:3], Step(NOW, "report_of", (*SEEN, "another"))],
    "approved and done, and another thing told beside it": [*TAKEN, Step(NOW, "report_of", (*SEEN, "another"))],
    "asked in two months, and taken back": [
        step
        for at in (START - 2 * DAY, MIDDLE)
        for step in (Step(at, "propose", (AGENT, SEARCH)), Step(SOON, "withdraw", (0,)))
    ],
    "approved, and stopped": [ASK, APPROVE, Step(SOON, "freeze", ("all",)), Step(SOON, "report_of", (*SEEN, "same"))],
    "said to have failed, and seen to have worked": [
        *TAKEN[:3],
        Step(NOW, "finish", (0, "failed")),
        Step(SOON, "observe", SEEN),
    ],
    "told to have been done before it was claimed": [
        *TAKEN,
        Step(NOW, "report_of", (0, 20 * DAY, "succeeded", "same")),
    ],
    "seen before it was claimed": [*TAKEN[:3], Step(NOW, "observe", (0, DAY, "failed")), DONE],
    "not carried out": [*TAKEN[:3], Step(NOW, "finish", (0, "not_executed")), reported(MIDDLE, "not_executed")],
    "an outcome older than the question": [
        Step(END + DAY, "propose", (AGENT, SEARCH)),
        Step(SOON, "outcome_of", (0, MIDDLE, "succeeded")),
    ],
    "half done, unknown and unchanged": [reported(MIDDLE, how) for how in ("partial", "unknown", "no_change")],
    "only looked": [reported(MIDDLE, action=("wiki", "read"))],
    "judged, though nothing was owed": [reported(MIDDLE), Step(SOON, "sign_off", (0, "marta", "accept", "helped"))],
    "harmed": [reported(MIDDLE, action=SEARCH), Step(SOON, "sign_off", (0, "marta", "refuse", "harmed"))],
    "no harm allowed": [
        registered(
            "limits", "helena", starts_on="2027-01-31", approved_on="2026-11-01", minute="4", objective_pct="100"
        ),
        reported(MIDDLE),
        Step(SOON, "sign_off", (0, "marta", "accept", "harmed")),
    ],
    "mandates to the day": [
        mandate("L4", "2027-01-01", "2027-01-10", service="wiki"),
        mandate("L3", "2027-01-01", "2027-01-31", kind="scale"),
        *(reported(MIDDLE + off) for off in (timedelta(0), DAY - INSTANT, DAY)),
        reported(MIDDLE, action=SEARCH),
    ],
    "a mandate, and beyond it": [mandate("L4", "2027-01-01", "2027-01-31"), reported(MIDDLE, action=SEARCH)],
    "refused attempts": [
        Step(START - LATER, "propose", (AGENT, SEARCH)),
        *(Step(edge, "approve", (0, "tomasz")) for edge in (START - INSTANT, START)),
    ],
    "a window": [
        mandate("L3", "2027-01-01", "2027-01-31"),
        Step(MIDDLE, "propose", (AGENT, GEO)),
        Step(NOW, "be_there"),
        Step(NOW, "claim", (0,)),
        DONE,
    ],
    "a mandate that was withdrawn": [
        mandate("L4", "2027-01-01", "2027-01-31"),
        reported(MIDDLE),
        Step(NOW, "take_out", ("mandates", "helena", 0)),
    ],
    "people at the same work": [
        reported(MIDDLE),
        reported(MIDDLE, "failed"),
        reported(MIDDLE, action=("wiki", "restart")),
        *(
            registered("people-changes", "samuel", month=month, kind=kind, changes=n, failed=k, source="Calendar")
            for month, kind, n, k in (
                ("2027-01", "scale", 40, 3),
                ("2026-02", "restart", 10, 1),
                ("2026-01", "scale", 9, 9),
            )
        ),
    ],
    "many drills": [
        Step(END + DAY, "expire"),
        *(drill(MIDDLE, str(MIDDLE + timedelta(seconds=taken))) for taken in range(10, 31)),
        drill(START, None),
        Step(NOW, "take_out", ("drills", "samuel", 21)),
    ],
    "a drill that did not end": [Step(END + DAY, "expire"), drill(MIDDLE, None), drill(END - INSTANT, str(END))],
    "incidents within 72 hours and later": [
        step
        for after, harmful in ((3 * DAY, False), (3 * DAY + INSTANT, False), (4 * DAY, True))
        for step in (reported(MIDDLE), incident(MIDDLE + after, harmful=harmful))
    ],
    "incidents of an act that took a while, of none, and taken out": [
        *TAKEN[:3],
        Step(timedelta(seconds=50), "finish", (0, "succeeded")),
        Step(END + DAY, "expire"),
        incident(MIDDLE + 2 * SOON + timedelta(seconds=50) + 3 * DAY),
        incident(MIDDLE, decision=None, harmful=True),
        reported(MIDDLE),
        incident(MIDDLE, harmful=True),
        Step(NOW, "take_out", ("incidents", "helena", 2)),
    ],
    "undone within 72 hours and later": [
        *(Step(MIDDLE, "report", (AGENT, WIKI, NOW, "succeeded")) for _ in range(2)),
        Step(3 * DAY, "veto", (0, "marta")),
        Step(INSTANT, "veto", (1, "marta")),
    ],
    "undone by the agent, told late": [
        step
        for undone in (MIDDLE + 3 * DAY, MIDDLE + 3 * DAY + INSTANT)
        for step in (reported(MIDDLE), Step(NOW, "reverted", (0, undone)))
    ],
    "mandates signed after the act": [
        Step(MIDDLE, "expire"),
        mandate("L4", "2027-01-01", "2027-01-31"),
        *(reported(MIDDLE + off) for off in (-INSTANT, NOW)),
        Step(NOW, "bring_in", (AGENT, WIKI, MIDDLE - INSTANT, "succeeded")),
    ],
    "a veto of what nobody proposed": [reported(END - DAY), Step(MIDDLE + 23 * DAY, "veto", (0, "marta"))],
    "stops of nothing": [Step(MIDDLE, "freeze", ("all",)), Step(NOW, "freeze", ("autonomy", "service", "wiki"))],
    "a stop until the last is over": [
        *TAKEN[:3],
        *(Step(NOW, step.do, step.what) for step in TAKEN[:3]),
        Step(timedelta(seconds=10), "freeze", ("all",)),
        Step(timedelta(seconds=10), "finish", (1, "succeeded")),
        Step(timedelta(seconds=50), "expire"),
    ],
    "a stop that found one at work, which ended well": [
        *TAKEN[:3],
        Step(NOW, "freeze", ("all",)),
        Step(timedelta(seconds=7), "finish", (0, "succeeded")),
    ],
    "a stop of something else": [
        *TAKEN[:3],
        Step(NOW, "freeze", ("all", "service", "wiki")),
        Step(NOW, "freeze", ("all", "agent", "autoscaler")),
        Step(NOW, "freeze", ("autonomy",)),
        Step(timedelta(seconds=7), "finish", (0, "succeeded")),
    ],
    "a stop of this very thing, twice": [
        *TAKEN[:3],
        Step(NOW, "freeze", ("all", "environment", "prod")),
        Step(timedelta(seconds=3), "freeze", ("all", "service", "search")),
        Step(timedelta(seconds=3), "report_of", (0, NOW, "succeeded", "same")),
        Step(SOON, "finish", (0, "succeeded")),
    ],
    "a stop, and a veto at work": [
        *TAKEN[:3],
        Step(NOW, "freeze", ("all",)),
        Step(timedelta(seconds=3), "veto", (0, "marta")),
        Step(timedelta(seconds=3), "report_of", (0, NOW, "succeeded", "same")),
        Step(timedelta(seconds=3), "finish", (0, "succeeded")),
    ],
    "a stop whose lease ran out unseen, and was refused": [
        *TAKEN[:3],
        Step(NOW, "freeze", ("all",)),
        Step(DAY, "sign_off", (0, "marta", "refuse", "unknown")),
    ],
    "a stop that nothing ended": [*TAKEN[:3], Step(NOW, "freeze", ("all",))],
    "an action that was erased": [reported(MIDDLE), Step(NOW, "erase", (0, ("action", "names")))],
}
RUNNING: dict[str, History] = {
    "a month that runs": [Step(MIDDLE - LATER, "report", (AGENT, WIKI, NOW, "succeeded"))],
    "a month that runs, of which nothing was told": [],
}
"""Of these the report is built in the middle of the month."""
