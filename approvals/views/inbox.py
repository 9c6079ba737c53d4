"""Needs you, and the sign-off queue."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals import access
from approvals.queries import crowds
from approvals.queries import decision as queries
from approvals.views import again
from approvals.vocab import EFFECT_WORDS
from decisions import clock, feed, register
from decisions import queries as lists
from decisions.auth.people import reads, signed_in
from decisions.models import Decision, Service
from decisions.vocab import VETOES, State, word

SHOWN = 100


@require_safe
@reads
def needs_you(request: HttpRequest) -> HttpResponse:
    """The open holds, soonest deadline first, and which of them this person may answer."""
    viewer, known, now = signed_in(request).id, register.latest(), clock.now()
    rows, alike, crowd = _apart(request, lists.open_holds(now), "hold_until", known)
    found = list(rows[:SHOWN])
    holds = []
    for row, shown in zip(found, feed.rows_of(found, now), strict=True):
        refused = access.why_not_approve(known, viewer, row, known.agents.get(row.agent_id))
        shown |= {
            "due_at": row.hold_until,
            "requirement_text": access.requirement_words(row.requirement),
            "can_decide": refused is None,
        }
        holds.append(shown)
    reviews = feed.rows_of(lists.to_review(now)[:SHOWN], now)
    for shown in reviews:
        shown["when"] = datetime.fromtimestamp(shown["at"] / 1000, now.tzinfo)
    context = {
        "holds": holds,
        "reviews": reviews,
        "agents": _agents_with_several(found, alike, known) if access.may(known, viewer, VETOES) else [],
        "alike": [one.shown(known) for one in alike],
        "crowd": crowd,
        "waiting": lists.open_holds(now).count(),
    }
    return render(request, "approvals/needs_you.html", context)


def _apart(
    request: HttpRequest, rows: "QuerySet[Decision]", due: str, known: register.Register
) -> tuple["QuerySet[Decision]", list[crowds.Crowd], dict[str, str] | None]:
    """(what is shown one by one, what is shown as crowds, the crowd that was asked for)."""
    asked = crowds.asked(request.GET.dict())
    if asked is not None:
        return crowds.within(rows, asked, known), [], asked
    if rows.count() <= crowds.FEW:
        return rows, [], None
    found = crowds.of(rows, due)
    alone = [one.first for one in found if one.count == 1]
    return rows.filter(seq__in=alone), [one for one in found if one.count > 1], None


def _agents_with_several(
    found: list[Decision], alike: list[crowds.Crowd], known: register.Register
) -> list[tuple[str, str]]:
    """The agents of which several decisions wait, the most first: (slug, name)."""
    waiting = Counter(row.agent_id for row in found)
    for one in alike:
        waiting[one.agent_id] += one.count
    agents = [known.agents.get(agent) for agent, count in waiting.most_common() if count > 1]
    return [(agent.slug, agent.name) for agent in agents if agent]


@require_safe
@reads
def sign_off_queue(request: HttpRequest) -> HttpResponse:
    """What owes a sign-off, oldest debt first, beside the one that is selected."""
    viewer, known, now = signed_in(request).id, register.latest(), clock.now()
    rows = lists.owed(now, overdue=True if request.GET.get("overdue") == "1" else None)
    service, tier, mine = request.GET.get("service", ""), request.GET.get("tier", ""), request.GET.get("mine") == "1"
    if service:
        rows = rows.filter(service=service[:64])
    if tier in ("0", "1", "2", "3"):
        rows = rows.filter(tier=int(tier))
    if mine:
        rows = rows.filter(owner_id=viewer)
    rows, alike, crowd = _apart(request, rows, "sign_off_due", known)
    found = list(rows[:SHOWN])
    names = register.names({row.owner_id for row in found if row.owner_id})
    items = []
    for row, shown in zip(found, feed.rows_of(found, now), strict=True):
        refused = access.why_not_sign_off(known, viewer, row, known.agents.get(row.agent_id))
        shown |= {
            "when": row.occurred_at,
            "due_at": row.sign_off_due,
            "overdue": row.sign_off_due is not None and row.sign_off_due < now,
            "age_text": age(now, row.occurred_at),
            "owner_name": names.get(row.owner_id, "") if row.owner_id else "",
            "can_sign_off": refused is None,
            "why_not": refused.detail if refused else "",
            "outcome_word": word(State(shown["state"])),
        }
        items.append(shown)
    owed = lists.owed(now)
    context = {
        "items": items,
        "alike": [one.shown(known) for one in alike],
        "crowd": crowd,
        "counts": {
            "owed": owed.count(),
            "overdue": owed.filter(sign_off_due__lt=now).count(),
            "mine": owed.filter(owner_id=viewer).count(),
        },
        "filters": {"service": service, "tier": tier, "mine": mine, "overdue": request.GET.get("overdue") == "1"},
        "services": list(Service.objects.filter(retired=False).order_by("slug").values_list("slug", flat=True)),
        "next_url": _without_selected(request),
        "effects": EFFECT_WORDS,
        "selected": _selected(request, found, now),
    }
    return render(request, "approvals/sign_off_queue.html", context)


def _without_selected(request: HttpRequest) -> str:
    """The queue with the same filters: after an answer the next one opens by itself."""
    query = request.GET.copy()
    query.pop("selected", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _selected(request: HttpRequest, found: list[Decision], now: datetime) -> dict[str, Any] | None:
    """The decision named by `?selected=`, else the first of the list."""
    asked = request.GET.get("selected", "")
    row = next((row for row in found if str(row.id) == asked), found[0] if found else None)
    loaded = queries.load(row.id, now) if row else None
    return queries.context(loaded, signed_in(request).id) | again.context(request) if loaded else None


def age(now: datetime, at: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
