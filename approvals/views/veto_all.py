"""Veto everything of one agent or one episode: the page that says exactly how much that is, and the veto."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.veto_all import veto_all
from approvals.queries.bulk import Of, open_of
from decisions import clock, feed, inert, register
from decisions.auth.people import reads, signed_in
from decisions.errors import Problem
from decisions.vocab import VETOES

SHOWN = 50
REASON_LIMIT = 4000


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    return _show(request, *_asked(request.GET.get("agent", ""), request.GET.get("episode", "")))


@require_POST
@reads
def veto(request: HttpRequest) -> HttpResponse:
    """Veto what was shown. No recent sign-in is asked for: stopping must not fail for an old one."""
    of, value = _asked(request.POST.get("agent", ""), request.POST.get("episode", ""))
    until = request.POST.get("until", "")
    if not until.isascii() or not until.isdigit() or len(until) > 15:
        return _show(request, of, value, status=400, error="Look at what is open, and veto from there.")
    reason = request.POST.get("reason", "").strip()[:REASON_LIMIT]
    try:
        reach = veto_all(of, value, until=int(until), reason=reason, actor=signed_in(request).id)
    except Problem as problem:
        return _show(request, of, value, status=problem.status, error=problem.detail or problem.title)
    came = f" {reach.since} more came since you looked." if reach.since else ""
    messages.success(request, f"Vetoed {len(reach.rows)} decision{'' if len(reach.rows) == 1 else 's'}.{came}")
    return redirect("approvals:needs_you")


def _asked(agent: str, episode: str) -> tuple[Of, UUID | str]:
    """What is to be vetoed. Raises Http404 unless it is one agent of the register, or one episode."""
    if agent and not episode:
        found = next((row.id for row in register.latest().agents.values() if row.slug == agent), None)
        if found is not None:
            return "agent", found
    elif episode and not agent:
        return "episode", episode[:200]
    raise Http404


def _show(request: HttpRequest, of: Of, value: UUID | str, *, status: int = 200, **more: Any) -> HttpResponse:
    known, now = register.latest(), clock.now()
    reach = open_of(of, value, now=now)
    agent = known.agents.get(value) if isinstance(value, UUID) else None
    values = {
        "of": of,
        "agent": agent,
        "episode": "" if agent else value,
        "name": agent.name if agent else inert.name(str(value)),
        "count": len(reach.rows),
        "rows": feed.rows_of(reach.rows[:SHOWN], now),
        "left_out": max(0, len(reach.rows) - SHOWN),
        "until": reach.until,
        "may_veto": access.may(known, signed_in(request).id, VETOES),
    }
    response = render(request, "approvals/veto_all.html", values | more, status=status)
    response["Cache-Control"] = "no-store"
    return response
