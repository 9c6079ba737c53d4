"""Stop AI: the page with what a stop would reach, the stop, and the two who let agents go on. It works without scripts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.lift_freeze import lift_freeze, others
from approvals.actions.set_freeze import set_freeze
from approvals.queries import stops
from approvals.views import again
from decisions import clock, register
from decisions.auth.people import reads, require_strong_sign_in, signed_in
from decisions.errors import Problem, bad_request
from decisions.vocab import FreezeMode, FreezeScope

WORD = "STOP"
REASON_LIMIT = 4000


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    return _show(request)


@require_safe
@reads
def bar(request: HttpRequest) -> HttpResponse:
    """The red bar alone: pages ask for it when they hear that something was stopped."""
    return render(request, "_stop_bar.html")


@require_POST
@reads
def stop(request: HttpRequest) -> HttpResponse:
    """Stop what is chosen. Nothing but the word is asked for: stopping must not fail for an old sign-in."""

    def act() -> str:
        if request.POST.get("word", "").strip().upper() != WORD:
            raise bad_request(f"Type {WORD} to stop. Nothing was stopped.")
        kind, _, value = request.POST.get("scope", "").partition(":")
        try:
            scope, mode = FreezeScope(kind), FreezeMode(request.POST.get("mode", ""))
        except ValueError:
            raise bad_request("Choose what to stop. Nothing was stopped.") from None
        reason = request.POST.get("reason", "").strip()[:REASON_LIMIT]
        freeze = set_freeze(scope=scope, value=value, mode=mode, reason=reason, actor=signed_in(request).id)
        return f"Stopped. Nothing in its scope is claimed from entry {freeze.seq} on."

    return _answer(request, act)


@require_POST
@reads
def lift(request: HttpRequest, freeze_id: UUID) -> HttpResponse:
    def act() -> str:
        require_strong_sign_in(request)
        freeze = lift_freeze(freeze_id, actor=signed_in(request).id)
        if freeze.lifted_at is None:
            return "You have asked to let agents go on. A second person must agree within half an hour."
        return "Agents may go on. What was authorised before has to be proposed again."

    return _answer(request, act)


def _answer(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except Problem as problem:
        if again.leads(problem):
            return again.lead(request, problem, back=reverse("approvals:stop"))
        return _show(request, status=problem.status, error=problem.detail or problem.title)
    return redirect("approvals:stop")


def _show(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    person, known, now = signed_in(request).id, register.latest(), clock.now()
    may_lift = access.may(known, person, access.LIFTS)
    values = {
        "freezes": stops.described(now),
        "reach": stops.reach(now),
        "services": sorted(known.services),
        "agents": sorted((agent.slug, str(agent.id)) for agent in known.agents.values() if agent.active),
        "may_stop": access.may(known, person, access.STOPS),
        "may_lift": may_lift,
        "alone": may_lift and not others(known, person),
        "viewer": person,
        **again.context(request),
        "word": request.POST.get("word", ""),
        "reason": request.POST.get("reason", ""),
    }
    response = render(request, "approvals/stop.html", values | more, status=status)
    response["Cache-Control"] = "no-store"
    return response
