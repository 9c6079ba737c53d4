"""Needs you: what waits for people, soonest deadline first, and what only a person can end."""

from collections import Counter
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from approvals import access
from approvals.queries import calls, crowds
from approvals.views import again, queue
from decisions import clock, feed, register
from decisions import queries as lists
from decisions.auth.people import reads, signed_in
from decisions.models import Decision
from decisions.vocab import VETOES

SHOWN = crowds.SHOWN
FILTERS = ("mine",)


@require_safe
@reads
def needs_you(request: HttpRequest) -> HttpResponse:
    """The open holds, soonest deadline first, and which of them this person may answer."""
    viewer, known, now = signed_in(request).id, register.latest(), clock.now()
    mine, path = request.GET.get("mine") == "1", reverse("approvals:needs_you")
    came = again.MINE if mine else again.NEEDS_YOU
    waiting, to_review = lists.open_holds(now), lists.to_review(now)
    if mine:
        theirs = calls.mine(viewer, known)
        waiting, to_review = waiting.filter(theirs), to_review.filter(theirs)
    page = queue.of(request, waiting, "hold_until", known, path=path)
    holds = []
    for row, shown in zip(page.found, feed.rows_of(page.found, now), strict=True):
        refused = access.why_not_approve(known, viewer, row, known.agents.get(row.agent_id))
        shown |= {
            "due_at": row.hold_until,
            "requirement_text": access.requirement_words(row.requirement),
            "can_decide": refused is None,
            "query": f"?from={came}",
        }
        holds.append(shown)
    told_before = request.GET.get("reviews", "")
    listed = to_review
    if told_before:
        listed = to_review.filter(seq__gt=lists.whole(told_before, "reviews", least=0, most=2**53))
    found = list(listed[: SHOWN + 1])
    more = len(found) > SHOWN
    reviews = feed.rows_of(found[:SHOWN], now)
    for shown in reviews:
        shown["when"] = datetime.fromtimestamp(shown["at"] / 1000, now.tzinfo)
    context = {
        "holds": holds,
        "reviews": reviews,
        "review_count": to_review.count() if more or told_before else len(reviews),
        "more_reviews_url": queue.address(request, path, reviews=found[SHOWN - 1].seq) if more else "",
        "agents": _agents_with_several(waiting, known) if access.may(known, viewer, VETOES) else [],
        "alike": [one.shown(known) for one in page.alike],
        "crowd": page.crowd,
        "more_url": page.more_url,
        "waiting": waiting.count(),
        "mine": mine,
        "came_from": came,
        "kept": queue.kept(request, FILTERS),
    }
    return render(request, "approvals/needs_you.html", context)


def _agents_with_several(waiting: "QuerySet[Decision]", known: register.Register) -> list[tuple[str, str]]:
    """The agents of which several decisions wait, the most first: (slug, name)."""
    # Counted here: grouped by agent, SQLite would read every decision by its agent instead of the few that wait.
    counted = Counter(waiting.order_by().values_list("agent_id", flat=True))
    several = sorted((-n, agent) for agent, n in counted.items() if n > 1)
    agents = [known.agents.get(agent) for _, agent in several]
    return [(agent.slug, agent.name) for agent in agents if agent]
