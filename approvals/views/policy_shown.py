"""What pages show of a version or a draft: its difference to another, and its backtest. It must not write."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from approvals.models import PolicyDraft, PolicyVersion
from approvals.policy import Policy, difference, text
from approvals.queries import policies
from approvals.queries.replay import Change, replay, titles
from decisions import register

PERIODS = (7, 28, 91)
AT_ONCE = 5_000
"""How many decisions a page replays unasked: about a second of them."""
ASKED = 20_000
"""How many it replays where somebody asks; the API replays more."""


def by(*people: UUID | None) -> tuple[str, ...]:
    """The names of `people` in their order, for a sentence; an operator has none."""
    names = register.names({person for person in people if person})
    return tuple(names.get(person, "a person who was erased") if person else "an operator" for person in people)


def differs(before: PolicyVersion | PolicyDraft | None, after: PolicyVersion | PolicyDraft) -> dict[str, Any]:
    """What `after` says otherwise than `before`; nothing where there is none. Raises a 422 problem for an unreadable one."""
    if before is None:
        return {}
    return shown_difference(policies.compiled(before), before.document, policies.compiled(after), after.document)


def shown_difference(before: Policy, old: Any, after: Policy, new: Any) -> dict[str, Any]:
    cells = difference.cells_changed(before, after)
    return {
        "cells": cells,
        "parts": difference.parts_changed(old, new),
        "looser_cells": sum(len(change.kinds) for change in cells if change.direction == difference.LOOSER),
        "tighter_cells": sum(len(change.kinds) for change in cells if change.direction == difference.TIGHTER),
    }


def backtest(
    request: HttpRequest, candidate: Policy, against: Policy | None, now: datetime, *, unasked: bool
) -> dict[str, Any]:
    """The replay of the days that `request` asks for; of the newest decisions of a week where nobody asks and `unasked`."""
    text = request.GET.get("days", "")
    asked = text.isdigit() and text in map(str, PERIODS)
    shown: dict[str, Any] = {"periods": PERIODS, "days": int(text) if asked else PERIODS[0]}
    if not asked and not unasked:
        return shown
    found = replay(
        candidate, now - timedelta(days=shown["days"]), now, against=against, most=ASKED if asked else AT_ONCE
    )
    named = titles([*found.looser, *found.tighter])
    return shown | {
        "found": found,
        "forecast": [
            {"group": group, "before": before, "after": after, "added": added}
            for group, before, after, added in found.forecast()
        ],
        "changes": _alike([*found.looser, *found.tighter], named),
        "unsatisfiable": policies.unsatisfiable(candidate, register.latest(), now),
    }


def _alike(changes: Iterable[Change], named: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """The changes, the newest first, those of the same title and rules as one: agents repeat themselves."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for change in changes:
        title = named.get(change.decision, "")
        key = (title, change.before, change.after, change.before_rule, change.after_rule)
        row = found.setdefault(
            key, {"newest": change, "title": title, "turn": "looser" if change.looser else "tighter", "count": 0}
        )
        row["count"] += 1
    return list(found.values())


def placed(faults: list[str], places: dict[str, int]) -> list[dict[str, Any]]:
    """Each fault with its place, the line that has it, and what is wrong there."""
    split = (fault.partition(": ") for fault in faults)
    return [{"place": place, "line": text.line_of(place, places), "what": what} for place, _, what in split]
