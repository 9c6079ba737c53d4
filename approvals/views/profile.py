"""What the pages of an agent and of a service have in common: the window, the numbers and where they lead, the stop. It must not write."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from approvals import access
from approvals.actions.lift_freeze import others
from approvals.intervals import wilson
from approvals.queries import acting, autonomy, recent, stops
from approvals.queries.outcomes import GROUPS, STANDS, WENT_WRONG, WORKED
from approvals.queries.recent import Counts, Recent, Whose
from approvals.views.listed import decisions_where
from decisions import feed, register
from decisions.auth.people import signed_in
from decisions.models import Freeze
from decisions.vocab import BADGE_OF, TURNED, Basis, FreezeScope, SignOff, State

WINDOWS = (7, 30, 90)
USUAL = 30
LATEST = 20
FEW = 10
"""Of fewer acts than this a rate says nothing."""
Lead = Callable[..., str]


def context(request: HttpRequest, whose: Whose, now: datetime) -> tuple[dict[str, Any], Recent]:
    """(what both pages show of the window, the decisions that were counted for it)."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, WINDOWS) else USUAL
    found = recent.recent(whose, days, now)
    begins = autonomy.edges(found.start, now, days)
    made = recent.counts(found, begins)
    bars, levels = autonomy.bars(begins, now, made.levels)

    def lead(**filters: Any) -> str:
        return decisions_where(whose.filters | {"from": found.start.isoformat()} | filters)

    rows = feed.rows_of(recent.latest(whose, LATEST), now)
    for row in rows:
        row["when"] = datetime.fromtimestamp(row["at"] / 1000, now.tzinfo)
    return {
        "windows": WINDOWS,
        "found": found,
        "most": recent.MOST,
        "made": made,
        "all_url": lead(),
        "states": _states(made, lead),
        "rate": _rate(made, lead),
        "numbers": _numbers(made, lead),
        "bars": bars,
        "levels": [{"level": level, "url": lead(level=level)} for level in levels],
        "unit": autonomy.UNIT[days],
        "latest": rows,
        "every_url": decisions_where(whose.filters),
    }, found


def _states(made: Counts, lead: Lead) -> list[dict[str, Any]]:
    """How many are in each state, by the words that people read; those that there are."""
    return [
        {
            "word": text,
            "badge": BADGE_OF[states[0]].slug,
            "n": n,
            "url": lead(state=_either(states)),
        }
        for text, states in GROUPS
        if (n := sum(made.states[state] for state in states))
    ]


def _rate(made: Counts, lead: Lead) -> dict[str, Any]:
    """How often it worked, of the acts of which that is known, with the interval that chance alone explains."""
    stands, kept = _either(STANDS), _either(one for one in SignOff if one is not SignOff.REFUSED)
    shown: dict[str, Any] = {
        "parts": [
            part
            for part in (
                ("worked", made.worked, lead(outcome=_either(WORKED), state=stands, sign_off=kept)),
                ("failed, or in part", made.went_wrong, lead(outcome=_either(WENT_WRONG), state=stands)),
                ("undone, or to be", made.undone, lead(outcome=_either((*WORKED, *WENT_WRONG)), state=_either(TURNED))),
                ("refused afterwards", made.refused, lead(outcome=_either(WORKED), state=stands, sign_off="refused")),
            )
            if part[1]
        ],
        "few": made.known < FEW,
    }
    if not shown["few"]:
        low, high = wilson(made.worked, made.known)
        shown |= {"text": percent(made.worked, made.known), "low": f"{100 * low:.1f}", "high": f"{100 * high:.1f}"}
    return shown


def percent(part: int, whole: int) -> str:
    """A share in per cent. Never rounds up to all or down to none what is not that."""
    text = f"{100 * part / whole:.1f}"
    if part < whole and text == "100.0":
        return "> 99.9"
    return "< 0.1" if part and text == "0.0" else text


def _numbers(made: Counts, lead: Lead) -> list[dict[str, Any]]:
    quorum = _either((Basis.QUORUM, Basis.BREAK_GLASS))
    listed = (
        ("proposed before the act", made.proposed, lead(proposed="true")),
        ("approved by people", made.approved, lead(basis=quorum)),
        ("vetoed before the act", made.states[State.VETOED], lead(state=State.VETOED)),
        ("expired", made.states[State.EXPIRED], lead(state=State.EXPIRED)),
        ("undone, or to be", sum(made.states[state] for state in TURNED), lead(state=_either(TURNED))),
        ("beyond permitted autonomy", made.beyond, lead(beyond="true")),
        ("sign-offs owed", made.owed, lead(sign_off=SignOff.REQUIRED)),
        ("refused at sign-off", made.refused_in_all, lead(sign_off=SignOff.REFUSED)),
    )
    return [{"label": label, "n": n, "url": url} for label, n, url in listed]


def _either(values: Any) -> str:
    return ",".join(sorted(str(value) for value in values))


def stop(request: HttpRequest, scope: FreezeScope, value: str, freezes: list[Freeze], now: datetime) -> dict[str, Any]:
    """What is stopped of it, and whether this person may stop it or let it go on."""
    known, person = register.latest(), signed_in(request).id
    may_lift = access.may(known, person, access.LIFTS)
    return {
        "scope": f"{scope}:{value}",
        "stopped": acting.stopped(freezes, scope, value),
        "freezes": stops.described(now, acting.touching(freezes, scope, value)),
        "may_stop": access.may(known, person, access.STOPS),
        "may_lift": may_lift,
        "alone": may_lift and not others(known, person),
        "viewer": person,
    }
