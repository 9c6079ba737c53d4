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
CARDS = 6
MOST_HELD = 500


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The latest decisions, the open holds, and what the modules need to go on."""
    first = feed.snapshot(FIRST_ROWS)
    held = feed.held(MOST_HELD)
    for row in [*first["rows"][:SERVER_ROWS], *held[:CARDS]]:
        row["when"] = from_millis(row["at"])
    for hold in held[:CARDS]:
        hold["due_at"] = from_millis(hold["due"])
    context = {
        "recent": first["rows"][:SERVER_ROWS],
        "holds": held[:CARDS],
        "needs": queries.count_needing_people(clock.now()),
        "rows_json": {**first, "rows": _plain(first["rows"]), "held": _plain(held)},
        "cfg": configuration(),
    }
    return render(request, "decisions/timeline.html", context)


def from_millis(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if not isinstance(value, datetime)} for row in rows]


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
