"""Needs you, and the sign-off queue."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals import access
from approvals.queries import crowds
from approvals.queries import decision as queries
from approvals.views import again
from approvals.views.decision import drawn
from approvals.vocab import EFFECT_WORDS
from decisions import clock, feed, register
from decisions import queries as lists
from decisions.auth.people import reads, signed_in
from decisions.models import Decision, Service
from decisions.vocab import VETOES, State, word

SHOWN = crowds.SHOWN


@require_safe
@reads
def needs_you(request: HttpRequest) -> HttpResponse:
    """The open holds, soonest deadline first, and which of them this person may answer."""
    viewer, known, now = signed_in(request).id, register.latest(), clock.now()
    waiting = lists.open_holds(now)
    queue = _queue(request, waiting, "hold_until", known)
    found = queue.found
    holds = []
    for row, shown in zip(found, feed.rows_of(found, now), strict=True):
        refused = access.why_not_approve(known, viewer, row, known.agents.get(row.agent_id))
        shown |= {
            "due_at": row.hold_until,
            "requirement_text": access.requirement_words(row.requirement),
            "can_decide": refused is None,
        }
        holds.append(shown)
    told_before = request.GET.get("reviews", "")
    to_review = lists.to_review(now)
    if told_before:
        to_review = to_review.filter(seq__gt=lists.whole(told_before, "reviews", least=0, most=2**53))
    listed = list(to_review[: SHOWN + 1])
    more = len(listed) > SHOWN
    reviews = feed.rows_of(listed[:SHOWN], now)
    for shown in reviews:
        shown["when"] = datetime.fromtimestamp(shown["at"] / 1000, now.tzinfo)
    context = {
        "holds": holds,
        "reviews": reviews,
        "review_count": lists.to_review(now).count() if more or told_before else len(reviews),
        "more_reviews_url": _with(request, reviews=listed[SHOWN - 1].seq) if more else "",
        "agents": _agents_with_several(waiting, known) if access.may(known, viewer, VETOES) else [],
        "alike": [one.shown(known) for one in queue.alike],
        "crowd": queue.crowd,
        "more_url": queue.more_url,
        "waiting": waiting.count(),
    }
    return render(request, "approvals/needs_you.html", context)


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of a queue: what is shown one by one, what is shown as crowds, the crowd that was asked for."""

    found: list[Decision]
    alike: list[crowds.Crowd]
    crowd: dict[str, str] | None
    more_url: str
    """The next page; empty where there is none."""


def _queue(request: HttpRequest, rows: "QuerySet[Decision]", due: str, known: register.Register) -> Queue:
    begin, asked = crowds.after(request.GET.dict()), crowds.asked(request.GET.dict())
    if asked is not None:
        rows = crowds.within(rows, asked, known)
    elif rows.order_by()[: crowds.FEW + 1].count() > crowds.FEW:
        lines, rest = crowds.of(rows, due, begin)
        alone = list(rows.filter(seq__in=[one.first for one in lines if one.count == 1]))
        alike = [one for one in lines if one.count > 1]
        return Queue(alone, alike, None, _with(request, after=rest) if rest else "")
    if begin is not None:
        rows = rows.filter(begin.beyond(due, "seq"))
    found = list(rows[: SHOWN + 1])
    last = found[SHOWN - 1] if len(found) > SHOWN else None
    more_url = _with(request, after=crowds.After(getattr(last, due), last.seq)) if last else ""
    return Queue(found[:SHOWN], [], asked, more_url)


def _with(request: HttpRequest, **values: object) -> str:
    """This page's address with those values, and nothing selected."""
    query = request.GET.copy()
    query.pop("selected", None)
    for name, value in values.items():
        query[name] = str(value)
    return f"{request.path}?{query.urlencode()}"


def _agents_with_several(waiting: "QuerySet[Decision]", known: register.Register) -> list[tuple[str, str]]:
    """The agents of which several decisions wait, the most first: (slug, name)."""
    # Counted here: grouped by agent, SQLite would read every decision by its agent instead of the few that wait.
    counted = Counter(waiting.order_by().values_list("agent_id", flat=True))
    several = sorted((-n, agent) for agent, n in counted.items() if n > 1)
    agents = [known.agents.get(agent) for _, agent in several]
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
    queue = _queue(request, rows, "sign_off_due", known)
    found = queue.found
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
    context = {
        "items": items,
        "alike": [one.shown(known) for one in queue.alike],
        "crowd": queue.crowd,
        "more_url": queue.more_url,
        "counts": lists.owed(now).aggregate(
            owed=Count("seq"),
            overdue=Count("seq", filter=Q(sign_off_due__lt=now)),
            mine=Count("seq", filter=Q(owner_id=viewer)),
        ),
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
    return drawn(request, loaded, signed_in(request).id) | again.context(request) if loaded else None


def age(now: datetime, at: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
