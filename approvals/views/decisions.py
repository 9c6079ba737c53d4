"""The list of decisions as a page: what any number of the product was counted from. It must not write."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals.queries.outcomes import GROUPS, word_of_states
from approvals.views.listed import decisions_where
from decisions import clock, feed, inert, lists
from decisions.auth.people import reads
from decisions.vocab import LEVEL_MEANING, Level, Risk

PAGE = "50"
TYPED = ("q", "agent", "service", "kind")
"""What a reader types; whatever else a link has filtered by stays until it is taken away."""
FILTER_WORDS = {
    "q": "Words",
    "ruled": "level allowed",
    "level": "level used",
    "beyond": "beyond permitted autonomy",
    "sign_off": "sign-off",
    "basis": "permission",
    "proposed": "proposed before the act",
    "replayed": "replayed recording",
}


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The decisions that the query string lets through, newest first. It takes the filters of the API's list."""
    now, given = clock.now(), {name: value for name, value in request.GET.dict().items() if value}
    cursor, filters = given.pop("cursor", ""), given
    found = lists.page(lists.asked_for(filters, now), cursor, PAGE)
    rows = feed.rows_of(found.rows, now)
    for row in rows:
        row["when"] = datetime.fromtimestamp(row["at"] / 1000, now.tzinfo)
    shown = {name: filters.get(name, "") for name in (*TYPED, "state", "level", "risk")}
    context = {
        "rows": rows,
        "active": [_active(name, value, filters) for name, value in filters.items()],
        "shown": shown,
        "kept": [(name, value) for name, value in filters.items() if name not in shown],
        "states": _with_chosen([(",".join(states), text) for text, states in GROUPS], shown["state"]),
        "levels": _with_chosen([(str(one), f"{one} {LEVEL_MEANING[one]}") for one in Level], shown["level"]),
        "risks": _with_chosen([(str(one), str(one)) for one in Risk], shown["risk"]),
        "older": decisions_where(filters | {"cursor": found.next_cursor}) if found.next_cursor else "",
        "newest": decisions_where(filters) if cursor else "",
        "file": f"/api/v1/decisions.csv?{urlencode(filters)}",
    }
    return render(request, "approvals/decisions.html", context)


def _active(name: str, value: str, filters: dict[str, str]) -> dict[str, Any]:
    """One filter in force: its name, its value in words, and the list without it."""
    without = {other: kept for other, kept in filters.items() if other != name}
    moment = datetime.fromisoformat(value) if name in ("from", "to") else None
    text = word_of_states(value) if name == "state" else value.replace(",", ", ").replace("_", " ")
    if name in TYPED or name in ("environment", "episode"):
        text = inert.name(value)
    if value in ("true", "false"):
        text = "yes" if value == "true" else "no"
    return {"name": FILTER_WORDS.get(name, name), "text": text, "moment": moment, "without": decisions_where(without)}


def _with_chosen(known: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """The choices, and what a link has chosen where it is none of them."""
    if chosen and chosen not in dict(known):
        return [*known, (chosen, "as chosen")]
    return known
