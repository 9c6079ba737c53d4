"""The page of sources: how each does, what was refused, what was seen and not told, what was told and not seen."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import access
from approvals.actions.handle_secret import end_secret, make_secret
from approvals.queries import sources as queries
from approvals.views import again
from decisions import clock, register
from decisions.auth.people import reads, require_factor, signed_in
from decisions.errors import Problem
from decisions.models import Source, SourceSecret


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    person = signed_in(request).id
    known = register.latest()
    context = queries.page(clock.now()) | {
        "can_edit": access.may(known, person, access.ADMINISTERS),
        "sees": access.may(known, person, access.READS_ACCOUNT),
    }
    return render(request, "approvals/sources.html", context)


@require_POST
@reads
def new_secret(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a secret, or take in the one that the other side made; one that we made is shown on the next page, once."""
    _administrator(request)
    if led := _led_away(request, slug):
        return led
    given = request.POST.get("given", "").strip()
    try:
        secret = make_secret(slug, actor=signed_in(request).id, given=given)
        if given:
            messages.success(request, "The secret is taken in.")
        else:
            request.session["new_secret"] = secret
    except Problem as problem:
        if problem.status == 404:
            raise Http404 from None
        messages.error(request, f"{problem.title}. {problem.detail}")
    return redirect("approvals:register_edit", section="sources", key=slug)


@require_POST
@reads
def end(request: HttpRequest, slug: str, secret_id: str) -> HttpResponse:
    """End a secret at once."""
    _administrator(request)
    if not SourceSecret.objects.filter(id=secret_id, source_slug=slug).exists():
        raise Http404
    try:
        end_secret(secret_id, actor=signed_in(request).id)
        messages.success(request, "The secret is no longer valid.")
    except Problem as problem:
        messages.error(request, problem.title)
    return redirect("approvals:register_edit", section="sources", key=slug)


def _administrator(request: HttpRequest) -> None:
    if not access.may(register.latest(), signed_in(request).id, access.ADMINISTERS):
        raise PermissionDenied("Only an administrator handles secrets.")


def _led_away(request: HttpRequest, slug: str) -> HttpResponse | None:
    if not Source.objects.filter(slug=slug).exists():
        raise Http404
    try:
        require_factor(request)
    except Problem as problem:
        return again.lead(request, problem, back=reverse("approvals:register_edit", args=["sources", slug]))
    return None
