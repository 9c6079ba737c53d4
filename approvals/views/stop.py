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
from decisions.models import Service
from decisions.vocab import ENVIRONMENTS, FreezeMode, FreezeScope

WORD = "STOP"
REASON_LIMIT = 4000


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    return _show(request)


@require_POST
@reads
def stop(request: HttpRequest) -> HttpResponse:
    """Stop what is chosen. Nothing but the word is asked for: stopping must not fail for an old sign-in.

    Who stops one agent or service on its own page comes back to that page.
    """
    chosen = request.POST.get("scope", "")

    def act() -> str:
        if request.POST.get("word", "").strip().upper() != WORD:
            raise bad_request(f"Type {WORD} to stop. Nothing was stopped.")
        kind, _, value = chosen.partition(":")
        try:
            scope, mode = FreezeScope(kind), FreezeMode(request.POST.get("mode", ""))
        except ValueError:
            raise bad_request("Choose what to stop. Nothing was stopped.") from None
        reason = request.POST.get("reason", "").strip()[:REASON_LIMIT]
        freeze = set_freeze(scope=scope, value=value, mode=mode, reason=reason, actor=signed_in(request).id)
        return f"Stopped. Nothing in its scope is claimed from entry {freeze.seq} on."

    return _answer(request, act, back=(lambda: _page_of(chosen)) if request.POST.get("here") else _stop_page)


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


def _stop_page() -> str:
    return reverse("approvals:stop")


def _page_of(stopped: str) -> str:
    """The page of the agent or service that was stopped; of anything else, of what is stopped."""
    kind, _, value = stopped.partition(":")
    if kind == FreezeScope.SERVICE:
        return reverse("approvals:service", args=[value])
    if kind == FreezeScope.AGENT:
        return reverse("approvals:agent", args=[register.latest().agents[UUID(value)].slug])
    return _stop_page()


def _answer(request: HttpRequest, act: Callable[[], str], back: Callable[[], str] = _stop_page) -> HttpResponse:
    try:
        messages.success(request, act())
    except Problem as problem:
        if again.leads(problem):
            return again.lead(request, problem, back=reverse("approvals:stop"))
        return _show(request, status=problem.status, error=problem.detail or problem.title)
    return redirect(back())


def _show(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    person, known, now = signed_in(request).id, register.latest(), clock.now()
    may_lift = access.may(known, person, access.LIFTS)
    # What was chosen stays chosen: who mistypes the word must not stop everything with the next try.
    chosen = request.POST.get("scope", "")
    retired = Service.objects.filter(slug=chosen.removeprefix("service:"), retired=True) if chosen else ()
    values = {
        "freezes": stops.described(now),
        "reach": stops.reach(now),
        "environments": ENVIRONMENTS,
        "services": sorted([*known.services, *(service.slug for service in retired)]),
        "agents": sorted(
            (agent.slug, str(agent.id))
            for agent in known.agents.values()
            if agent.active or chosen == f"agent:{agent.id}"
        ),
        "may_stop": access.may(known, person, access.STOPS),
        "may_lift": may_lift,
        "alone": may_lift and not others(known, person),
        "viewer": person,
        **again.context(request),
        "chosen": chosen,
        "mode": request.POST.get("mode", ""),
        "word": request.POST.get("word", ""),
        "reason": request.POST.get("reason", ""),
    }
    response = render(request, "approvals/stop.html", values | more, status=status)
    response["Cache-Control"] = "no-store"
    return response
