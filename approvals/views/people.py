"""What administrators do about how others sign in: links, lost second factors, lockouts, and people who leave."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from approvals import access
from approvals.actions.admit import make_link, reset_factor
from approvals.actions.leave import Handover, leave
from approvals.forms import LeavingForm
from approvals.queries.estate import estate_of
from approvals.views import again
from decisions import register
from decisions.auth import factors, links, lockout, sessions
from decisions.auth.people import reads, require_strong_sign_in, signed_in
from decisions.errors import Problem
from decisions.models import Agent, Person

log = logging.getLogger("oversight.sign_in")


def sign_in(request: HttpRequest, username: str) -> dict[str, Any]:
    """How somebody signs in, for their page in the register."""
    person = _person(username)
    return {
        "id": person.id,
        "username": username,
        "active": register.latest().valid(person.id) is not None,
        "has_password": person.has_usable_password(),
        "link": links.waiting(person.id),
        "enrolled": factors.enrolled(person),
        "due": factors.due(person),
        "locked_until": lockout.locked_until(request, person),
        "sessions": len(sessions.of(person.id)),
    }


def _person(username: str) -> Person:
    person = Person.objects.filter(username=username).first()
    if person is None:
        raise Http404
    return person


def _administers(request: HttpRequest) -> None:
    if not access.may(register.latest(), signed_in(request).id, access.ADMINISTERS):
        raise PermissionDenied("Only an administrator changes how others sign in.")


def _page_of(username: str) -> str:
    return reverse("approvals:register_edit", kwargs={"section": "people", "key": username})


def _attempt(request: HttpRequest, username: str, act: Callable[[Person], str]) -> tuple[str, HttpResponse | None]:
    """(what `act` gave, None), or where the administrator goes because it was refused."""
    _administers(request)
    person = _person(username)
    try:
        require_strong_sign_in(request)
        return act(person), None
    except Problem as problem:
        if again.leads(problem):
            return "", again.lead(request, problem, back=_page_of(username))
        messages.error(request, problem.detail or problem.title)
    return "", redirect(_page_of(username))


def _done(request: HttpRequest, username: str, act: Callable[[Person], str]) -> HttpResponse:
    """Carry out `act` and go back to the person's page, which shows what it says."""
    said, refused = _attempt(request, username, act)
    if refused is not None:
        return refused
    messages.success(request, said)
    return redirect(_page_of(username))


@require_POST
@reads
@never_cache
def link(request: HttpRequest, username: str) -> HttpResponse:
    """Make a link; it is in this answer and nowhere else."""
    token, refused = _attempt(request, username, lambda person: make_link(person.id, actor=signed_in(request).id))
    if refused is not None:
        return refused
    address = request.build_absolute_uri(reverse("welcome", kwargs={"token": token}))
    context = {"username": username, "name": _person(username).name, "address": address}
    return render(request, "approvals/new_link.html", context)


@require_POST
@reads
def factor(request: HttpRequest, username: str) -> HttpResponse:
    """Remove a second factor that was lost."""

    def act(person: Person) -> str:
        reset_factor(person.id, actor=signed_in(request).id)
        return f"{person.name} signs in with the password alone until they set up a new second factor."

    return _done(request, username, act)


@require_POST
@reads
def unlock(request: HttpRequest, username: str) -> HttpResponse:
    """Let somebody who typed too often wrong try again."""

    def act(person: Person) -> str:
        lockout.unlock(request, person)
        log.info("unlocked", extra={"principal": f"person:{person.pk}"})
        return f"{person.name} may try again now."

    return _done(request, username, act)


@require_http_methods(["GET", "HEAD", "POST"])
@reads
def leaving(request: HttpRequest, username: str) -> HttpResponse:
    """Hand over what somebody answers for, and let them go."""
    _administers(request)
    person, known = _person(username), register.latest()
    if known.valid(person.id) is None:
        messages.info(request, f"{person.name} has left already.")
        return redirect(_page_of(username))
    estate = estate_of(known, person.id)
    kept = again.context(request)
    form = LeavingForm(request.POST or None, initial=kept.get("typed"), leaver=person, estate=estate)
    if request.method == "POST" and form.is_valid():
        handover = Handover(
            form.cleaned_data.get("successor", ""), form.of("owner"), form.of("deputy"), form.of("agent")
        )
        try:
            require_strong_sign_in(request)
            leave(person.id, handover, actor=signed_in(request).id)
            messages.success(request, f"{person.name} has left. What they answered for is handed over.")
            return redirect("approvals:register")
        except Problem as problem:
            if again.leads(problem):
                return again.lead(request, problem, back=request.path)
            form.add_error(None, problem.detail or problem.title)
    names = dict(Agent.objects.values_list("id", "slug"))
    keys = [{"id": key.id, "agent": names.get(key.agent_id, ""), "made_at": key.created_at} for key in estate.keys]
    context = {"leaver": person, "form": form, "estate": estate, "keys": keys, **kept}
    return render(request, "approvals/leaving.html", context)
