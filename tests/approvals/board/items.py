"""A good item of each register, as the API takes it, and what makes it a bad one."""

from typing import Any

from decisions.models import Person
from decisions.vocab import Board

Json = dict[str, Any]
KEEPERS: dict[Board, tuple[str, ...]] = {
    Board.LIMITS: ("executive",),
    Board.MANDATES: ("executive",),
    Board.PEOPLE: ("manager", "executive", "auditor"),
    Board.INCIDENTS: ("manager", "executive"),
    Board.DRILLS: ("manager", "executive", "auditor"),
    Board.RESTORE_TESTS: ("manager", "executive", "auditor"),
    Board.LOSSES: ("manager", "executive"),
    Board.DUTIES: ("executive",),
}
FIXED = frozenset({Board.LIMITS, Board.MANDATES})
NOBODY = "00000000-0000-7000-8000-000000000000"


def good(register: Board, **over: Any) -> Json:
    return bodies(str(Person.objects.earliest("username").id))[register] | over


def bodies(somebody: str = NOBODY) -> dict[Board, Json]:
    """An item of each, which names `somebody`."""
    return {
        Board.LIMITS: {"starts_on": "2026-10-01", "approved_on": "2026-09-24", "minute": "Board, 24 September, item 4"},
        Board.MANDATES: {
            "starts_on": "2026-10-01",
            "ends_on": "2027-09-30",
            "level": "L4",
            "reason": "Rollbacks of search are rehearsed each month",
            "service": "search",
        },
        Board.PEOPLE: {
            "month": "2026-10",
            "kind": "rollback",
            "changes": 40,
            "failed": 2,
            "source": "Change calendar",
        },
        Board.INCIDENTS: {
            "title": "Search served an old index",
            "began_at": "2026-10-04T03:47:00Z",
            "severity": 2,
            "harmful": True,
            "accountable": somebody,
        },
        Board.DRILLS: {
            "of": "stop",
            "scope": "All agents in production",
            "led_by": somebody,
            "ordered_at": "2026-10-05T10:00:00Z",
            "safe_at": "2026-10-05T10:00:41Z",
        },
        Board.RESTORE_TESTS: {
            "service": "search",
            "tested_at": "2026-10-06T09:00:00Z",
            "reachable_bytes": 2_000_000,
            "restored_bytes": 1_900_000,
            "minutes": 42,
            "led_by": somebody,
            "found": "One index had to be built anew.",
        },
        Board.LOSSES: {
            "at": "2026-10-04T03:47:00Z",
            "amount": "1200.50",
            "currency": "EUR",
            "what": "Vouchers for guests",
        },
        Board.DUTIES: {
            "source": "EU AI Act, article 14",
            "needs": "People able to oversee and to stop",
            "evidence": "M3 to M6, page 3",
            "applies": "open",
            "text_version": "2024/1689",
        },
    }


BAD: list[tuple[Board, Json, str]] = [
    (Board.LIMITS, {"approved_on": "2099-01-01"}, "in the future"),
    (Board.LIMITS, {"loss": "1000"}, "needs its currency"),
    (Board.LIMITS, {"currency": "EUR"}, "needs its currency"),
    (Board.MANDATES, {"ends_on": "2026-09-30"}, "ends before it begins"),
    (Board.MANDATES, {"ends_on": "2027-10-03"}, "a year at most"),
    (Board.MANDATES, {"service": "nowhere"}, "no service of that name"),
    (Board.MANDATES, {"agent": NOBODY}, "no such agent"),
    (Board.PEOPLE, {"failed": 41}, "than were made"),
    (Board.PEOPLE, {"month": "2098-01"}, "has not begun"),
    (Board.INCIDENTS, {"accountable": NOBODY}, "no such person"),
    (Board.INCIDENTS, {"decision": NOBODY}, "no decision of that id"),
    (Board.INCIDENTS, {"began_at": "2098-10-04T03:47:00Z"}, "lies in the future"),
    (Board.INCIDENTS, {"aware_at": "2026-10-04T03:46:59Z"}, "lies before it began"),
    (
        Board.INCIDENTS,
        {"aware_at": "2026-10-04T05:00:00Z", "classified_at": "2026-10-04T04:59:00Z"},
        "before it is known",
    ),
    (Board.INCIDENTS, {"clock": "gdpr"}, "needs the time by which"),
    (Board.DRILLS, {"safe_at": "2026-10-05T09:59:59Z"}, "before the order"),
    (Board.DRILLS, {"ordered_at": "2098-10-05T10:00:00Z", "safe_at": None}, "in the future"),
    (Board.RESTORE_TESTS, {"restored_bytes": 2_000_001}, "than was there"),
    (Board.RESTORE_TESTS, {"tested_at": "2098-10-05T10:00:00Z"}, "in the future"),
    (Board.LOSSES, {"recovered": "1200.51"}, "than was lost"),
    (Board.LOSSES, {"at": "2098-10-05T10:00:00Z"}, "in the future"),
    (Board.DUTIES, {"applies": "yes"}, "decided by a named person"),
    (Board.DUTIES, {"decided_on": "2026-10-01"}, "belong together"),
]
"""What cannot be true, with a part of the sentence that says why."""
MALFORMED: list[tuple[Board, Json]] = [
    (Board.LIMITS, {"failed_pct": "101"}),
    (Board.LIMITS, {"failed_pct": 2.5}),
    (Board.LIMITS, {"stop_seconds": 0}),
    (Board.LIMITS, {"log_days": 182}),
    (Board.LIMITS, {"starts_on": "2026-13-01"}),
    (Board.MANDATES, {"level": "L2"}),
    (Board.MANDATES, {"kind": "Roll back"}),
    (Board.PEOPLE, {"month": "2026-00"}),
    (Board.PEOPLE, {"changes": -1}),
    (Board.INCIDENTS, {"began_at": "2026-10-04T03:47:00"}),
    (Board.INCIDENTS, {"severity": 6}),
    (Board.INCIDENTS, {"title": ""}),
    (Board.INCIDENTS, {"title": "x" * 201}),
    (Board.DRILLS, {"of": "nothing"}),
    (Board.LOSSES, {"amount": "1,200"}),
    (Board.LOSSES, {"amount": "-1"}),
    (Board.LOSSES, {"currency": "eur"}),
    (Board.DUTIES, {"applies": "perhaps"}),
    (Board.DUTIES, {"unknown": 1}),
]
