"""The sign-off queue: what owes a judgement, oldest debt first, beside the one that is selected."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from approvals import access
from approvals.queries import crowds, together
from approvals.queries import decision as queries
from approvals.views import again, desk, queue
from approvals.views.decision import drawn
from approvals.vocab import EFFECT_WORDS, NEEDS_CAUSE
from decisions import clock, feed, inert, register
from decisions import queries as lists
from decisions.auth.people import reads, signed_in
from decisions.models import Decision, Service
from decisions.vocab import State, word

FILTERS = ("service", "tier", "mine", "overdue", "aside")


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    return show(request)


def show(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The queue under the filters in the address of `request`, whatever was sent to it."""
    viewer, known, now = signed_in(request).id, register.latest(), clock.now()
    path, aside = reverse("approvals:sign_off_queue"), desk.asides(request, now)
    rows, filters = _filtered(request, now, aside)
    hidden = frozenset(seq for seq, one in aside.items() if not one.answered)
    shown = queue.of(
        request, rows, "sign_off_due", known, path=path, without=frozenset() if filters["aside"] else hidden
    )
    selected = _selected(request, shown.found)
    # First of all: what is drawn beside the list has been opened.
    panel = _panel(request, selected, aside, now)
    context = {
        "items": _items(request, known, shown.found, aside, now),
        "alike": [one.shown(known) for one in shown.alike],
        "crowd": shown.crowd,
        "more_url": shown.more_url,
        "counts": lists.owed(now).aggregate(
            owed=Count("seq"),
            overdue=Count("seq", filter=Q(sign_off_due__lt=now)),
            mine=Count("seq", filter=Q(owner_id=viewer)),
        ),
        "aside_count": lists.owed(now).filter(seq__in=hidden).count() if hidden else 0,
        "filters": filters,
        "kept": queue.kept(request, FILTERS),
        "asked": queue.address(request, path).partition("?")[2],
        "services": list(Service.objects.filter(retired=False).order_by("slug").values_list("slug", flat=True)),
        "next_url": _after(request, path, shown.found, selected),
        "last_signed": _last_signed(request),
        **_many(request, known, shown, rows),
        **again.context(request),
        "selected": panel,
    }
    return render(request, "approvals/sign_off_queue.html", context | more, status=status)


def _filtered(
    request: HttpRequest, now: datetime, aside: dict[int, desk.Aside]
) -> "tuple[QuerySet[Decision], dict[str, Any]]":
    """What is owed under the filters that are asked for, and those."""
    asked = request.GET
    service, tier = asked.get("service", ""), asked.get("tier", "")
    flags = {name: asked.get(name) == "1" for name in ("mine", "overdue", "aside")}
    rows = lists.owed(now, overdue=True if flags["overdue"] else None)
    if service:
        rows = rows.filter(service=service[:64])
    if tier in ("0", "1", "2", "3"):
        rows = rows.filter(tier=int(tier))
    if flags["mine"]:
        rows = rows.filter(owner_id=signed_in(request).id)
    if flags["aside"]:
        rows = rows.filter(seq__in=list(aside))
    return rows, {"service": service, "tier": tier, **flags}


def _items(
    request: HttpRequest, known: register.Register, found: list[Decision], aside: dict[int, desk.Aside], now: datetime
) -> list[dict[str, Any]]:
    """What each row shows, and what a choice of several goes by."""
    viewer, opened = signed_in(request).id, desk.opened(request)
    names = register.names({row.owner_id for row in found if row.owner_id})
    before, items = desk.chosen(request), []
    for row, shown in zip(found, feed.rows_of(found, now), strict=True):
        refused = access.why_not_sign_off(known, viewer, row, known.agents.get(row.agent_id))
        like = together.likeness(row)
        shown |= {
            "when": row.occurred_at,
            "due_at": row.sign_off_due,
            "overdue": row.sign_off_due is not None and row.sign_off_due < now,
            "age_text": age(now, row.occurred_at),
            "owner_name": names.get(row.owner_id, "") if row.owner_id else "",
            "can_sign_off": refused is None,
            "why_not": refused.detail if refused else "",
            "outcome_word": word(State(shown["state"])),
            "url": queue.address(request, reverse("approvals:sign_off_queue"), selected=row.id),
            "opened": row.seq in opened,
            "like": "" if like is None else inert.visible("|".join(map(str, like))),
            "aside": aside.get(row.seq),
            "chosen": row.seq in before,
        }
        items.append(shown)
    return items


def _many(
    request: HttpRequest, known: register.Register, shown: queue.Queue, rows: "QuerySet[Decision]"
) -> dict[str, Any]:
    """For the form that accepts several: whether there is one, how many match, and what may be said of all of them."""
    if not shown.found or not access.may(known, signed_in(request).id, access.SIGNS_OFF):
        return {"many": False}
    # An index holds what the filters ask of: the count is as quick as that of what is owed.
    matching = crowds.within(rows, shown.crowd, known) if shown.crowd else rows
    return {
        "many": True,
        "matching": matching.order_by().count(),
        "most": together.MOST,
        "many_effects": [(str(effect), text) for effect, text in EFFECT_WORDS.items() if effect not in NEEDS_CAUSE],
    }


def _selected(request: HttpRequest, found: list[Decision]) -> Decision | None:
    """The decision named by `?selected=`, else the first of the list."""
    asked = request.GET.get("selected", "")
    return next((row for row in found if str(row.id) == asked), found[0] if found else None)


def _last_signed(request: HttpRequest) -> dict[str, Any] | None:
    seq = desk.last_signed(request)
    row = None if seq is None else Decision.rows.filter(seq=seq).first()
    return {"id": row.id, "title": row.title} if row else None


def _after(request: HttpRequest, path: str, found: list[Decision], selected: Decision | None) -> str:
    """The queue with the same filters, and the one after the selected: after an answer it opens by itself."""
    place = found.index(selected) if selected else 0
    following = [*found[place + 1 :], *found[:place]] if selected else []
    return queue.address(request, path, **({"selected": following[0].id} if following else {}))


def _panel(
    request: HttpRequest, row: Decision | None, aside: dict[int, desk.Aside], now: datetime
) -> dict[str, Any] | None:
    """The account of the selected one. Who asked for it has opened it; on a phone the first alone is not drawn unasked."""
    loaded = queries.load(row.id, now) if row else None
    if row is None or loaded is None:
        return None
    if request.GET.get("selected") == str(row.id):
        desk.note_opened(request, row)
    morning = desk.morning(now)
    return drawn(request, loaded, signed_in(request).id) | {
        "aside": aside.get(row.seq),
        "morning": morning,
        "is_tomorrow": desk.local(morning).date() != desk.local(now).date(),
    }


def age(now: datetime, at: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
