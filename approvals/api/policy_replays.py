"""A replay of the policy as the API answers it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from rest_framework.request import Request

from approvals.api.representation import time
from approvals.policy import Policy
from approvals.queries import policies
from approvals.queries.replay import Change, replay, titles
from decisions import clock, register
from decisions.api.base import asked
from decisions.api.describing import MOMENT
from decisions.errors import bad_request
from decisions.queries import moment

REPLAY_QUERY = {"from": MOMENT, "to": MOMENT}
USUAL, LONGEST = timedelta(days=7), timedelta(days=366)


def replayed(request: Request, candidate: Policy, *, against: Policy | None) -> dict[str, Any]:
    """`candidate` over the period that `request` asks for. Raises a 400 problem for a period that is none."""
    now = clock.now()
    start, end = _period(request, now)
    found = replay(candidate, start, end, against=against)
    named = titles([*found.looser, *found.tighter])
    return {
        "from": time(found.start),
        "to": time(found.end),
        "whole": found.whole,
        "against": against.version if against else None,
        "decisions": found.decisions,
        "erased": found.erased,
        "loosened": found.loosened,
        "tightened": found.tightened,
        "looser": _changes(found.looser, named),
        "tighter": _changes(found.tighter, named),
        "forecast": [
            {"group": group, "before": round(before, 1), "after": round(after, 1), "added": round(added, 1)}
            for group, before, after, added in found.forecast()
        ],
        "unsatisfiable": policies.unsatisfiable(candidate, register.latest(), now),
    }


def _period(request: Request, now: datetime) -> tuple[datetime, datetime]:
    given = asked(request, "from", "to")
    end = moment(given["to"], "to") if "to" in given else now
    try:
        start = moment(given["from"], "from") if "from" in given else end - USUAL
    except OverflowError:
        start = end
    if not timedelta() < end - start <= LONGEST:
        raise bad_request(f"from must lie before to, by at most {LONGEST.days} days.")
    return start, end


def _changes(found: Iterable[Change], named: dict[Any, str]) -> list[dict[str, Any]]:
    return [
        {
            "decision": str(change.decision),
            "seq": change.seq,
            "at": time(change.at),
            "title": named.get(change.decision, ""),
            "before": str(change.before),
            "before_rule": change.before_rule,
            "after": str(change.after),
            "after_rule": change.after_rule,
        }
        for change in found
    ]
