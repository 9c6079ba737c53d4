"""The timeline page: its first rows are in the HTML, the rest comes by seq."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from decisions import clock, feed, queries
from decisions.auth.people import reads
from decisions.vocab import BADGE_OF, BADGES, State, word

FIRST_ROWS = 200
SERVER_ROWS = 40


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The latest decisions, the open holds, and what the modules need to go on."""
    first = feed.snapshot(FIRST_ROWS)
    now = clock.now()
    open_holds = queries.open_holds(now)
    holds = feed.rows_of(open_holds[:6], now)
    for row in [*first["rows"][:SERVER_ROWS], *holds]:
        row["when"] = from_millis(row["at"])
    for hold in holds:
        hold["due_at"] = from_millis(hold["due"])
    context = {
        "recent": first["rows"][:SERVER_ROWS],
        "holds": holds,
        "hold_count": open_holds.count(),
        "rows_json": {**first, "rows": [_plain(row) for row in first["rows"]]},
        "cfg": configuration(),
    }
    return render(request, "decisions/timeline.html", context)


def from_millis(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not isinstance(value, datetime)}


def configuration() -> dict[str, Any]:
    """The vocabulary that the modules draw with."""
    return {
        "badges": [
            {"slug": badge.slug, "word": badge.word, "shape": badge.shape, "attention": badge.attention}
            for badge in BADGES
        ],
        "badge_of": {str(state): badge.slug for state, badge in BADGE_OF.items()},
        "words": {str(state): word(state) for state in State},
    }
